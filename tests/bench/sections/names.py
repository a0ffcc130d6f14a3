"""Does every named kernel get its name, in a window that is wider than it?"""

import numpy as np

import markdown
import pictures
import shapes
from context import Bench, Section
from pairs import make_pair

SIDE = 256
MARGIN = 8  # of the window beyond the kernel, both sides together
KERNELS = 22  # of each name: 308 pairs
LEVELS = (0, 0, 0.002, 0.005, 0.01, 0.02, 0.05)  # of the range; the second 0 is 8 bits
NOTE = f"""\
{KERNELS} random members of each name, drawn by `tests/bench/shapes.py` and not by the program, on
{SIDE}x{SIDE} pixels of a photograph or noise with the spectrum of photographs, with white noise from
nothing to 5 % of the range, or rounded to 8 bits. The window given is the kernel's and {MARGIN}
pixels more. A parameter counts where the name is right, and is right within three of its own
standard errors (and 1e-6 of itself, where the pair has no noise).
"""


def run(bench: Bench):
    tallies = {}
    for index, (name, truth, kernel) in enumerate(draw_all()):
        level = index % len(LEVELS)
        pair = noisy_pair(bench, index, kernel, level)
        figures = bench.program.estimate(pair, bench.devices[0], shift="none")
        note(tallies.setdefault(name, Tally()), figures["family"], name, truth)
        note_case(bench, index, name, truth, level, figures["family"])
    total = sum(tallies.values(), Tally())
    rows = [row(name, tally) for name, tally in tallies.items()]
    header = ["kernel", "cases", "named", "parameters", "within 3", "taken for"]
    return "\n".join(
        [
            NOTE,
            markdown.table(header, rows + [row("all", total)]),
            markdown.goal("right name, part of cases", total.named / total.cases, 0.95,
                          at_least=True),
            markdown.goal("parameters within three standard errors, part",
                          total.within / max(1, total.parameters), 0.97, at_least=True),
        ]
    )  # fmt: skip


class Tally:
    def __init__(self):
        self.cases = self.named = self.parameters = self.within = 0
        self.wrong = {}

    def __add__(self, other):
        total = Tally()
        for key in ("cases", "named", "parameters", "within"):
            setattr(total, key, getattr(self, key) + getattr(other, key))
        for tally in (self, other):
            for name, count in tally.wrong.items():
                total.wrong[name] = total.wrong.get(name, 0) + count
        return total


def note(tally, found, name, truth):
    tally.cases += 1
    if found["name"] != name:
        wrong = found["name"] or "none"
        tally.wrong[wrong] = tally.wrong.get(wrong, 0) + 1
        return
    tally.named += 1
    own = found["fits"][0]
    for key, value in truth.items():
        tally.parameters += 1
        tally.within += is_within(own, key, value)


def is_within(fit, key, value):
    if key in ("passes", "stencil"):
        return fit.get(key) == value
    turn = 360 if fit["family"] in ("half-gaussian-line", "derivative") else 180
    off = fit["value"][key] - value
    off = (off + turn / 2) % turn - turn / 2 if key == "angle" else off
    return abs(off) <= 3 * (fit["error"][key] or 0) + 1e-6 * max(1, abs(value))


def note_case(bench, index, name, truth, level, found):
    fit = found["fits"][0] if found["fits"] else {}
    if found["name"] != name or not all(is_within(fit, *item) for item in truth.items()):
        bench.say(f"{index}: {name} {truth}, noise {LEVELS[level]} ({level}): {found['text']}; "
                  f"nearest {found['nearest']} chi^2 {fit.get('chi_square')} "
                  f"misfit {fit.get('misfit')}")  # fmt: skip


def row(name, tally):
    wrong = ", ".join(f"{count} {other}" for other, count in tally.wrong.items())
    return [name, tally.cases, f"{tally.named / tally.cases:.0%}", tally.parameters,
            f"{tally.within / max(1, tally.parameters):.0%}", wrong or "-"]  # fmt: skip


def noisy_pair(bench, seed, kernel, level):
    picture = pictures.load(pictures.CAT) if seed % 2 else pictures.drawn(SIDE, seed)
    bits = 8 if level == 1 and kernel.sum() > 0.5 and kernel.min() >= 0 else None
    pair = make_pair(bench.scratch, "names", picture[:SIDE, :SIDE], kernel, bits)
    if LEVELS[level]:
        noise = np.random.default_rng([seed, 1]).standard_normal(pair.blurred.shape)
        np.save(pair.blurred_file, (pair.blurred + LEVELS[level] * noise).astype(np.float32))
    return pair


def draw_all():
    for index in range(KERNELS):
        for position, (name, draw) in enumerate(DRAW):
            rng = np.random.default_rng([position, index])
            kernel, truth = draw(rng)
            yield name, truth, kernel


# ---- the kernels, each in a window of its size and the margin


def _window(extent):
    return int(np.ceil(extent)) // 2 * 2 + 1 + MARGIN


def _center(rng, size):
    return (size - 1) / 2 + rng.uniform(-0.5, 0.5, 2)


def _gaussian(rng):
    sigma = rng.uniform(0.7, 3.5)
    size = _window(6 * sigma)
    return shapes.gaussian(size, _center(rng, size), sigma), {"sigma": sigma}


