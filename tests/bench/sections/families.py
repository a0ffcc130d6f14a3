"""Does the fit of named kernels find the family and its parameters, and are its errors honest?"""

import numpy as np

import markdown
import pictures
import shapes
from context import Bench, Section
from pairs import make_pair

SIDE = 256
SIZES = (9, 13, 17, 21, 27, 35)
LEVELS = {"0.1 %": (0.001, None), "1 %": (0.01, None), "3 %": (0.03, None),
          "8 bit": (0.0, 8)}  # fmt: skip
DRAWS = 4  # of parameters, for each family, level and picture
MEASURED = ("sigma", "sigma_minor", "angle", "radius", "length")
NOTE = f"""\
Pairs of known kernels (sizes {min(SIZES)} to {max(SIZES)}, parameters, sizes and sub-pixel centres
drawn at random from fixed seeds), on the repository's photograph, noise with the spectrum of
photographs, and a drawn scene, {SIDE}x{SIDE} pixels; noise relative to the range, or rounding to 8
bits alone. The kernels are drawn by `tests/bench/shapes.py`, not by the program. A parameter counts
where the fit of the true family is within three of its own standard errors. Where a Gaussian stands
for an extended box although the data leave them open (it is less likely by no more than the
criterion's ln n), the family counts as wrong.
"""


def run(bench: Bench):
    tallies = {}
    for case in cases(bench):
        pair, family, level, truth = case
        figures = bench.program.estimate(pair, bench.devices[0])
        note(tallies.setdefault((family, level), Tally()), figures["family"], family, truth)
    everything = sum(tallies.values(), Tally())
    rows = [row(f"{family}", level, tally) for (family, level), tally in tallies.items()]
    header = ["family", "noise", "cases", "named", "a family fits", "parameters",
              "within 1", "within 3", "taken for"]  # fmt: skip
    return "\n".join(
        [
            NOTE,
            markdown.table(header, rows + [row("all", "all", everything)]),
            markdown.goal("right family, part of cases", everything.named / everything.cases, 0.9,
                          at_least=True),
            markdown.goal("parameters within three standard errors, part",
                          everything.within[3] / everything.parameters, 0.95, at_least=True),
        ]
    )  # fmt: skip


class Tally:
    def __init__(self):
        self.cases = self.named = self.fits = self.parameters = 0
        self.within = {1: 0, 3: 0}
        self.wrong = {}

    def __add__(self, other):
        total = Tally()
        for key in ("cases", "named", "fits", "parameters"):
            setattr(total, key, getattr(self, key) + getattr(other, key))
        total.within = {k: self.within[k] + other.within[k] for k in self.within}
        for tally in (self, other):
            for name, count in tally.wrong.items():
                total.wrong[name] = total.wrong.get(name, 0) + count
        return total


def note(tally, found, family, truth):
    tally.cases += 1
    tally.fits += found["name"] is not None
    if found["nearest"] == family:
        tally.named += 1
    else:
        tally.wrong[found["nearest"]] = tally.wrong.get(found["nearest"], 0) + 1
    own = next(fit for fit in found["fits"] if fit["family"] == family)
    for name, value in truth.items():
        error = own["error"][name]
        off = own["value"][name] - value
        off = (off + 90) % 180 - 90 if name == "angle" else off
        tally.parameters += 1
        for bars in tally.within:
            tally.within[bars] += error is not None and abs(off) <= bars * error


def row(family, level, tally):
    wrong = ", ".join(f"{count} {name}" for name, count in tally.wrong.items())
    return [
        family, level, tally.cases, f"{tally.named / tally.cases:.0%}",
        f"{tally.fits / tally.cases:.0%}", tally.parameters,
        f"{tally.within[1] / tally.parameters:.0%}", f"{tally.within[3] / tally.parameters:.0%}",
        wrong or "-",
    ]  # fmt: skip


def cases(bench):
    scenes = scene_pictures(bench)
    seed = 0
    for family, draw in DRAW.items():
        for level, (sigma, bits) in LEVELS.items():
            for picture in scenes.values():
                for _ in range(DRAWS):
                    seed += 1
                    rng = np.random.default_rng(seed)
                    kernel, truth = draw(rng, int(rng.choice(SIZES)))
                    yield noisy_pair(bench, seed, picture, kernel, sigma, bits), family, level, truth
        bench.say(family)


def scene_pictures(bench):
    file = bench.scratch / "families-shapes.npy"
    bench.program.text("simulate", "--scene", "shapes", "--size", f"{SIDE}x{SIDE}", "--seed", 3,
                       "--sharp", file, "--quiet")  # fmt: skip
    return {
        "photograph": pictures.load(pictures.CAT)[:SIDE, :SIDE],
        "1/f noise": pictures.drawn(SIDE, 5),
        "shapes": np.load(file),
    }


def noisy_pair(bench, seed, picture, kernel, sigma, bits):
    pair = make_pair(bench.scratch, "families", picture, kernel, bits)
    if sigma:
        noise = np.random.default_rng([seed, 1]).standard_normal(pair.blurred.shape)
        np.save(pair.blurred_file, (pair.blurred + sigma * noise).astype(np.float32))
    return pair


def _center(rng, size):
    return (size - 1) / 2 + rng.uniform(-0.7, 0.7, 2)


def _gaussian(rng, size):
    sigma = rng.uniform(0.8, (size - 1) / 7)
    return shapes.gaussian(size, _center(rng, size), sigma), {"sigma": sigma}


def _elliptic(rng, size):
    sigma = rng.uniform(1.0, (size - 1) / 7)
    minor, angle = sigma * rng.uniform(0.4, 0.85), rng.uniform(-90, 90)
    kernel = shapes.gaussian(size, _center(rng, size), sigma, minor, angle)
    return kernel, {"sigma": sigma, "sigma_minor": minor, "angle": angle}


def _box(rng, size):
    passes = int(rng.integers(1, 4))
    sigma = rng.uniform(0.8, (size - 1) / 7)
    return shapes.extended_box(size, _center(rng, size), sigma, passes), {"sigma": sigma}


def _disc(rng, size):
    radius = rng.uniform(1.0, (size - 3) / 2)
    return shapes.disc(size, _center(rng, size), radius), {"radius": radius}


def _line(rng, size):
    length, angle = rng.uniform(2.5, size - 4), rng.uniform(-90, 90)
    kernel = shapes.line(size, _center(rng, size), length, angle)
    return kernel, {"length": length, "angle": angle}


DRAW = {
    "gaussian": _gaussian,
    "elliptic-gaussian": _elliptic,
    "extended-box": _box,
    "disc": _disc,
    "line": _line,
}

SECTION = Section("families", "Named kernels: family and parameters", run)
