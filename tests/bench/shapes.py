"""Named kernels, drawn by other means than the program's: chords integrated over sub-columns."""

import numpy as np

STRIPS = 1000  # sub-columns a pixel; the height of each is exact


def gaussian(size, center, sigma, sigma_minor=None, angle=0.0):
    """Sampled at the taps; `angle` in degrees from +x towards +y (downwards)."""
    y, x = np.mgrid[:size, :size].astype(float)
    x, y = x - center[0], y - center[1]
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    along = (x * cosine + y * sine) / sigma
    across = (y * cosine - x * sine) / (sigma_minor or sigma)
    return _normalised(np.exp(-0.5 * (along**2 + across**2)))


def extended_box(size, center, sigma, passes):
    """The first pass stands at the centre, also between taps; the others widen it."""
    lines = [_box_line(size, position, sigma, passes) for position in center]
    return _normalised(np.outer(lines[1], lines[0]))


def disc(size, center, radius):
    def chord(x):
        half = np.sqrt(np.maximum(0, radius**2 - x**2))
        return -half, half

    return _areas(size, center, chord)


def line(size, center, length, angle):
    """One pixel wide."""
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))

    def chord(x):
        low, high = np.full_like(x, -np.inf), np.full_like(x, np.inf)
        # |x cosine + y sine| <= length / 2 and |y cosine - x sine| <= 1 / 2
        for slope, offset, half in ((sine, x * cosine, length / 2), (cosine, -x * sine, 0.5)):
            if abs(slope) < 1e-12:
                outside = np.abs(offset) > half
                low[outside], high[outside] = 0, 0
                continue
            ends = np.sort([(-half - offset) / slope, (half - offset) / slope], axis=0)
            low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
        return low, np.maximum(low, high)

    return _areas(size, center, chord)


def _areas(size, center, chord):
    """Parts of pixels between the lower and the upper end of the chord at each x."""
    strips = (np.arange(size * STRIPS) + 0.5) / STRIPS - 0.5 - center[0]
    low, high = chord(strips)
    kernel = np.zeros((size, size))
    for row in range(size):
        y = row - center[1]
        heights = np.minimum(high, y + 0.5) - np.maximum(low, y - 0.5)
        kernel[row] = np.maximum(0, heights).reshape(size, STRIPS).mean(axis=1)
    return _normalised(kernel)


def _box_line(size, center, sigma, passes):
    variance = sigma**2 / passes
    l = int(np.floor(0.5 * np.sqrt(12 * variance + 1) - 0.5))
    alpha = (2 * l + 1) * (l * (l + 1) - 3 * variance) / (6 * (variance - (l + 1) ** 2))
    box = np.concatenate([[alpha], np.ones(2 * l + 1), [alpha]]) / (2 * l + 1 + 2 * alpha)
    width, reach = 2 * l + 1 + 2 * alpha, passes * (l + 2)
    x = np.arange(-reach, size + reach) - center
    taps = np.minimum(x + 0.5, width / 2) - np.maximum(x - 0.5, -width / 2)
    taps = np.maximum(0, taps) / width
    for _ in range(passes - 1):
        taps = np.convolve(taps, box, "same")
    return taps[reach : reach + size]


def _normalised(kernel):
    return kernel / kernel.sum()
