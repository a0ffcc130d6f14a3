"""Test pairs: a photograph, a kernel, and their valid convolution, as arrays and as NPY files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import signal

import pictures


@dataclass(frozen=True)
class Pair:
    name: str
    sharp: np.ndarray  # float32, as in the file
    blurred: np.ndarray
    kernel: np.ndarray  # float64, what was applied
    sharp_file: Path
    blurred_file: Path

    def doubles(self):
        return self.sharp.astype(float), self.blurred.astype(float)

    def bytes(self):
        return self.sharp.nbytes + self.blurred.nbytes


def make_pair(folder, name, picture, kernel, bits=None):
    """Blurs in double precision, rounds to `bits` as cameras do or to float32, and writes."""
    sharp = np.asarray(picture, np.float32)
    blurred = signal.fftconvolve(sharp.astype(float), kernel, "valid")
    if bits:
        largest = 2**bits - 1
        blurred = np.rint(np.clip(blurred, 0, 1) * largest) / largest
    blurred = np.asarray(blurred, np.float32)
    files = [Path(folder, f"{name}-{part}.npy") for part in ("sharp", "blurred")]
    for file, image in zip(files, (sharp, blurred), strict=True):
        np.save(file, image)
    return Pair(name, sharp, blurred, kernel, *files)


def large_pair(folder, side, taps=31):
    """The repository's photograph, mirrored until it fills side x side; a motion kernel."""
    picture = pictures.enlarged(pictures.load(pictures.CAT), side)
    return make_pair(folder, f"photograph-{side}-{taps}", picture, motion_kernel(taps, seed=1))


def motion_cases(folder, photographs, kernels, taps):
    """Every photograph blurred by every motion kernel, rounded to 8 bits."""
    for name, picture in pictures.photographs(photographs).items():
        for seed in range(kernels):
            kernel = motion_kernel(taps, seed)
            yield make_pair(folder, f"{name}-{seed}", picture, kernel, bits=8)


def motion_kernel(taps, seed, steps=400):
    """The light that a point leaves on a taps x taps sensor while the camera walks at random."""
    generator = np.random.default_rng(seed)
    velocity = np.zeros(2)
    path = np.zeros((steps, 2))
    for step in range(1, steps):
        velocity = 0.97 * velocity + generator.standard_normal(2)
        path[step] = path[step - 1] + velocity
    low, high = path.min(axis=0), path.max(axis=0)
    reach = 0.4 * (taps - 1)
    path = (path - (low + high) / 2) * (2 * reach / max(high - low)) + (taps - 1) / 2
    return _exposed(path, taps)


def _exposed(path, taps):
    """Every point shared out among its four neighbours, sum 1."""
    kernel = np.zeros((taps, taps))
    corner = np.floor(path).astype(int)
    part = path - corner
    for down in (0, 1):
        for right in (0, 1):
            weight = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1])
            np.add.at(kernel, (corner[:, 0] + down, corner[:, 1] + right), weight)
    return kernel / kernel.sum()


def kernel_error(kernel, reference):
    """||kernel - reference|| / ||reference||."""
    return float(np.linalg.norm(kernel - reference) / np.linalg.norm(reference))
