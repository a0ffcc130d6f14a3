"""Pairs that are a convolution, and pairs that are none: what `verdict` is tried on."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage, signal

import pictures
import shapes
from pairs import motion_kernel


@dataclass
class Case:
    name: str
    kind: str  # what was done
    cause: tuple[str, ...]  # the causes that are right; empty: it is a convolution
    files: tuple[Path, Path]
    taps: str  # the size that is asked for
    options: dict = field(default_factory=dict)


class Maker:
    """Writes pairs to a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.count = 0

    def grey(self, kind, cause, sharp, blurred, taps, how="8", **options):
        return self._write(kind, cause, sharp, blurred, taps, how, options)

    def _write(self, kind, cause, sharp, blurred, taps, how, options):
        self.count += 1
        name = f"{self.count:03d}-{kind.replace(' ', '-')}"
        files = []
        for part, image in (("a", sharp), ("b", blurred)):
            files.append(self._save(f"{name}-{part}", image, how if part == "b" else _of_sharp(how)))
        return Case(name, kind, cause, tuple(files), str(taps), options)

    def _save(self, name, image, how):
        if how == "float":
            file = self.folder / f"{name}.npy"
            np.save(file, image.astype(np.float32))
        elif how == "16":
            file = self.folder / f"{name}.png"
            Image.fromarray(np.rint(np.clip(image, 0, 1) * 65535).astype(np.uint16)).save(file)
        elif how.startswith("jpeg"):
            file = self.folder / f"{name}.jpg"
            Image.fromarray(codes(image)).save(file, quality=int(how[4:]), subsampling=0)
        else:
            file = self.folder / f"{name}.png"
            Image.fromarray(codes(image)).save(file, compress_level=1)
        return file


def _of_sharp(how):
    return "8" if how.startswith("jpeg") and how.endswith("s") else how


