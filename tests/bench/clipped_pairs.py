"""Random pairs that are clipped, or that only look so, with the masks that a person would draw."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage, signal

import pictures
from pairs import Pair, motion_kernel

SIDE = 220
NEAR = 2.5  # standard deviations of the noise, by which a person keeps away from a limit
TYPES = {"uint8": (np.uint8, 255), "12 bits": (np.uint16, 4095), "uint16": (np.uint16, 65535),
         "float32": (np.float32, None), "float64": (np.float64, None)}  # fmt: skip


@dataclass(frozen=True)
class Clipped:
    pair: Pair
    mask: Path  # of BLURRED, 0 where a sample is clipped or near a limit
    mask_sharp: Path
    options: dict  # of the program, beside masks


def clipped_pair(folder, seed):
    """Everything of it is random: scene, kernel, type, noise, the ends and the share."""
    random = np.random.default_rng(seed)
    kind = random.choice(["photograph", "drawn", "normal", "stars"])
    kernel_name, kernel = _kernel(random)
    type_name = str(random.choice(list(TYPES)))
    noise = float(random.choice([0, 0.003, 0.01]))
    ends = "high" if kind == "stars" else str(random.choice(["low", "high", "both"]))
    sharp = scene(kind, random)
    blurred = signal.fftconvolve(sharp, kernel, "valid")
    low, high = _limits(random, blurred, ends, kind)
    sigma = noise * {"normal": np.std(blurred), "stars": high / 2}.get(kind, 1)
    sharp_high = np.inf
    if kind in ("photograph", "drawn") and random.random() < 0.25:
        sharp_high = np.quantile(sharp, 0.985)  # as when both pictures are taken alike
    noisy = blurred + sigma * random.standard_normal(blurred.shape)
    name = f"{seed:03}-{kind}-{kernel_name}-{type_name.replace(' ', '')}-{ends}-{noise:g}"
    name += "-both" if np.isfinite(sharp_high) else ""
    files = [Path(folder, f"{name}-{part}.npy") for part in ("sharp", "blurred", "mask", "masks")]
    scale_x, scale_y = _store(files, sharp, noisy, (low, high), sharp_high, TYPES[type_name])
    near = NEAR * sigma
    np.save(files[2], ((blurred > low + near) & (blurred < high - near)).astype(np.uint8))
    np.save(files[3], (sharp < sharp_high).astype(np.uint8))
    pair = Pair(name, sharp, noisy, kernel * scale_y / scale_x, *files[:2])
    return Clipped(pair, files[2], files[3], {"background": "constant"})


def scene(kind, random):
    if kind == "photograph":
        return pictures.load(pictures.CAT)[20 : 20 + SIDE, 30 : 30 + SIDE] * 0.98
    if kind == "drawn":
        return pictures.drawn(SIDE, int(random.integers(1 << 30))) * 0.98
    if kind == "normal":
        return random.standard_normal((SIDE, SIDE))
    field = np.zeros((SIDE, SIDE))
    count = 200
    rows, cols = random.integers(0, SIDE, (2, count))
    field[rows, cols] = 0.05 * random.pareto(1.2, count)
    return ndimage.gaussian_filter(field, 0.8) + 0.002 * random.random((SIDE, SIDE))


def _kernel(random):
    if random.random() < 0.4:
        return "motion", motion_kernel(9, int(random.integers(1000)))
    if random.random() < 0.4:
        return "sharpen", np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0.0]])
    return "gaussian", _gaussian(random.uniform(0.8, 1.6), 9)


def _gaussian(sigma, taps):
    x = np.arange(taps) - (taps - 1) / 2
    line = np.exp(-(x**2) / (2 * sigma**2))
    return np.outer(line, line) / line.sum() ** 2


def _limits(random, blurred, ends, kind):
    share = random.uniform(0.02, 0.25)
    if kind == "stars":
        share = random.uniform(0.0005, 0.005)
    low = np.quantile(blurred, share) if ends != "high" else -np.inf
    high = np.quantile(blurred, 1 - share) if ends != "low" else np.inf
    return low, high


def _store(files, sharp, blurred, limits, sharp_high, kind):
    """Writes both, and returns by how much each was multiplied: integers fill their range."""
    dtype, largest = kind
    sharp, cut = np.minimum(sharp, sharp_high), np.clip(blurred, *limits)
    if largest is None:
        np.save(files[0], sharp.astype(dtype))
        np.save(files[1], cut.astype(dtype))
        return 1, 1
    scales = []
    for file, image in ((files[0], sharp), (files[1], cut)):
        # Room at an end that is not clipped, so that it does not pile up.
        low, high = image.min(), image.max()
        room = 0.02 * (high - low)
        if file is files[0] or not np.isfinite(limits[0]):
            low -= room
        if (file is files[0] and not np.isfinite(sharp_high)) or (
            file is files[1] and not np.isfinite(limits[1])
        ):
            high += room
        scales.append(largest / (high - low))
        np.save(file, np.rint((image - low) * scales[-1]).astype(dtype))
    return tuple(scales)


# --- pairs of which nothing is clipped --------------------------------------------------------


def _poster(random, levels=4):
    rough = ndimage.gaussian_filter(random.standard_normal((SIDE, SIDE)), 6)
    edges = np.quantile(rough, np.linspace(0, 1, levels + 1)[1:-1])
    return np.digitize(rough, edges) / (levels - 1.0)


def _ground(random):
    """Few smooth lights on black ground, to which the samples crowd."""
    field = np.zeros((SIDE, SIDE))
    field[tuple(random.integers(20, SIDE - 20, (2, 12)))] = random.uniform(0.3, 1, 12) * 60
    return np.clip(ndimage.gaussian_filter(field, 3), 0, 1)


def unclipped_pair(folder, seed):
    """Scene and kernel are such that BLURRED keeps within its type."""
    random = np.random.default_rng(10_000 + seed)
    kind = random.choice(["photograph", "drawn", "poster", "ground", "normal", "stars", "small",
                          "levels", "saturated", "lines"])  # fmt: skip
    name, kernel = "motion", motion_kernel(9, int(random.integers(1000)))
    choice = random.random()
    if choice < 0.5:
        name, kernel = "gaussian", _gaussian(random.uniform(0.5, 2.5), 9)
    elif choice < 0.75:
        side = int(random.choice([3, 5, 7]))
        name, kernel = f"box{side}", np.full((side, side), 1 / side**2)
    sharp = _unclipped_scene(kind, random)
    type_name = str(random.choice(["uint8", "uint16", "float32", "float64"]))
    if kind in ("normal", "small") and type_name.startswith("uint"):
        type_name = "float32"
    dtype, largest = TYPES[type_name]
    if largest:
        sharp = np.rint(sharp * largest) / largest
    blurred = signal.convolve2d(sharp, kernel, "valid")
    blurred += float(random.choice([0, 0, 0.003])) * random.standard_normal(blurred.shape) * (
        kind not in ("poster", "ground", "stars") or largest is None
    )
    title = f"{seed:03}-{kind}-{name}-{type_name}"
    files = [Path(folder, f"{title}-{part}.npy") for part in ("sharp", "blurred")]
    for file, image in zip(files, (sharp, blurred), strict=True):
        np.save(file, np.rint(np.clip(image, 0, 1) * largest).astype(dtype) if largest
                else image.astype(dtype))  # fmt: skip
    return Pair(title, sharp, blurred, kernel, *files)


def _unclipped_scene(kind, random):
    if kind == "poster":
        return _poster(random, int(random.choice([2, 3, 5])))
    if kind == "ground":
        return _ground(random)
    if kind == "saturated":  # before it was blurred, so that nothing is missing
        return np.clip(1.4 * scene("photograph", random) - 0.15, 0, 1)
    if kind == "lines":  # as text
        rough = ndimage.gaussian_filter(random.standard_normal((SIDE, SIDE)), 1.2)
        return (np.abs(rough) > 0.03).astype(float)
    if kind == "small":
        return random.random((28, 28))
    if kind == "levels":
        return 0.1 + 0.8 * np.rint(pictures.drawn(SIDE, int(random.integers(1 << 30))) * 20) / 20
    if kind in ("photograph", "drawn"):
        return 0.02 + 0.95 * scene(kind, random)
    field = scene(kind, random)
    return field / field.max() * 0.95 if kind == "stars" else field