def _elliptic(rng):
    sigma = rng.uniform(1.2, 3.5)
    minor, angle = sigma * rng.uniform(0.4, 0.8), rng.uniform(-90, 90)
    size = _window(6 * sigma)
    kernel = shapes.gaussian(size, _center(rng, size), sigma, minor, angle)
    return kernel, {"sigma": sigma, "sigma_minor": minor, "angle": angle}


def _box(rng):
    passes = int(rng.integers(1, 4))
    sigma = rng.uniform(1, 3)
    size = _window(4 * sigma + 4)
    kernel = shapes.extended_box(size, [(size - 1) / 2] * 2, sigma, passes)
    return kernel, {"sigma": sigma, "passes": passes}


def _disc(rng):
    radius = rng.uniform(1.2, 7)
    size = _window(2 * radius + 1)
    return shapes.disc(size, _center(rng, size), radius), {"radius": radius}


def _line(rng):
    length, angle = rng.uniform(3, 17), rng.uniform(-90, 90)
    size = _window(length + 1)
    kernel = shapes.line(size, _center(rng, size), length, angle)
    return kernel, {"length": length, "angle": angle}


def _displacement(rng):
    size = _window(9)
    center = rng.integers(3, size - 3, 2).astype(float)
    center += rng.uniform(-0.5, 0.5, 2) if rng.uniform() < 0.5 else 0
    return shapes.point(size, center), {"center_x": center[0], "center_y": center[1]}


def _rectangle(rng):
    width, height = rng.integers(2, 12, 2)
    size = _window(max(width, height))
    center = [(size - 1) / 2 + (side % 2 == 0) / 2 for side in (width, height)]
    return shapes.rectangle(size, center, width, height), {"width": width, "height": height}


def _moffat(rng):
    fwhm, beta = rng.uniform(2, 5), rng.uniform(2, 4)
    size = _window(6 * fwhm)
    return shapes.moffat(size, _center(rng, size), fwhm, beta), {"fwhm": fwhm, "beta": beta}


def _fading(rng):
    sigma, angle = rng.uniform(2, 5), rng.uniform(-180, 180)
    size = _window(7 * sigma)
    turn = np.radians(angle)
    start = np.rint((size - 1) / 2 - 1.5 * sigma * np.array([np.cos(turn), np.sin(turn)]))
    kernel = shapes.fading_line(size, start, sigma, angle)
    return kernel, {"sigma": sigma, "angle": angle}


def _unsharp(rng):
    sigma, amount = rng.uniform(0.8, 4), rng.uniform(0.4, 2)
    size = _window(6 * sigma)
    blur = shapes.gaussian(size, [(size - 1) / 2] * 2, sigma)
    kernel = shapes.delta(size) * (1 + amount) - amount * blur
    return kernel, {"sigma": sigma, "amount": amount}


def _laplacian(rng):
    cross = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]) / 4
    square = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]) / 8
    stencil = "cross" if rng.uniform() < 0.5 else "square"
    gain, amount = int(rng.integers(0, 2)), rng.uniform(0.6, 4)
    taps = amount * (cross if stencil == "cross" else square)
    taps[1, 1] += gain
    return shapes.nine(3 + MARGIN, taps), {"gain": gain, "amount": amount, "stencil": stencil}


def _difference(rng):
    sigma, factor = rng.uniform(0.7, 2), rng.uniform(1.5, 2.5)
    size = _window(6 * sigma * factor)
    center = [(size - 1) / 2] * 2
    kernel = shapes.gaussian(size, center, sigma) - shapes.gaussian(size, center, sigma * factor)
    return kernel, {"sigma": sigma, "sigma_minor": sigma * factor}


def _laplacian_of_gaussian(rng):
    sigma = rng.uniform(0.9, 3)
    size = _window(7 * sigma)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    square = (x**2 + y**2) / sigma**2
    kernel = np.exp(-0.5 * square)
    kernel *= (square - 2) / sigma**2 / kernel.sum()
    return kernel - kernel.mean(), {"sigma": sigma, "amount": 1}


def _derivative(rng):
    beside = {"prewitt": 1, "sobel": 0.5, "scharr": 0.3}
    stencil = str(rng.choice(list(beside)))
    across = np.array([beside[stencil], 1, beside[stencil]]) / (2 + 4 * beside[stencil])
    angle, amount = float(rng.choice([0, 90, 45, -135, 180])), rng.uniform(1, 8)
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    taps = amount * (cosine * np.outer(across, [1, 0, -1]) + sine * np.outer([1, 0, -1], across))
    return shapes.nine(3 + MARGIN, taps), {"angle": angle, "amount": amount, "stencil": stencil}


DRAW = [
    ("gaussian", _gaussian),
    ("elliptic-gaussian", _elliptic),
    ("extended-box", _box),
    ("disc", _disc),
    ("line", _line),
    ("displacement", _displacement),
    ("rectangle", _rectangle),
    ("moffat", _moffat),
    ("half-gaussian-line", _fading),
    ("unsharp-mask", _unsharp),
    ("laplacian", _laplacian),
    ("difference-of-gaussians", _difference),
    ("laplacian-of-gaussian", _laplacian_of_gaussian),
    ("derivative", _derivative),
]

SECTION = Section("names", "Named kernels in a window that is wider than they are", run)
