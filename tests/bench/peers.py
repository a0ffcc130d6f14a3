"""Other ways to the same kernel, each one function with the same interface.

A peer takes a Pair and returns a function without arguments, which is what the benchmark times: it
returns the kernel. Imports, conversions and everything that a peer can prepare once for many pairs
of one size happen before. A peer that is not installed raises ImportError.
"""

import contextlib
import functools
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import numpy as np
from scipy import fft

import formula

FISTA_ITERATIONS = 500


@dataclass(frozen=True)
class Peer:
    name: str
    packages: tuple[str, ...]  # whose versions to name
    note: str  # what exactly it does, and with which settings
    prepare: Callable
    slow: bool = False  # measured once, not in every round
    largest: int | None = None  # side; time is extrapolated beyond it


def version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


# ------------------------------------------------------------------- gradients with SciPy


def scipy_gradient(pair, dtype=float, workers=1):
    """One gradient: what each iteration of any first-order method costs."""
    x, y = pair.sharp.astype(dtype), pair.blurred.astype(dtype)
    h = pair.kernel.astype(dtype)

    def work():
        with fft.set_workers(workers):
            return formula.gradient(x, y, h)

    return work


def scipy_fista(pair, iterations=FISTA_ITERATIONS):
    """Beck and Teboulle's FISTA without a constraint, from zero; the constant L is a gift."""
    x, y = pair.doubles()
    step = 1 / formula.normal_equations(x, y).lipschitz()

    def work():
        h = z = np.zeros(pair.kernel.shape)
        t = 1.0
        for _ in range(iterations):
            previous, h = h, z - step * formula.gradient(x, y, z)
            t, old = (1 + np.sqrt(1 + 4 * t * t)) / 2, t
            z = h + (old - 1) / t * (h - previous)
        return h

    return work


# ------------------------------------------------------------------- normal equations


def numpy_formula(pair):
    x, y = pair.doubles()
    return lambda: formula.normal_equations(x, y).solve()


def blas_brute_force(pair):
    x, y = pair.doubles()
    return lambda: formula.normal_equations_by_force(x, y).solve()


# ------------------------------------------------------------------- frequency division


def photutils_division(pair):
    """The ratio of spectra, zero where the sharp one's is below 1e-4 of its largest."""
    from photutils.psf_matching import make_kernel

    source, target = _odd_pair(pair)
    return lambda: _centre(make_kernel(source, target, regularization=1e-4), pair.kernel.shape)


def pypher_division(pair):
    """A Wiener filter with a Laplacian penalty."""
    from pypher.pypher import homogenization_kernel

    source, target = _odd_pair(pair)
    source, target = source / source.sum(), target / target.sum()

    def work():
        return _centre(homogenization_kernel(target, source, reg_fact=1e-10)[0], pair.kernel.shape)

    return work


# ------------------------------------------------------------------- image subtraction


def sfft_solution(pair):
    """Constant kernel and background; the linear system alone, without the difference image."""
    with _silence():
        from sfft.sfftcore.SFFTConfigure import SingleSFFTConfigure
        from sfft.sfftcore.SFFTSubtract import ElementalSFFTSubtract
        from sfft.utils.SFFTSolutionReader import Realize_MatchingKernel
    source, target = _same_size(pair)
    threads = {"BACKEND_4SUBTRACT": "Numpy", "NUM_CPU_THREADS_4SUBTRACT": cores()}
    quiet = {"VERBOSE_LEVEL": 0}
    half = pair.kernel.shape[0] // 2
    rows, cols = source.shape
    with _silence():
        config = SingleSFFTConfigure.SSC(
            rows, cols, half, KerPolyOrder=0, BGPolyOrder=0, ConstPhotRatio=True, **threads, **quiet
        )

    def work():
        solution = ElementalSFFTSubtract.ESS(source, target, config, **threads, **quiet)[0]
        where = Realize_MatchingKernel(np.array([[rows / 2, cols / 2]]))
        side = 2 * half + 1
        return where.FromArray(solution, rows, cols, side, side, 0, 1)[0]

    return work


def ois_bramich(pair):
    """Bramich's delta basis, without background; the kernel alone, without the difference image."""
    from ois import BramichStrategy

    source, target = _same_size(pair)
    return lambda: BramichStrategy(target, source, pair.kernel.shape, None).get_kernel()


def ois_masked(pair):
    from ois import BramichStrategy

    x, y = pair.doubles()
    k, l = pair.kernel.shape  # noqa: E741
    inside = (slice(k // 2, k // 2 + y.shape[0]), slice(l // 2, l // 2 + y.shape[1]))
    target = np.ma.masked_all(x.shape)
    target[inside] = y
    return lambda: BramichStrategy(target, x, pair.kernel.shape, None).get_kernel()


# ------------------------------------------------------------------- helpers


def cores():
    return len(os.sched_getaffinity(0))


def _same_size(pair):
    """Both pictures as large as the blurred one: these tools know no valid support."""
    x, y = pair.doubles()
    k, l = pair.kernel.shape  # noqa: E741
    top, left = (k - 1) // 2, (l - 1) // 2
    return np.ascontiguousarray(x[top : top + y.shape[0], left : left + y.shape[1]]), y


def _odd_pair(pair):
    """The same, less the last row and column where their number is even."""
    rows, cols = (n - 1 + n % 2 for n in pair.blurred.shape)
    return tuple(np.ascontiguousarray(image[:rows, :cols]) for image in _same_size(pair))


def _centre(kernel, shape):
    start = [(n - m) // 2 for n, m in zip(kernel.shape, shape, strict=True)]
    return kernel[start[0] : start[0] + shape[0], start[1] : start[1] + shape[1]]


def _silence():
    return contextlib.redirect_stdout(io.StringIO())


GRADIENTS = {
    "float64": scipy_gradient,
    "float32": functools.partial(scipy_gradient, dtype=np.float32),
    "float64, all cores": functools.partial(scipy_gradient, workers=-1),
}

PEERS = [
    Peer(
        f"SciPy FISTA-{FISTA_ITERATIONS}", ("scipy",),
        "two `fftconvolve` an iteration, float64; L is given", scipy_fista, slow=True,
    ),
    Peer(
        "brute force", ("numpy", "scipy"),
        "explicit window matrix in blocks, G += A'A by BLAS, Cholesky", blas_brute_force, slow=True,
    ),
    Peer(
        "our formula in NumPy", ("numpy", "scipy"),
        "correlations by FFT, displacement recursion, Cholesky", numpy_formula,
    ),
    Peer(
        "photutils", ("photutils",),
        "`make_kernel` (frequency division); regularization 1e-4, the best power of ten",
        photutils_division,
    ),
    Peer(
        "pypher", ("pypher",),
        "`homogenization_kernel` (Wiener's division); reg_fact 1e-10, the best power of ten",
        pypher_division,
    ),
    Peer(
        "sfft", ("sfft",),
        "NumPy backend, all cores, constant kernel and background, the linear system alone; "
        "takes images as periodic",
        sfft_solution,
    ),
    Peer(
        "ois", ("ois",),
        "Bramich's method, no background, the kernel alone; zeros outside the image",
        ois_bramich, slow=True, largest=128,
    ),
    Peer(
        "ois, border masked", ("ois",),
        "the same with a masked border, so that only the valid support counts",
        ois_masked, slow=True, largest=128,
    ),
]  # fmt: skip
