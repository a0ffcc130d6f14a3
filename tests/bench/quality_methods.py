"""The methods that the program's default is compared with, but for those of the program itself.

Each takes what was taken (quality_cases.Taken) and returns the error of its kernel.
"""

import numpy as np
from scipy import linalg, signal

import formula
from pairs import kernel_error

VERSION = 1  # raised whenever an answer changes: the cache then forgets
ITERATIONS = 500
POWER_STEPS = 60
ORDERS = (1, 2)
# Relative to the mean diagonal of G over that of the penalty.
LAMBDAS = np.geomspace(1e-11, 10, 37)
NEARER = 5  # lambdas between the best and its neighbours, on either side
PHOTUTILS_WINDOW = 0.35  # of CosineBellWindow, as in photutils' documentation

try:
    from photutils import psf_matching
except ImportError:
    psf_matching = None


def fista_error(case, taken):
    """Not negative, with a free sum; without a constraint where the truth is signed: a gift."""
    return kernel_error(fista(taken.x, taken.y, nonneg=not case.signed), taken.kernel)


def oracle_error(case, taken):
    """Of the best lambda and order; with a constant background where there was one."""
    equations = formula.normal_equations(taken.x, taken.y)
    if taken.background != 0:
        equations = without_background(equations, taken.x, taken.y)
    return min(best_smooth_error(equations, order, taken.kernel) for order in ORDERS)


def frequency_error(case, taken):
    """Of the best of photutils' division and Wiener's, two of each: a gift."""
    x, y, shape = taken.x, taken.y, taken.kernel.shape
    x = _inside(x, y.shape, shape)
    kernels = [photutils_division(x, y, shape), photutils_division(faded(x), faded(y), shape)]
    kernels += [wiener(faded(x), faded(y), shape, smooth) for smooth in (False, True)]
    return min(kernel_error(kernel, taken.kernel) for kernel in kernels if kernel is not None)


REFERENCES = {"fista": fista_error, "oracle": oracle_error, "frequency": frequency_error}


# ------------------------------------------------------------------- FISTA


def fista(x, y, nonneg, iterations=ITERATIONS):
    """Beck and Teboulle's FISTA from zero, gradients by fftconvolve over the valid support."""
    step = 1 / lipschitz(x, formula.kernel_shape(x, y))
    h = z = np.zeros(formula.kernel_shape(x, y))
    t = 1.0
    for _ in range(iterations):
        previous, h = h, z - step * formula.gradient(x, y, z)
        if nonneg:
            h = np.maximum(h, 0)
        t, old = (1 + np.sqrt(1 + 4 * t * t)) / 2, t
        z = h + (old - 1) / t * (h - previous)
    return h


def lipschitz(x, shape, steps=POWER_STEPS):
    """The largest eigenvalue of X'X by power iteration, and 1 % for what that lacks."""
    h = np.random.default_rng(0).random(shape)
    value = 0.0
    for _ in range(steps):
        h /= np.linalg.norm(h)
        h = signal.fftconvolve(x[::-1, ::-1], signal.fftconvolve(x, h, "valid"), "valid")
        value = np.linalg.norm(h)
    return 1.01 * value


# ------------------------------------------------------------------- smoothness


def penalty(shape, order):
    """D'D of all differences of this order; outside its frame the kernel is zero."""
    along = [difference_gram(taps, order) for taps in shape]
    return np.kron(along[0], np.eye(shape[1])) + np.kron(np.eye(shape[0]), along[1])


def difference_gram(taps, order):
    stencil = np.array([1.0])
    for _ in range(order):
        stencil = np.convolve(stencil, [1.0, -1.0])
    column = np.concatenate([stencil, np.zeros(taps - 1)])
    D = linalg.toeplitz(column, np.zeros(taps))
    return D.T @ D


