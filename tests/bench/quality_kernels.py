"""Kernels of the quality benchmark: taps x taps, float64, by a generator that the case seeds.

Kernels that are not negative sum to 1. Signed ones keep the scale that their formula gives them.
"""

import numpy as np

import pairs

FINE = 8  # sub-samples along each axis of a tap, where a shape has edges


def gaussian(taps, generator):
    return normalised(gaussian_at(taps, _sigma(taps, generator), _shift(generator)))


def anisotropic(taps, generator):
    """Axes of 1 : 1.6 to 1 : 3, at any angle."""
    long = _sigma(taps, generator)
    short = max(0.7, long / generator.uniform(1.6, 3.0))
    angle = generator.uniform(0, np.pi)
    along, across = _turned(*_grid(taps, 1, _shift(generator)), angle)
    return normalised(np.exp(-0.5 * ((along / long) ** 2 + (across / short) ** 2)))


def disc(taps, generator):
    radius = (taps - 1) * generator.uniform(0.28, 0.42)
    y, x = _grid(taps, FINE, _shift(generator))
    return normalised(_coarse(np.hypot(y, x) <= radius, taps))


def motion(taps, generator):
    """A line one sample wide."""
    half = (taps - 1) * generator.uniform(0.28, 0.42)
    angle = generator.uniform(0, np.pi)
    along, across = _turned(*_grid(taps, FINE, _shift(generator)), angle)
    return normalised(_coarse((np.abs(along) <= half) & (np.abs(across) <= 0.5), taps))


def two_blobs(taps, generator):
    """Two Gaussians, the second with 0.3 to 1 of the light of the first."""
    sigma = max(0.8, taps / generator.uniform(11, 16))
    distance = (taps - 1) * generator.uniform(0.18, 0.25)
    angle = generator.uniform(0, 2 * np.pi)
    offset = distance * np.array([np.sin(angle), np.cos(angle)])
    share = generator.uniform(0.3, 1.0)
    return normalised(gaussian_at(taps, sigma, offset) + share * gaussian_at(taps, sigma, -offset))


def random_walk(taps, generator):
    return pairs.motion_kernel(taps, int(generator.integers(2**31)))


def unsharp(taps, generator):
    """1 + a of the picture less a times its blur; a down to where the lobes are hardly seen."""
    amount = generator.choice([0.1, 0.3, 0.6, 1.0, 1.5])
    blur = normalised(gaussian_at(taps, generator.uniform(0.8, min(3.0, taps / 6))))
    return (1 + amount) * _delta(taps) - amount * blur


def difference_of_gaussians(taps, generator):
    """Sum 0; or a narrow Gaussian with weak lobes and sum 1, as kernels that match exposures."""
    narrow = generator.uniform(0.8, max(1.0, taps / 12))
    wide = narrow * generator.uniform(1.5, 2.0)
    inner, outer = (normalised(gaussian_at(taps, sigma)) for sigma in (narrow, wide))
    share = generator.choice([0.1, 0.25, 1.0])
    return (inner - outer) if share == 1.0 else (1 + share) * inner - share * outer


def sobel(taps, generator):
    """Of 3x3 or 5x5 taps, along either axis; the differences of pictures are within -1 and 1."""
    smooth, step = np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.0, -1.0])
    if generator.random() < 0.5:
        smooth, step = np.convolve(smooth, smooth), np.convolve(smooth, step)
    stencil = np.outer(smooth / smooth.sum(), 2 * step / np.abs(step).sum())
    return _framed(stencil if generator.random() < 0.5 else stencil.T, taps)


def emboss(taps, generator):
    """The common stencil of sum 1, or the one of sum 0, from any of four corners."""
    with_picture = np.array([[-2.0, -1.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])
    relief = np.array([[-1.0, -1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    stencil = with_picture if generator.random() < 0.5 else relief
    return _framed(np.rot90(stencil, generator.integers(4)), taps)


UNSIGNED = {
    "gaussian": gaussian,
    "anisotropic": anisotropic,
    "disc": disc,
    "motion": motion,
    "two-blobs": two_blobs,
    "random-walk": random_walk,
}
SIGNED = {
    "unsharp": unsharp,
    "difference-of-gaussians": difference_of_gaussians,
    "sobel": sobel,
    "emboss": emboss,
}


# ------------------------------------------------------------------- helpers


def normalised(kernel):
    return kernel / kernel.sum()


def gaussian_at(taps, sigma, shift=(0.0, 0.0)):
    y, x = _grid(taps, 1, shift)
    return np.exp(-0.5 * (y**2 + x**2) / sigma**2)


def _sigma(taps, generator):
    return max(0.8, taps / generator.uniform(6, 9))


def _shift(generator):
    """Nobody centres a kernel on a sample."""
    return generator.uniform(-0.5, 0.5, 2)


def _grid(taps, fine, shift):
    """Distances from the centre, along y and x, of the middles of all sub-samples."""
    at = (np.arange(taps * fine) + 0.5) / fine - taps / 2
    return at[:, None] - shift[0], at[None, :] - shift[1]


def _turned(y, x, angle):
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _coarse(fine, taps):
    return fine.reshape(taps, FINE, taps, FINE).mean(axis=(1, 3))


def _framed(stencil, taps):
    rest = taps - len(stencil)
    return np.pad(stencil, (rest // 2, rest - rest // 2))


def _delta(taps):
    return _framed(np.ones((1, 1)), taps)