def codes(image):
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def convolve(image, kernel):
    """'same', mirrored at the borders, which the estimate cuts off."""
    pad = [(n // 2 + 1,) * 2 for n in kernel.shape]
    if image.ndim == 3:
        return np.stack([convolve(image[..., c], kernel) for c in range(3)], axis=-1)
    wide = np.pad(image, pad, mode="symmetric")
    full = signal.fftconvolve(wide, kernel, "full")
    top, left = ((k - 1) // 2 + p[0] for k, p in zip(kernel.shape, pad, strict=True))
    return full[top : top + image.shape[0], left : left + image.shape[1]]


def gaussian(image, sigma):
    return ndimage.gaussian_filter(image, [sigma, sigma] + [0] * (image.ndim - 2), mode="nearest",
                                   truncate=3.0)  # fmt: skip


def decoded(v):
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def encoded(v):
    v = np.clip(v, 0, 1)
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055)


def bilateral(image, radius, spatial, tonal):
    total, weight = np.zeros_like(image), np.zeros_like(image)
    wide = np.pad(image, radius, mode="symmetric")
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            part = wide[radius + dy : radius + dy + image.shape[0],
                        radius + dx : radius + dx + image.shape[1]]  # fmt: skip
            w = np.exp(-(dx**2 + dy**2) / (2 * spatial**2) - (part - image) ** 2 / (2 * tonal**2))
            total, weight = total + w * part, weight + w
    return total / weight


def warped(image, matrix):
    """About the centre."""
    matrix = np.asarray(matrix)
    centre = (np.array(image.shape) - 1) / 2
    return ndimage.affine_transform(image, matrix, centre - matrix @ centre, order=3, mode="mirror")


def rotated(image, degrees):
    a = np.radians(degrees)
    return warped(image, [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def radius_of(shape):
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return np.hypot(x, y) / np.sqrt(2)


def vignette(shape, depth):
    return 1 - depth * radius_of(shape) ** 2


def varying(image, low, high, along):
    """A blend of Gaussians, from `low` to `high` pixels."""
    position = radius_of(image.shape) if along == "radius" else np.linspace(
        0, 1, image.shape[1])[None, :] * np.ones(image.shape)  # fmt: skip
    levels = np.linspace(low, high, 9)
    stack = np.stack([gaussian(image, s) if s > 0.05 else image for s in levels])
    place = np.clip(position, 0, 1) * 8
    under = np.minimum(place.astype(int), 7)
    part = place - under
    take = np.take_along_axis
    return (1 - part) * take(stack, under[None], 0)[0] + part * take(stack, under[None] + 1, 0)[0]


def zoom_blur(image, strength, steps=24):
    return np.mean([warped(image, np.eye(2) * (1 - strength * s / steps)) for s in range(steps)], 0)


def overlaid(image, rng, words):
    from PIL import ImageDraw

    layer = Image.fromarray(codes(image))
    draw = ImageDraw.Draw(layer)
    for _ in range(words):
        place = (int(rng.integers(0, image.shape[1] - 80)), int(rng.integers(0, image.shape[0] - 20)))
        draw.text(place, "Copyright 2024", fill=int(rng.choice([0, 255])))
    return np.asarray(layer, float) / 255


def unsharp_with_threshold(image, sigma, amount, threshold):
    detail = image - gaussian(image, sigma)
    return image + amount * np.where(np.abs(detail) >= threshold, detail, 0)


def photographs(bench_scene):
    """Grey in [0, 1], of several sizes."""
    own = pictures.photographs(4)
    names = list(own)
    made = {"cat": pictures.load(pictures.CAT)}
    for name in names[1:]:
        made[name] = own[name]
    made["crop"] = own[names[-1]][40:240, 100:360]
    made["scene"] = bench_scene
    return made


def colour(name="cat"):
    return np.asarray(Image.open(pictures.CAT).convert("RGB"), float) / 255


def scene(program, folder):
    file = Path(folder) / "verdict-scene.npy"
    program.text("simulate", "--scene", "shapes", "--size", "320x280", "--seed", 7, "--sharp", file,
                 "--quiet")  # fmt: skip
    return np.load(file).astype(float)


def no_convolutions(maker, scenes, seed=1):
    """Sixty; `how` goes through 8 bits, JPEG, 16 bits and floats."""
    rng = np.random.default_rng(seed)
    names = [n for n in scenes if n != "scene"]
    pick = [scenes[names[i % len(names)]] for i in range(60)]
    it = iter(pick)
    edges = ("edges",)
    g = maker.grey
    for size, how in ((3, "8"), (5, "8"), (7, "float"), (3, "jpeg95"), (5, "16")):
        s = next(it)
        yield g("median", edges, s, ndimage.median_filter(s, size), 15, how)
    for size, function in ((3, ndimage.minimum_filter), (3, ndimage.maximum_filter),
                           (5, ndimage.minimum_filter)):  # fmt: skip
        s = next(it)
        yield g("min max", edges, s, function(s, size), 15)
    for spatial, tonal, how in ((2, 0.1, "8"), (3, 0.15, "8"), (2, 0.08, "float"), (3, 0.1, "8"),
                                (4, 0.2, "jpeg95")):  # fmt: skip
        s = next(it)
        yield g("bilateral", edges, s, bilateral(s, int(2 * spatial), spatial, tonal), 15, how)
    curve = ("tone curve",)
    for gamma, how in ((0.45, "8"), (2.2, "8"), (0.7, "float"), (1.5, "jpeg92")):
        s = next(it)
        yield g("gamma", curve, s, s**gamma, 9, how)
    for gain in (6, 10):
        s = next(it)
        yield g("s curve", curve, s, 1 / (1 + np.exp(-gain * (s - 0.5))), 9)
    s = next(it)
    yield g("solarised", curve, s, np.where(s < 0.5, s, 1 - s), 9)
    for gamma, sigma in ((0.45, 1.5), (2.2, 1.0), (0.6, 2.0), (1.8, 2.5)):
        s = next(it)
        yield g("gamma after blur", curve, s, gaussian(s, sigma) ** gamma, 17)
    for sigma, how in ((1.5, "8"), (2.5, "8"), (4, "float"), (2, "16")):
        s = next(it)
        yield g("linear light", ("linear light",), s, encoded(gaussian(decoded(s), sigma)),
                int(6 * sigma) | 1, how)  # fmt: skip
    moved = ("scaled or rotated",)
    for degrees in (0.7, 2, 5, -3):
        s = next(it)
        yield g("rotated", moved, s, rotated(s, degrees), 15)
    for scale in (1.01, 0.97, 1.06):
        s = next(it)
        yield g("scaled", moved, s, warped(s, np.eye(2) * scale), 15)
    s = next(it)
    yield g("rotated and blurred", moved, s, gaussian(rotated(s, 1.5), 1.5), 21)
    lost = ("unrelated",)
    large = [scenes[n] for n in names if min(scenes[n].shape) >= 300]
    for i in range(4):
        a, b = large[i % len(large)], large[(i + 1) % len(large)]
        rows, cols = (min(m, n) for m, n in zip(a.shape, b.shape, strict=True))
        yield g("unrelated", lost, a[:rows, :cols], b[:rows, :cols], 15)
    for flip in (0, 1, (0, 1)):
        s = next(it)
        yield g("mirrored", ("mirrored",), s, np.flip(s, flip), 15)
    light = ("illumination",)
    for depth, sigma in ((0.3, 0), (0.5, 1.5), (0.7, 2), (0.4, 1)):
        s = next(it)
        yield g("vignette", light, s, (gaussian(s, sigma) if sigma else s) * vignette(s.shape, depth), 15)
    s = next(it)
    ramp = np.linspace(0.6, 1, s.shape[1])[None, :]
    yield g("ramp of light", light, s, gaussian(s, 1.2) * ramp, 15)
    for words, sigma in ((3, 1.5), (6, 1.0), (2, 2)):
        s = next(it)
        yield g("text", ("overlay",), s, overlaid(gaussian(s, sigma), rng, words), 17)
    field_ = ("varying kernel",)
    for low, high, along in ((0.5, 3, "radius"), (0, 4, "x"), (1, 2.5, "x"), (0.3, 2, "radius")):
        s = next(it)
        yield g("varying", field_, s, varying(s, low, high, along), 21)
    for strength in (0.03, 0.08):
        s = next(it)
        yield g("zoom blur", field_ + moved, s, zoom_blur(s, strength), 21)
    for sigma, amount, threshold in ((2, 1.5, 0.04), (1, 2, 0.03), (3, 1, 0.06)):
        s = next(it)
        yield g("unsharp with threshold", edges, s, unsharp_with_threshold(s, sigma, amount, threshold), 21)
    for levels in (8, 5):
        s = next(it)
        yield g("posterised", ("quantisation", "tone curve"), s, np.floor(s * (levels - 1e-9)) / (levels - 1), 9)
    rgb = colour()
    luma = np.repeat((rgb @ [0.2126, 0.7152, 0.0722])[..., None], 3, axis=-1)
    yield g("grey copy", ("grey copy",), rgb, luma, 9)
    yield g("grey copy blurred", ("grey copy",), rgb, gaussian(luma, 1.5), 11)


def kernels(rng):
    """(name, kernel), without end."""
    while True:
        yield "gaussian", shapes.gaussian(15, (7, 7), rng.uniform(0.5, 2.2))
        yield "box", np.full((int(rng.integers(2, 6)), int(rng.integers(2, 6))), 1.0)
        yield "motion", motion_kernel(int(rng.choice([7, 11, 15, 21, 31])), int(rng.integers(1e6)))
        size = int(rng.choice([3, 5, 7]))
        yield "random", rng.random((size, size))
        yield "disc", shapes.disc(17, (8, 8), rng.uniform(1, 6))
        yield "sobel", np.outer([1, 2, 1], [1, 0, -1]) / 4 if rng.random() < 0.5 else np.outer(
            [1, 0, -1], [1, 2, 1]) / 4  # fmt: skip
        sigma = rng.uniform(0.7, 2)
        peak = np.zeros((15, 15))
        peak[7, 7] = 1
        yield "unsharp", 2 * peak - shapes.gaussian(15, (7, 7), sigma)
        yield "line", shapes.line(17, (8, 8), rng.uniform(3, 13), rng.uniform(-90, 90))
        yield "identity", np.ones((1, 1))
        yield "laplace", np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]) * 1.0
        signed = rng.standard_normal((3, 3))
        yield "signed", signed / (2 * np.abs(signed).sum())  # within [0, 1] about the middle


WAYS = ("8", "float 0.01", "float", "float 0.05", "poisson", "16", "jpeg92", "float 0.002", "jpeg80",
        "clipped", "displaced", "background", "contrast", "jpeg75", "8 0.02", "cut", "both noisy",
        "8 clipped high")  # fmt: skip


def convolutions(maker, scenes, count=200, seed=2):
    rng = np.random.default_rng(seed)
    pictures_ = list(scenes.values())
    for i, (name, kernel) in zip(range(count), kernels(rng), strict=False):
        way = WAYS[(i * 7 + i // len(WAYS)) % len(WAYS)]
        picture = pictures_[(i + i // len(pictures_)) % len(pictures_)]
        if name not in ("sobel", "signed"):
            kernel = kernel / kernel.sum()
        yield convolution(maker, rng, name, kernel, way, picture)


def convolution(maker, rng, name, kernel, way, picture):
    taps = max(kernel.shape) + 2 * int(rng.integers(0, 2)) | 1
    kind, how, options = f"{name} {way}", way.split()[0], {}
    image = convolve(picture, kernel)
    if name in ("sobel", "signed"):
        image = image + (0 if how == "float" else 0.5)
    noise = rng.standard_normal(picture.shape)
    if way in ("float 0.01", "float 0.05", "float 0.002", "8 0.02"):
        image = image + float(way.split()[1]) * noise
    elif way == "poisson":
        image = image + (0.5 if kernel.min() < 0 else 0)
        light = 10 ** rng.uniform(2, 4)
        image, how = rng.poisson(np.maximum(image, 0) * light) / light, "float"
    elif way == "clipped":
        image, how = np.clip(1.5 * image - 0.15, 0, 1), "8"
    elif way == "8 clipped high":
        image = np.minimum(1.3 * image, 1)
    elif way == "displaced":
        image, how = np.roll(image, rng.integers(-6, 7, 2), (0, 1)), "8"
        picture, image = picture[8:-8, 8:-8], image[8:-8, 8:-8]
        taps += 14
    elif way == "background":
        image, how = 0.8 * image + 0.1, "16"
    elif way == "contrast":
        image, how = 0.7 * (image - 0.5) + 0.5, "8"
    elif way == "cut":
        how, taps = "8", max(3, (max(kernel.shape) * 2 // 3) | 1)
    elif way == "both noisy":
        image, how = image + 0.01 * noise, "float"
        picture = picture + 0.01 * rng.standard_normal(picture.shape)
    return maker.grey(kind, (), picture, image, taps, how, **options)