def best_smooth_error(equations, order, truth):
    """Lambda by a grid, and by a finer one around its best."""
    G, L = equations.gram, penalty(equations.shape, order)
    L *= np.trace(G) / np.trace(L)

    def errors(lambdas):
        return [smooth_error(G + value * L, equations.b, truth) for value in lambdas]

    coarse = errors(LAMBDAS)
    best = int(np.argmin(coarse))
    low, high = LAMBDAS[max(best - 1, 0)], LAMBDAS[min(best + 1, len(LAMBDAS) - 1)]
    fine = errors(np.geomspace(low, high, 2 * NEARER + 3)[1:-1])
    return min(coarse[best], *fine)


def smooth_error(A, b, truth):
    try:
        h = linalg.cho_solve(linalg.cho_factor(A, check_finite=False), b, check_finite=False)
    except linalg.LinAlgError:  # too little lambda for rounding
        return np.inf
    return kernel_error(h.reshape(truth.shape), truth)


def without_background(equations, x, y):
    """The normal equations once a constant has been eliminated from them: of centred columns."""
    rows, cols = y.shape
    sums = np.cumsum(np.cumsum(np.pad(x, ((1, 0), (1, 0))), axis=0), axis=1)
    windows = sums[rows:, cols:] - sums[:-rows, cols:] - sums[rows:, :-cols] + sums[:-rows, :-cols]
    column = windows[::-1, ::-1].ravel()
    count, total = y.size, y.sum()
    return formula.NormalEquations(
        equations.gram - np.outer(column, column) / count,
        equations.b - column * (total / count),
        equations.square - total**2 / count,
        equations.shape,
    )


# ------------------------------------------------------------------- frequency division


def wiener(x, y, shape, smooth):
    """Y conj(X) / (|X|^2 + noise), the noise times the power of a Laplacian where `smooth`."""
    X, Y = np.fft.fft2(x), np.fft.fft2(y)
    weight = laplacian_power(y.shape) if smooth else 1.0
    H = Y * np.conj(X) / (np.abs(X) ** 2 + noise_power(Y) * weight)
    return _cut(np.fft.fftshift(np.fft.ifft2(H).real), shape)


def laplacian_power(shape):
    waves = [2 - 2 * np.cos(2 * np.pi * np.fft.fftfreq(n)) for n in shape]
    return (waves[0][:, None] + waves[1][None, :]) ** 2


def noise_power(Y):
    """What is left of |Y|^2 in the corner of highest frequencies: its median over ln 2."""
    away = [np.abs(np.fft.fftfreq(n)) > 0.35 for n in Y.shape]
    return float(np.median(np.abs(Y[np.ix_(*away)]) ** 2) / np.log(2))


def faded(image):
    """To zero at its borders, which do not fit together."""
    return np.outer(*(signal.windows.hann(n + 2)[1:-1] for n in image.shape)) * image


def photutils_division(x, y, shape):
    """make_kernel with a window; None where it refuses or is absent.

    It scales its kernel to sum 1, so the sum is given back from the means.
    """
    if psf_matching is None:
        return None
    rows, cols = (n - 1 + n % 2 for n in y.shape)
    x, y = x[:rows, :cols], y[:rows, :cols]
    window = psf_matching.CosineBellWindow(alpha=PHOTUTILS_WINDOW)
    try:
        kernel = psf_matching.make_kernel(x, y, window=window)
    except ValueError:  # kernels whose sum is not positive
        return None
    return y.mean() / x.mean() * _cut(kernel, shape)


def _inside(x, valid, shape):
    """x cropped to the place of y."""
    top, left = ((n - 1) // 2 for n in shape)
    return x[top : top + valid[0], left : left + valid[1]]


def _cut(periodic, shape):
    """The taps around the origin, which fftshift puts at n // 2."""
    start = [n // 2 - (m - 1) // 2 for n, m in zip(periodic.shape, shape, strict=True)]
    return periodic[start[0] : start[0] + shape[0], start[1] : start[1] + shape[1]]
