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


def rectangle(size, center, width, height):
    """Areas."""
    lines = []
    for position, side in zip(center, (width, height), strict=True):
        strips = (np.arange(size * STRIPS) + 0.5) / STRIPS - 0.5 - position
        lines.append((np.abs(strips) <= side / 2).reshape(size, STRIPS).mean(axis=1))
    return _normalised(np.outer(lines[1], lines[0]))


def moffat(size, center, fwhm, beta):
    """Sampled at the taps."""
    y, x = np.mgrid[:size, :size].astype(float)
    alpha = fwhm / 2 / np.sqrt(2 ** (1 / beta) - 1)
    square = (x - center[0]) ** 2 + (y - center[1]) ** 2
    return _normalised((1 + square / alpha**2) ** -beta)


def point(size, center):
    """A single tap, shared out linearly among four."""
    kernel = np.zeros((size, size))
    left, top = int(np.floor(center[0])), int(np.floor(center[1]))
    right, down = center[0] - left, center[1] - top
    for row, part_y in ((top, 1 - down), (top + 1, down)):
        for col, part_x in ((left, 1 - right), (left + 1, right)):
            if part_x * part_y:
                kernel[row, col] += part_x * part_y
    return kernel


def fading_line(size, start, sigma, angle):
    """Whole steps from `start`, with the weights of a Gaussian."""
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    kernel = np.zeros((size, size))
    for step in range(int(6 * sigma) + 1):
        place = (start[0] + step * cosine, start[1] + step * sine)
        if min(place) >= 0 and max(place) <= size - 1:
            kernel += np.exp(-0.5 * (step / sigma) ** 2) * point(size, place)
    return _normalised(kernel)


def delta(size):
    return point(size, ((size - 1) // 2, (size - 1) // 2))


def nine(size, taps):
    """3x3 taps in the middle of a window."""
    kernel = np.zeros((size, size))
    first = (size - 1) // 2 - 1
    kernel[first : first + 3, first : first + 3] = taps
    return kernel
