"""What masked, saturated and replaced samples cost."""

import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np

import markdown
import pictures
from context import Bench, Section
from pairs import kernel_error, make_pair, motion_kernel

TAPS = 15
PHOTOGRAPHS, NOISE, PART, BLOCK = 4, 0.01, 0.1, 30
GOALS = {"masked": 1.3, "masked in blocks": 1.3, "saturated": 1.3, "salt and pepper": 1.5,
         "moved blocks": 1.5}  # fmt: skip
NOTE = f"""\
{PHOTOGRAPHS} photographs of 512x512 pixels, three kernels of {TAPS}x{TAPS} taps (an oblique
Gaussian, two motions), {NOISE:.0%} noise. A tenth of BLURRED's samples is lost: masked (`--mask`) one
by one or in blocks of {BLOCK}x{BLOCK}; cut off at the 90 % quantile and not mentioned to the program;
or replaced, by black and white or in blocks by another grey (`--robust`). Figures are kernel errors,
those of the lossy pairs over that of the clean one; the last two columns are what ignoring it costs.
`--solver exact`, so that no choice of a prior comes between.
"""


def run(bench: Bench):
    rows, shares = [], {name: [] for name in GOALS}
    device = bench.devices[0]
    generator = np.random.default_rng(1)
    for clean in clean_pairs(bench, generator):
        bench.say(clean.name)
        reference = error_of(bench, clean, device)
        own = {}
        for name, (blurred, options) in losses(bench, clean, generator).items():
            lossy = changed(bench, clean, blurred, "lossy")
            own[name] = error_of(bench, lossy, device, **options) / reference
        for name in GOALS:
            shares[name].append(own[name])
        rows.append([clean.name, markdown.error(reference), *map(markdown.ratio, own.values())])
    header = ["case", "clean", *GOALS, "saturated, all kept", "salt and pepper, all kept"]
    return "\n".join([NOTE, verdicts(shares), markdown.table(header, rows)])


def verdicts(shares):
    text = ""
    for name, limit in GOALS.items():
        text += markdown.goal(f"{name}, median", statistics.median(shares[name]), limit)
        text += markdown.goal(f"{name}, largest", max(shares[name]), limit)
    return text


def clean_pairs(bench, generator):
    kernels = {"gaussian": oblique_gaussian()}
    kernels |= {f"motion-{seed}": motion_kernel(TAPS, seed) for seed in (1, 2)}
    for name, picture in pictures.photographs(PHOTOGRAPHS).items():
        for kind, kernel in kernels.items():
            pair = make_pair(bench.scratch, f"masks-{name}-{kind}", picture, kernel)
            noise = NOISE * generator.standard_normal(pair.blurred.shape)
            yield changed(bench, pair, pair.blurred + noise, "noisy")


def oblique_gaussian(along=2.5, across=1.2, angle=0.5):
    reach = (TAPS - 1) / 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    kernel = np.exp(-((u / along) ** 2 + (v / across) ** 2) / 2)
    return kernel / kernel.sum()


def changed(bench, pair, blurred, how):
    file = Path(bench.scratch, f"{pair.name}-{how}.npy")
    blurred = np.asarray(blurred, np.float32)
    np.save(file, blurred)
    return replace(pair, blurred=blurred, blurred_file=file)


def error_of(bench, pair, device, **options):
    _, kernel = bench.program.kernel(pair, device, solver="exact", **options)
    return kernel_error(kernel, pair.kernel)


def losses(bench, pair, generator):
    """BLURRED after each loss, and the options that tell of it."""
    y = pair.blurred
    single, blocks = generator.random(y.shape) < PART, blocks_of(y.shape, generator)
    salt = np.where(generator.random(y.shape) < 0.5, 0, 1)
    clipped = np.minimum(y, np.quantile(y, 1 - PART))
    peppered = np.where(single, salt, y)
    return {
        "masked": (np.where(single, 1e6, y), {"mask": mask(bench, single, "single")}),
        "masked in blocks": (np.where(blocks, 1e6, y), {"mask": mask(bench, blocks, "blocks")}),
        "saturated": (clipped, {}),
        "salt and pepper": (peppered, {"robust": None}),
        "moved blocks": (np.where(blocks, generator.random(), y), {"robust": None}),
        "saturated, all kept": (clipped, {"saturation": "none"}),
        "salt and pepper, all kept": (peppered, {"saturation": "none"}),
    }


def blocks_of(shape, generator):
    lost = np.zeros(shape, bool)
    while lost.mean() < PART:
        row, col = (generator.integers(0, side - BLOCK) for side in shape)
        lost[row : row + BLOCK, col : col + BLOCK] = True
    return lost


def mask(bench, lost, name):
    file = Path(bench.scratch, f"masks-{name}.npy")
    np.save(file, (~lost).astype(np.uint8))
    return file


SECTION = Section("masks", "Masked, clipped and replaced samples", run)
