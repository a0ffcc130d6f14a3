"""The extended box costs the same for every sigma."""

import numpy as np

import markdown
import pictures
from context import Bench, Section, rounds
from timing import interleave

SIDE, PASSES = 2048, 5
SIGMAS = (2, 5, 15.4, 50, 100)
NOTE = f"`clkernest blur`, {SIDE}x{SIDE}, {PASSES} passes, one plane: `seconds_compute`.\n"


def run(bench: Bench):
    image = bench.scratch / "blur.npy"
    picture = pictures.enlarged(pictures.load(pictures.CAT), SIDE)
    np.save(image, picture.astype(np.float32))
    rows = []
    for device in bench.devices:
        bench.say(device)
        jobs = {sigma: job(bench, image, device, sigma) for sigma in SIGMAS}
        medians = [sample.median for sample in interleave(jobs, rounds(SIDE)).values()]
        largest = markdown.ratio(max(medians) / min(medians))
        rows.append([device, *map(markdown.seconds, medians), largest])
    header = ["device", *(f"sigma {sigma:g}" for sigma in SIGMAS), "largest / smallest"]
    return NOTE + "\n" + markdown.table(header, rows)


def job(bench, image, device, sigma):
    arguments = ["blur", image, "--sigma", sigma, "--passes", PASSES, "--device", device]
    arguments += ["--repeat", 4, "--output", bench.scratch / "blurred.npy"]
    return lambda: bench.program.figures(*arguments)["seconds_compute"]


SECTION = Section("blur", "Blur: cost against sigma", run)
