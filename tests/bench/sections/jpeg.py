"""What compression by JPEG costs, and what the noise's inflation should be (estimate/losses.h)."""

import statistics

import numpy as np
from PIL import Image
from scipy import ndimage

import markdown
import pictures
from context import Bench, Section
from pairs import Pair, kernel_error, motion_kernel

QUALITIES = (50, 75, 90, 95, 98)
INFLATIONS = ("auto", "1", "16", "128")
PHOTOGRAPHS, SIDE, MARGIN = 3, 192, 4
NEAR = 1.1  # of the better of 1 and 128
NOTE = f"""\
{PHOTOGRAPHS} photographs of {SIDE}x{SIDE}, blurred, rounded to 8 bits and compressed by Pillow;
BLURRED alone, and both pictures. `--kernel-size` is the true frame and {MARGIN} taps more. Medians
of the kernel's error for each `--noise-inflation`; *ratio* is the median of that of `auto` over the
better one of 1 and 128.
"""


def gaussian(sigma):
    reach = np.arange(-int(3 * sigma + 0.5), int(3 * sigma + 0.5) + 1)
    line = np.exp(-0.5 * (reach / sigma) ** 2)
    return np.outer(line, line) / line.sum() ** 2


def kernels():
    return {
        "Gaussian, sigma 1": gaussian(1),
        "Gaussian, sigma 2": gaussian(2),
        "Gaussian, sigma 3": gaussian(3),
        "box 5x5": np.full((5, 5), 1 / 25),
        "motion": motion_kernel(9, 1),
    }


def run(bench: Bench):
    rows, ratios, signed = [], [], 0
    for name, kernel in kernels().items():
        for quality in QUALITIES:
            bench.say(f"{name}, quality {quality}")
            errors, none = measured(bench, kernel, quality)
            better = np.minimum(errors["1"], errors["128"])
            ratios.append(statistics.median(errors["auto"] / better))
            signed += none
            medians = [markdown.error(statistics.median(errors[value])) for value in INFLATIONS]
            rows.append([name, quality, *medians, markdown.ratio(ratios[-1])])
    verdict = markdown.goal("median ratio over all", statistics.median(ratios), NEAR)
    lobes = f"Kernels with invented negative taps: {signed}.\n"
    header = ["kernel", "quality", *INFLATIONS, "ratio"]
    return "\n".join([NOTE, verdict, lobes, markdown.table(header, rows)])


def measured(bench, kernel, quality):
    """Errors for each inflation, and how many kernels came out signed by default."""
    errors, signed = {value: [] for value in INFLATIONS}, 0
    truth = np.pad(kernel, MARGIN // 2)
    for index, photograph in enumerate(pictures.photographs(PHOTOGRAPHS, SIDE).values()):
        sharp = np.rint(255 * photograph).astype(np.uint8)
        blurred = np.rint(ndimage.convolve(sharp.astype(float), kernel, mode="nearest"))
        for both in (False, True):
            pair = written(bench.scratch / f"jpeg-{index}", sharp, blurred.astype(np.uint8), truth,
                           quality, both)  # fmt: skip
            for value in INFLATIONS:
                options = {"noise_inflation": value, "shift": "none"}
                figures, found = bench.program.kernel(pair, "cpu", **options)
                errors[value].append(kernel_error(found, truth))
                signed += value == "auto" and figures["constraint"] == "none"
    return {value: np.array(found) for value, found in errors.items()}, signed


def written(folder, sharp, blurred, truth, quality, both):
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / ("sharp.jpg" if both else "sharp.png"), folder / "blurred.jpg"]
    Image.fromarray(sharp).save(files[0], **({"quality": quality} if both else {}))
    Image.fromarray(blurred).save(files[1], quality=quality)
    return Pair(folder.name, sharp, blurred, truth, *files)


SECTION = Section("jpeg", "Pictures compressed by JPEG", run)
