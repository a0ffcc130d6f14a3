"""Photographs, grey in [0, 1] (8 bits): that of this repository, and those scikit-image carries."""

from importlib import util
from pathlib import Path

import numpy as np
from PIL import Image

CAT = Path(__file__).resolve().parents[2] / "samples" / "pictures" / "cat.png"
SCIKIT_IMAGE = ["astronaut.png", "camera.png", "coffee.png", "motorcycle_left.png", "rocket.jpg"]


def photographs(count, side=512):
    """`count` pictures of at most side x side by name; drawn ones where there are no more."""
    pictures = {file.stem: load(file)[:side, :side] for file in _files()[:count]}
    for seed in range(count - len(pictures)):
        pictures[f"drawn-{seed}"] = drawn(side, seed)
    return pictures


def load(file):
    """Rec. 709 luma, rounded to 8 bits."""
    rgb = np.asarray(Image.open(file).convert("RGB"), float)
    return np.rint(rgb @ [0.2126, 0.7152, 0.0722]) / 255


def enlarged(picture, side):
    """side x side pixels of the plane that the picture and its mirror images fill."""
    rows, cols = (-(-side // n) for n in picture.shape)
    mirrored = np.pad(
        picture,
        [(0, (rows - 1) * picture.shape[0]), (0, (cols - 1) * picture.shape[1])],
        mode="symmetric",
    )
    return mirrored[:side, :side]


def noisy(side, sigma=0.05):
    """The repository's photograph, enlarged, with white noise; float32 in [0, 1]."""
    noise = np.random.default_rng(0).standard_normal((side, side), np.float32)
    return np.clip(enlarged(load(CAT), side).astype(np.float32) + sigma * noise, 0, 1)


def drawn(side, seed):
    """Noise with the spectrum of photographs (amplitude 1/f), stretched to [0, 1], 8 bits."""
    noise = np.random.default_rng(seed).standard_normal((side, side))
    spectrum = np.fft.rfft2(noise)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    frequency[0, 0] = np.inf
    picture = np.fft.irfft2(spectrum / frequency, (side, side))
    picture = (picture - picture.min()) / (picture.max() - picture.min())
    return np.rint(picture * 255) / 255


def _files():
    found = util.find_spec("skimage")
    if found is None:
        return [CAT]
    folder = Path(found.origin).parent / "data"
    return [CAT] + [folder / name for name in SCIKIT_IMAGE if (folder / name).is_file()]
