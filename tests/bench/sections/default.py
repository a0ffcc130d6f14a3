"""Is the default, which chooses size, place, sign and prior, as good as an answer that is told?"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import markdown
import pictures
import shapes
import verdict_cases
from context import Bench, Section
from pairs import motion_kernel

PAIRS = 200
SEED = 3
SIDE = 240
LARGEST = 25  # side of a kernel
MOVE = 9  # pixels that a displaced pair is off, at most
LEVELS = (0, 0, 0.001, 0.005, 0.01, 0.02, 0.05)  # of the range
WORSE = 1.05
ROUNDING = 1e-6  # of the kernel: errors below are alike
NOTE = f"""\
{PAIRS} random pairs: kernels of all kinds, of 1 to {LARGEST} pixels, photographs and drawn scenes,
8 bits and floats, noise from nothing to 5 % of the range, a third of them displaced. The error of
the default, tap by tap at its displacement, is compared with that of the plain answer, which is
told the kernel's size and displacement: the better one of least squares, and of `--constraint auto
--prior none`.
"""


def run(bench: Bench):
    ratios, rows = [], []
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        for case in cases(bench, folder):
            plain = min(error(bench, case, *told(case), *way) for way in PLAIN)
            default = error(bench, case)
            ratios.append(max(default, ROUNDING) / max(plain, ROUNDING))
            if ratios[-1] > WORSE:
                rows.append([case.name, f"{plain:.2g}", f"{default:.2g}"])
                bench.say(" ".join(rows[-1]))
    ratios = np.array(ratios)
    return "\n".join(
        [
            NOTE,
            markdown.table(["part of pairs", "default / plain, at most"],
                           [[f"{p} %", f"{np.percentile(ratios, p):.3g}"] for p in (5, 50, 90, 99)]),
            markdown.table(["pair where the default is worse", "plain", "default"], rows),
            markdown.goal(f"default / plain at most {WORSE}, part of pairs",
                          np.mean(ratios <= WORSE), 0.99, at_least=True),
        ]
    )  # fmt: skip


PLAIN = (("--solver", "exact"), ("--constraint", "auto", "--prior", "none"))


class Case:
    def __init__(self, name, kernel, move, files):
        self.name, self.kernel, self.move, self.files = name, kernel, move, files


def told(case):
    rows, cols = case.kernel.shape
    return "-k", f"{cols}x{rows}", "--shift", f"{case.move[1]},{case.move[0]}"


def error(bench, case, *options):
    """Relative, on the union of both windows."""
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        file = Path(folder, "kernel.npy")
        figures = bench.program.figures("estimate", *case.files, *options, "-o", file, "--device",
                                        bench.devices[0])  # fmt: skip
        found = taps(np.load(file), (int(figures["shift"]["y"]), int(figures["shift"]["x"])))
    truth = taps(case.kernel, case.move)
    off = sum((found.get(at, 0) - truth.get(at, 0)) ** 2 for at in found.keys() | truth.keys())
    return float(np.sqrt(off / np.sum(case.kernel**2)))


def taps(kernel, move):
    rows, cols = kernel.shape
    return {
        (r - (rows - 1) // 2 + move[0], c - (cols - 1) // 2 + move[1]): kernel[r, c]
        for r in range(rows)
        for c in range(cols)
    }


def cases(bench, folder):
    scenes = scenes_of(bench, folder)
    for index in range(PAIRS):
        rng = np.random.default_rng([SEED, index])
        kind, kernel = kernels()[index % len(kernels())]
        yield pair(folder, index, rng, kind, kernel(rng), scenes[int(rng.integers(len(scenes)))])


def scenes_of(bench, folder):
    room = SIDE + 2 * (LARGEST + MOVE)
    own = pictures.photographs(4)
    own = [*own.values(), verdict_cases.scene(bench.program, folder)]
    own = [pictures.enlarged(picture, room) for picture in own]
    return [*own, pictures.drawn(room, 1), np.random.default_rng(SEED).random((room, room))]


def pair(folder, index, rng, kind, kernel, scene):
    level, rounds = LEVELS[int(rng.integers(len(LEVELS)))], rng.random() < 0.5
    move = tuple(int(m) for m in rng.integers(-MOVE, MOVE + 1, 2)) if rng.random() < 1 / 3 else (0, 0)
    image = verdict_cases.convolve(scene, kernel)
    if rounds and (image.min() < 0 or image.max() > 1):
        rounds = False
    image = np.roll(image, move, (0, 1)) + level * rng.standard_normal(image.shape)
    rounds = rounds and level < 0.02  # else noise is clipped
    inner = slice(LARGEST + MOVE, -LARGEST - MOVE)
    files = []
    for part, plane in (("a", scene), ("b", image)):
        files.append(Path(folder, f"{index}-{part}" + (".png" if rounds else ".npy")))
        if rounds:
            Image.fromarray(verdict_cases.codes(plane[inner, inner])).save(files[-1])
        else:
            np.save(files[-1], plane[inner, inner].astype(np.float32))
    name = f"{index}: {kind} of {kernel.shape[1]}x{kernel.shape[0]}, noise {level}, " + (
        "8 bits" if rounds else "floats")  # fmt: skip
    return Case(name + (f", displaced by {move[1]},{move[0]}" if any(move) else ""), kernel, move, files)


def kernels():
    """Kinds, each with what draws one."""
    return [
        ("gaussian", lambda rng: _round(rng, 6, shapes.gaussian, rng.uniform(0.4, 4))),
        ("box", lambda rng: _unit(np.ones(rng.integers(1, LARGEST + 1, 2)))),
        ("small box", lambda rng: _unit(np.ones(rng.integers(1, 8, 2)))),
        ("motion", lambda rng: motion_kernel(int(rng.integers(5, LARGEST + 1)), int(rng.integers(1e6)))),
        ("random", lambda rng: _unit(rng.random(rng.integers(1, 12, 2)))),
        ("large random", lambda rng: _unit(rng.random(rng.integers(1, LARGEST + 1, 2)))),
        ("disc", lambda rng: _round(rng, 2, shapes.disc, rng.uniform(0.8, 11), 1)),
        ("line", lambda rng: _round(rng, 1, shapes.line, rng.uniform(2, 22), 1, rng.uniform(-90, 90))),
        ("sparse", lambda rng: _unit(rng.random((9, 9)) * (rng.random((9, 9)) < 0.1) + shapes.delta(9))),
        ("unsharp", lambda rng: 2 * shapes.delta(19) - shapes.gaussian(19, (9, 9), rng.uniform(0.7, 3))),
        ("signed", lambda rng: rng.standard_normal(rng.integers(1, 8, 2)) / 4),
        ("sobel", lambda rng: np.outer([1, 2, 1], [1, 0, -1]) / 4),
        ("identity", lambda rng: np.ones((1, 1))),
    ]  # fmt: skip


def _round(rng, sides, shape, extent, room=0, *more):
    size = min(LARGEST, int(np.ceil(sides * extent + room)) | 1)
    return shape(size, [(size - 1) / 2] * 2, extent, *more)


def _unit(kernel):
    return kernel / kernel.sum()


SECTION = Section("default", "The default against an answer that is told size and place", run)
