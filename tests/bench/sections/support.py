"""How near the kernel of an unknown size comes to that of the known size."""

import statistics

import numpy as np
from scipy import signal

import markdown
import pictures
from context import Bench, Section
from pairs import Pair, motion_kernel

FRAMES = (9, 15, 21, 31)
SIDES = (256, 384, 512)
GUESSES = (5, 15, 25, 41)
NOISES = ("float32", "8 bit", 0.001, 0.01, 0.03)
PHOTOGRAPHS = 6
LIMIT, SHARE = 1.15, 0.9
SUBSAMPLES = 16
NOTE = f"""\
Kernels in frames of {", ".join(map(str, FRAMES))} taps a side times noise (rounding to float32, to
8 bits, or white noise of this standard deviation), on {PHOTOGRAPHS} photographs of up to
{max(SIDES)} pixels a side, in turn. `--kernel-size auto:N` from first guesses of
{", ".join(map(str, GUESSES))} against `--kernel-size` with the frame's own; both by
`--solver exact`, without a prior. Errors are taken in the frame of both; taps outside a kernel
count as 0.
"""


def run(bench: Bench):
    device = bench.devices[0]
    ratios = {guess: [] for guess in GUESSES}
    by_noise = {noise: {guess: [] for guess in GUESSES} for noise in NOISES}
    failures = []
    for case, noise, pair in cases(bench.scratch):
        bench.say(case)
        known = placed(*estimate(bench, device, pair, pair.kernel.shape[0]), pair)
        for guess in GUESSES:
            figures, kernel = estimate(bench, device, pair, f"auto:{guess}")
            found = placed(figures, kernel, pair)
            ratio = error(found) / error(known)
            ratios[guess].append(ratio)
            by_noise[noise][guess].append(ratio)
            if ratio > LIMIT:
                failures.append([case, guess, size(figures), markdown.error(error(known)),
                                 markdown.ratio(ratio)])  # fmt: skip
    return "\n".join([NOTE, verdicts(ratios), summary(by_noise), listed(failures)])


def cases(folder):
    """Every kernel with every noise, on the next photograph and side."""
    photographs = list(pictures.photographs(PHOTOGRAPHS).items())
    number = 0
    for taps in FRAMES:
        for name in kernels(taps, 0):
            for noise in NOISES:
                number += 1
                photograph, picture = photographs[number % len(photographs)]
                side = SIDES[number % len(SIDES)]
                kernel = kernels(taps, number)[name]
                label = noise if isinstance(noise, str) else f"noise {noise:g}"
                case = f"{name} {taps}, {label}, {photograph} {side}"
                yield case, noise, make_pair(folder, picture[:side, :side], kernel, noise, number)


def kernels(taps, seed):
    """By name; `seed` moves and turns those that have a direction."""
    angle = np.random.default_rng(seed).uniform(0, 180)
    return {
        "narrow Gaussian": gaussian(taps, taps / 8),
        "Gaussian": gaussian(taps, taps / 6),
        "disc": area(taps, lambda x, y: x * x + y * y <= (taps / 2 - 0.6) ** 2),
        "line": area(taps, line(taps - 2, angle)),
        "level line": area(taps, line(taps - 3, 0)),
        "walk": motion_kernel(taps, seed),
    }


def gaussian(taps, sigma):
    offsets = np.arange(taps) - (taps - 1) / 2
    profile = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel = np.outer(profile, profile)
    return kernel / kernel.sum()


def line(length, degrees):
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return lambda x, y: (
        (abs(x * cosine + y * sine) <= length / 2) & (abs(y * cosine - x * sine) <= 0.5)
    )


def area(taps, inside):
    """The part of every pixel that lies inside, sum 1."""
    offsets = (np.arange(taps * SUBSAMPLES) + 0.5) / SUBSAMPLES - taps / 2
    covered = inside(offsets[None, :], offsets[:, None]).astype(float)
    kernel = covered.reshape(taps, SUBSAMPLES, taps, SUBSAMPLES).sum(axis=(1, 3))
    return kernel / kernel.sum()


def make_pair(folder, picture, kernel, noise, seed):
    sharp = np.asarray(picture, np.float32)
    blurred = signal.fftconvolve(sharp.astype(float), kernel, "valid")
    if noise == "8 bit":
        blurred = np.rint(np.clip(blurred, 0, 1) * 255) / 255
    elif noise != "float32":
        blurred = blurred + noise * np.random.default_rng(seed).standard_normal(blurred.shape)
    blurred = np.asarray(blurred, np.float32)
    files = [folder / f"support-{part}.npy" for part in ("sharp", "blurred")]
    for file, image in zip(files, (sharp, blurred), strict=True):
        np.save(file, image)
    return Pair("support", sharp, blurred, kernel, *files)


def estimate(bench, device, pair, size):
    file = bench.scratch / "support-kernel.npy"
    figures = bench.program.figures(
        "estimate", pair.sharp_file, pair.blurred_file, "--kernel-size", size, "--device", device,
        "--solver", "exact", "--output", file,
    )  # fmt: skip
    return figures, np.load(file)


def placed(figures, kernel, pair):
    """The estimate and the truth in one frame that holds both."""
    shift = figures["shift"]
    middle = (int(shift["y"]), int(shift["x"]))
    reach = max(*kernel.shape, *pair.kernel.shape) + max(map(abs, middle))
    frames = []
    for taps, at in ((kernel, middle), (pair.kernel, (0, 0))):
        frame = np.zeros((2 * reach + 1, 2 * reach + 1))
        row, col = (reach + at[axis] - (taps.shape[axis] - 1) // 2 for axis in (0, 1))
        frame[row : row + taps.shape[0], col : col + taps.shape[1]] = taps
        frames.append(frame)
    return frames


def error(frames):
    found, true = frames
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))


def size(figures):
    return f"{figures['kernel_cols']}x{figures['kernel_rows']}"


def share(ratios):
    return sum(ratio <= LIMIT for ratio in ratios) / len(ratios)


def verdicts(ratios):
    text = ""
    for guess, own in ratios.items():
        what = f"first guess {guess}: share of {len(own)} cases at most {LIMIT} times as wrong"
        text += markdown.goal(what, share(own), SHARE, at_least=True)
    return text


def summary(by_noise):
    rows = []
    for noise, guesses in by_noise.items():
        label = noise if isinstance(noise, str) else f"{noise:g}"
        for guess, own in guesses.items():
            rows.append(
                [label, guess, markdown.ratio(share(own)), markdown.ratio(statistics.median(own)),
                 markdown.ratio(max(own))]
            )  # fmt: skip
    header = ["noise", "first guess", f"share up to {LIMIT}", "median ratio", "largest ratio"]
    return markdown.table(header, rows)


def listed(failures):
    if not failures:
        return "No case is above.\n"
    header = ["case", "first guess", "size found", "error with the known size", "ratio"]
    return "Those above:\n\n" + markdown.table(header, failures)


SECTION = Section("support", "Kernels of unknown size", run)
