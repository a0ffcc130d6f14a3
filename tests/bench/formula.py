"""The normal equations of a pair, written in NumPy: a second opinion on what the program computes.

With X the map h -> h * x over the valid support, G = X'X and b = X'y. Taps are indexed here by
their unflipped offset (i, j): tap (i, j) multiplies x[p+i, q+j], and h is the answer turned by
180 degrees. Nothing here is shared with the program's own code.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, linalg, signal


@dataclass(frozen=True)
class NormalEquations:
    """f(h) = 1/2 h'Gh - b'h + 1/2 y'y, for h in row-major order, as the program writes it."""

    gram: np.ndarray
    b: np.ndarray
    square: float
    shape: tuple[int, int]

    def objective(self, h):
        h = np.ravel(h)
        return 0.5 * h @ (self.gram @ h) - self.b @ h + 0.5 * self.square

    def excess(self, h, optimum):
        """f(h) - f(optimum), computed without subtracting two large numbers."""
        optimum = np.ravel(optimum)
        d = np.ravel(h) - optimum
        return (self.gram @ optimum - self.b) @ d + 0.5 * d @ (self.gram @ d)

    def solve(self):
        """The least-squares kernel, by one Cholesky factorisation."""
        return linalg.cho_solve(linalg.cho_factor(self.gram), self.b).reshape(self.shape)

    def lipschitz(self):
        size = len(self.gram)
        return linalg.eigvalsh(self.gram, subset_by_index=[size - 1, size - 1])[0]


def kernel_shape(x, y):
    """k x l of the kernel between an image and its valid convolution."""
    return x.shape[0] - y.shape[0] + 1, x.shape[1] - y.shape[1] + 1


def gradient(x, y, h):
    """X'(Xh - y) by two convolutions in the frequency domain: what a first-order step costs."""
    residual = signal.fftconvolve(x, h, "valid") - y
    return signal.fftconvolve(x[::-1, ::-1], residual, "valid")


def normal_equations(x, y):
    """G and b from three correlations of the image and sums over its borders."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    shape = kernel_shape(x, y)
    left, right, b = _correlations(x, y, shape)
    first = _first_rows(x, y.shape, left, right)
    G = _remaining_rows(x, y.shape, first)
    return _by_kernel_order(G, b, float(np.vdot(y, y)), shape)


def normal_equations_by_force(x, y, block=64):
    """G and b from the explicit matrix of all windows, a block of image rows at a time."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    shape = kernel_shape(x, y)
    taps = shape[0] * shape[1]
    G, b = np.zeros((taps, taps)), np.zeros(taps)
    windows = sliding_window_view(x, shape)
    for start in range(0, y.shape[0], block):
        A = windows[start : start + block].reshape(-1, taps)
        G += A.T @ A
        b += A.T @ y[start : start + block].ravel()
    return _by_kernel_order(G, b, float(np.vdot(y, y)), shape)


def _by_kernel_order(G, b, square, shape):
    """From offsets to taps: both axes run backwards, so the flat index does."""
    G = np.ascontiguousarray(G.reshape(b.size, b.size)[::-1, ::-1])
    return NormalEquations(G, np.ravel(b)[::-1].copy(), square, shape)


def _correlations(x, y, shape):
    """Of the top left window, the top right window and y with x, for all offsets."""
    size = [fft.next_fast_len(n, real=True) for n in x.shape]
    spectrum = fft.rfft2(x, size)
    rows, cols = y.shape

    def correlate(window):
        return fft.irfft2(np.conj(fft.rfft2(window, size)) * spectrum, size)[: shape[0], : shape[1]]

    return correlate(x[:rows, :cols]), correlate(x[:rows, shape[1] - 1 :]), correlate(y)


def _first_rows(x, valid, left, right):
    """B[i', j, j'] = G[(0, j), (i', j')]: along each diagonal, from the left or from the right."""
    k, l = left.shape  # noqa: E741
    rows, cols = valid
    step = np.empty((k, l - 1, l - 1))
    for i in range(k):
        strip = x[i : i + rows]
        step[i] = x[:rows, : l - 1].T @ strip[:, : l - 1] - x[:rows, cols:].T @ strip[:, cols:]
    B = np.empty((k, l, l))
    B[:, 0], B[:, l - 1] = left, right
    for j in range(l - 1):
        B[:, j + 1, j + 1 :] = B[:, j, j : l - 1] - step[:, j, j:]
    for j in range(l - 2, 0, -1):
        B[:, j, :j] = B[:, j + 1, 1 : j + 1] + step[:, j, :j]
    return B


def _border_sums(x, cols, rows, l):  # noqa: E741
    """S[a, j, b, j'] = sum over q of x[a, q+j] x[b, q+j'], for the given rows a and b."""
    windows = sliding_window_view(x[rows], cols, axis=1).reshape(-1, cols)
    return (windows @ windows.T).reshape(len(x[rows]), l, len(x[rows]), l)


def _remaining_rows(x, valid, B):
    """G[i, j, i', j']: block (i+1, i'+1) is block (i, i') less its top row plus one more below."""
    k, l, _ = B.shape  # noqa: E741
    rows, cols = valid
    G = np.empty((k, l, k, l))
    G[0] = B.transpose(1, 0, 2)
    if k > 1:
        step = _border_sums(x, cols, slice(0, k - 1), l)
        step -= _border_sums(x, cols, slice(rows, rows + k - 1), l)
    for i in range(k - 1):
        G[i + 1, :, i + 1 :] = G[i, :, i : k - 1] - step[i, :, i:]
    for i in range(k):
        G[i + 1 :, :, i] = G[i, :, i + 1 :].transpose(1, 2, 0)
    return G
