"""Other programs that blur by a Gaussian, and a plain copy, each one function of the image.

A peer takes the image, float32 in [0, 1], and returns a function of sigma that returns the blurred
one; the latter is what the benchmark times. Conversions, and the output where the peer lets us
choose it, are made before. A peer that is not installed raises ImportError.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import ndimage

import gaussian
from peers import Peer, cores


class Copy:
    """Copies the image on all cores, each its share, into memory that was touched before."""

    def __init__(self, source, threads=None):
        self.threads = threads or cores()
        self.bytes = source.nbytes
        self.target = np.ones_like(source)
        self._parts = [np.array_split(a, self.threads) for a in (self.target, source)]
        self._pool = ThreadPoolExecutor(self.threads)

    def __call__(self):
        # NumPy lets other threads run while it copies.
        list(self._pool.map(np.copyto, *self._parts))
        return self.target


def as_float(blurred):
    """Whatever a peer returns, as an array in [0, 1]."""
    array = np.asarray(blurred)
    return array / 255 if array.dtype == np.uint8 else array


# ------------------------------------------------------------------- OpenCV


def opencv_gaussian(image):
    import cv2

    target = np.ones_like(image)
    return lambda sigma: cv2.GaussianBlur(
        image, (0, 0), sigma, dst=target, borderType=cv2.BORDER_REFLECT
    )


def opencv_boxes(image, passes):
    import cv2

    targets = [np.ones_like(image), np.ones_like(image)]

    def blur(sigma):
        source = image
        for turn, width in enumerate(gaussian.box_widths(sigma, passes)):
            if width > 1:
                source = cv2.boxFilter(
                    source, -1, (width, width), dst=targets[turn % 2], borderType=cv2.BORDER_REFLECT
                )
        return source

    return blur


def opencv_stack(image):
    import cv2

    target = np.ones_like(image)
    return lambda sigma: cv2.stackBlur(image, (gaussian.stack_width(sigma),) * 2, dst=target)


# ------------------------------------------------------------------- others


def scipy_gaussian(image):
    target = np.ones_like(image)
    return lambda sigma: ndimage.gaussian_filter(image, sigma, output=target)


def libvips_gaussian(image, **options):
    import pyvips

    pyvips.cache_set_max(0)  # else it could answer from memory
    source = pyvips.Image.new_from_array(image)

    def blur(sigma):
        result = source.gaussblur(sigma, precision="float", **options)
        return np.frombuffer(result.write_to_memory(), np.float32).reshape(image.shape)

    return blur


def pillow_gaussian(image):
    from PIL import Image, ImageFilter

    source = Image.fromarray(np.rint(image * 255).astype(np.uint8))
    return lambda sigma: source.filter(ImageFilter.GaussianBlur(sigma))


OPENCV, LIBVIPS = ("opencv-python-headless",), ("pyvips", "pyvips-binary")
GAUSSIAN_BLUR, BOXES_5 = "OpenCV GaussianBlur", "OpenCV boxFilter x 5"
BOXES = "odd widths that match sigma, two neighbouring ones mixed"

PEERS = [
    Peer(GAUSSIAN_BLUR, OPENCV, "its own kernel size", opencv_gaussian),
    Peer(
        "OpenCV boxFilter x 3", OPENCV, BOXES, functools.partial(opencv_boxes, passes=3),
    ),
    Peer(BOXES_5, OPENCV, "the same", functools.partial(opencv_boxes, passes=5)),
    Peer("OpenCV stackBlur", OPENCV, "the width that matches sigma", opencv_stack),
    Peer("SciPy gaussian_filter", ("scipy",), "truncate 4, its default", scipy_gaussian),
    Peer(
        "libvips gaussblur", LIBVIPS, "float precision; cut off at 0.2 of the peak, its default",
        libvips_gaussian,
    ),
    Peer(
        "libvips, min_ampl 0.001", LIBVIPS, "the same, cut off at 0.001 of the peak",
        functools.partial(libvips_gaussian, min_ampl=0.001),
    ),
    Peer(
        "Pillow GaussianBlur", ("pillow",),
        "8 bits in and out, for it blurs no float32; three extended boxes", pillow_gaussian,
    ),
]  # fmt: skip
