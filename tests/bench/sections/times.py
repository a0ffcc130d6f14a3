"""What the default answer costs as a whole process, beside `exact` and beside another program."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage, signal

import markdown
import pictures
from context import Bench, Section
from pairs import motion_kernel

BASELINE = "CLKERNEST_BASELINE"
ROUNDS = 3
LEAST, TIMES_EXACT = 1.0, 6.0  # seconds; of `exact` at the size that was found
NOTE = f"""\
CPU seconds (user and system) and peak memory of whole processes, the least of {ROUNDS} runs, which
take turns. "exact" is `--solver exact` with the size that the default found. The environment
variable `{BASELINE}` names another program, which is measured beside this one; its libraries are
those that it finds by itself. Pairs of up to 1 megapixel should take {LEAST:g} s or
{TIMES_EXACT:g} times `exact`, whichever is more.
"""


@dataclass(frozen=True)
class Job:
    name: str
    sharp: Path
    blurred: Path
    small: bool = True  # up to 1 megapixel
    options: tuple[str, ...] = ()


def run(bench: Bench):
    other = os.environ.get(BASELINE)
    rows, verdicts = [], ""
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        for job in jobs(Path(folder)):
            bench.say(job.name)
            row, verdict = measured(bench, job, other)
            rows.append(row)
            verdicts += verdict
    header = ["pair", "size found", "default", "memory", "exact", "the other program", "its memory"]
    return "\n".join([NOTE, markdown.table(header, rows), verdicts])


def measured(bench, job, other):
    figures = bench.program.figures("estimate", job.sharp, job.blurred, *job.options)
    size = f"{figures['kernel_cols']}x{figures['kernel_rows']}"
    commands = {
        "default": [bench.program.path, *job.options],
        "exact": [bench.program.path, "--kernel-size", size, "--solver", "exact"],
    }
    if other:
        commands["other"] = [other, *job.options]
    costs = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, (program, *options) in commands.items():
            costs[name].append(cost([program, "estimate", job.sharp, job.blurred, *options]))
    seconds, memory = ({name: min(c[i] for c in costs[name]) for name in costs} for i in (0, 1))
    row = [job.name, size, markdown.seconds(seconds["default"]),
           markdown.mebibytes(memory["default"]), markdown.seconds(seconds["exact"]),
           markdown.seconds(seconds["other"]) if other else "-",
           markdown.mebibytes(memory["other"]) if other else "-"]  # fmt: skip
    limit = max(LEAST, TIMES_EXACT * seconds["exact"])
    if not job.small:
        return row, ""
    return row, markdown.goal(job.name, seconds["default"], limit, text=markdown.seconds)


def cost(command):
    """CPU seconds and peak bytes. Blurred pairs that are no convolution make a status of their own,
    so that the exit status is not looked at."""
    child = subprocess.Popen([*map(str, command), "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


# ------------------------------------------------------------------- the pairs


def jobs(folder):
    generator = np.random.default_rng(12)
    cat = np.asarray(pictures.load(pictures.CAT), float)
    for sigma in (2, 4):
        yield job(folder, f"photograph, Gaussian {sigma}, noise 0.2 %", cat,
                  noisy(ndimage.gaussian_filter(cat, sigma), 0.002, generator))  # fmt: skip
    yield job(folder, "photograph, median of 5 x 5", cat, ndimage.median_filter(cat, 5))
    large = pictures.enlarged(pictures.load(pictures.CAT), 1024)
    large = np.asarray(large, float)
    yield job(folder, "1024 x 1024, Gaussian 2, noise 0.2 %", large,
              noisy(ndimage.gaussian_filter(large, 2), 0.002, generator))  # fmt: skip
    yield job(folder, "1024 x 1024, median of 5 x 5", large, ndimage.median_filter(large, 5))
    huge = 0.1 + 0.8 * np.asarray(pictures.enlarged(pictures.load(pictures.CAT), 4096), float)
    blurred = signal.fftconvolve(huge, motion_kernel(31, 1), "same")
    blurred = noisy(blurred, 0.002, generator)
    for options in (("--kernel-size", "31"), ()):
        name = "4096 x 4096, motion of 31 x 31, " + ("size given" if options else "size found")
        yield job(folder, name, huge, blurred, small=False, options=options)
    yield colour_job(folder, generator)


def noisy(image, sigma, generator):
    return image + sigma * generator.standard_normal(image.shape)


def job(folder, name, sharp, blurred, **more):
    files = folder / "sharp.npy", folder / "blurred.npy"
    for file, image in zip(files, (sharp, blurred), strict=True):
        np.save(file, image.astype(np.float32))
    return Job(name, *files, **more)


def colour_job(folder, generator):
    """12 megapixels of 8-bit RGB; half a per cent of the blurred samples is clipped."""
    plane = np.asarray(pictures.enlarged(pictures.load(pictures.CAT), 4000), float)[:3000]
    sharp = np.stack([plane, plane[::-1], plane[:, ::-1]], axis=-1)
    blurred = np.stack([ndimage.gaussian_filter(sharp[..., i], 2.2) for i in range(3)], axis=-1)
    blurred *= 255 / np.quantile(blurred, 0.995)
    codes = np.rint(noisy(blurred, 1.5, generator)).clip(0, 255).astype(np.uint8)
    files = folder / "sharp.png", folder / "blurred.png"
    Image.fromarray(np.rint(255 * sharp).clip(0, 255).astype(np.uint8)).save(files[0])
    Image.fromarray(codes).save(files[1])
    return Job("12 megapixels RGB, Gaussian 2.2, clipped", *files, small=False)


SECTION = Section("times", "What the default answer costs", run)
