"""Gaussian blur in double precision, and the sizes of windows that stand for a Gaussian."""

import math

import numpy as np

TRUNCATE = 12  # standard deviations: what lies beyond is below the rounding of double precision


def blurred(image, sigma):
    """scipy.ndimage.gaussian_filter(image, sigma, truncate=12), by matrix products: far faster."""
    image = np.asarray(image, float)
    down, across = (filter_matrix(n, sigma) for n in image.shape)
    reach = radius(sigma)
    halfway = _banded(down, image, reach)
    return np.ascontiguousarray(_banded(across, halfway.T, reach).T)


def filter_matrix(n, sigma):
    """What the sampled, normalised Gaussian does to a line of n samples, reflected at its ends."""
    offsets = np.arange(-radius(sigma), radius(sigma) + 1)
    taps = np.exp(-0.5 * (offsets / sigma) ** 2)
    taps /= taps.sum()
    matrix, rows = np.zeros((n, n)), np.arange(n)
    for offset, tap in zip(offsets, taps, strict=True):
        matrix[rows, reflected(rows + offset, n)] += tap
    return matrix


def radius(sigma):
    return int(TRUNCATE * sigma + 0.5)


def reflected(index, n):
    """b a | a b c | c b, as often as it takes."""
    index = index % (2 * n)
    return np.where(index < n, index, 2 * n - 1 - index)


def box_widths(sigma, passes):
    """Odd widths, two neighbouring ones mixed, whose variances sum to sigma^2 as nearly as can be.

    P. Kovesi, Fast almost-Gaussian filtering, DICTA 2010. One box of w samples has the variance
    (w^2 - 1) / 12.
    """
    ideal = math.sqrt(12 * sigma**2 / passes + 1)
    small = 2 * int((ideal - 1) / 2) + 1
    missing = 12 * sigma**2 - passes * (small**2 - 1)
    wider = round(missing / (4 * small + 4))
    return [small] * (passes - wider) + [small + 2] * wider


def stack_width(sigma):
    """2r + 1 of the triangle of weights r + 1 - |k|, whose variance is r (r + 2) / 6."""
    return 2 * round(math.sqrt(6 * sigma**2 + 1) - 1) + 1


def errors(image, reference, margin):
    """Largest and RMS difference, `margin` pixels from the border and more.

    Without BLAS, whose threads would go on spinning while the next competitor is timed.
    """
    inner = tuple(slice(margin, n - margin) for n in reference.shape)
    difference = np.asarray(image)[inner] - reference[inner]
    return float(np.abs(difference).max()), math.sqrt(np.square(difference).mean())


def _banded(matrix, image, reach, block=256):
    """matrix @ image, where nothing stands farther than `reach` from the matrix's diagonal."""
    product = np.empty_like(image, order="C")
    for first in range(0, len(image), block):
        rows = slice(first, first + block)
        band = slice(max(0, first - reach), first + block + reach)
        np.matmul(matrix[rows, band], image[band], out=product[rows])
    return product
