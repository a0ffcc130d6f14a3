"""Pictures of the quality benchmark: grey in [0, 1], by name, photographs and drawn scenes.

SciPy's own pictures are not among them: its packages carry none, they are a download.
"""

import functools
from importlib import util
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

import pictures

SCIKIT_IMAGE = {
    "astronaut": "photograph", "camera": "photograph", "chelsea": "photograph",
    "coffee": "photograph", "motorcycle_left": "photograph", "rocket": "photograph",
    "clock_motion": "photograph", "coins": "photograph", "moon": "photograph",
    "cell": "photograph", "ihc": "photograph", "retina": "photograph",
    "brick": "texture", "grass": "texture", "gravel": "texture",
    "page": "text", "text": "text",
    "hubble_deep_field": "sky", "horse": "shapes",
}  # fmt: skip
CROPS = 4  # of these the one with the most detail


def cropped(name, side, generator):
    """At most side x side of a picture; a photograph is cut where it is not empty."""
    if name in DRAWN:
        return DRAWN[name](side, generator)
    picture = _photograph(name)
    crops = [_crop(picture, side, generator) for _ in range(CROPS)]
    return max(crops, key=lambda crop: np.abs(np.diff(crop, axis=1)).mean())


def kind(name):
    return KINDS[name]


def names():
    return list(KINDS)


# ------------------------------------------------------------------- photographs


@functools.cache
def _photograph(name):
    return pictures.load(pictures.CAT if name == "cat" else _file(name))


def _file(name):
    found = util.find_spec("skimage")
    if found is None:
        raise ImportError("the quality benchmark needs the pictures of scikit-image: install it")
    folder = Path(found.origin).parent / "data"
    return next(
        file for suffix in ("png", "jpg") if (file := folder / f"{name}.{suffix}").is_file()
    )


def _crop(picture, side, generator):
    rows, cols = (min(side, n) for n in picture.shape)
    top, left = (
        generator.integers(n - m + 1) for n, m in zip(picture.shape, (rows, cols), strict=True)
    )
    return picture[top : top + rows, left : left + cols]


# ------------------------------------------------------------------- drawn scenes


def power_law(side, generator):
    return pictures.drawn(side, int(generator.integers(2**31)))


def shapes(side, generator):
    """Rectangles and ellipses of any grey over one another, with smooth edges."""
    image = Image.new("L", (2 * side, 2 * side), 110)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        at, size = generator.integers(-20, 2 * side, 2), generator.integers(8, side // 2, 2)
        figure = draw.ellipse if generator.random() < 0.5 else draw.rectangle
        figure([*map(int, at), *map(int, at + size)], fill=int(generator.integers(256)))
    return _halved(image)


def letters(side, generator):
    """Lines of random letters, dark on light."""
    image = Image.new("L", (2 * side, 2 * side), 235)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(26)
    for top in range(4, 2 * side, 34):
        line = "".join(generator.choice(list("abcdefghijklmnopqrstuvwxyz   EMNT"), side // 5))
        draw.text((4, top), line, fill=int(generator.integers(10, 70)), font=font)
    return _halved(image)


def stars(side, generator):
    """Points of light under a telescope's seeing, faint ones frequent, on a grey sky."""
    sky = np.zeros((side, side))
    count = side * side // 150
    places = generator.integers(side, size=(2, count))
    np.add.at(sky, tuple(places), generator.pareto(1.2, count) + 0.2)
    sky = ndimage.gaussian_filter(sky, 0.9)
    return np.minimum(0.05 + 0.9 * sky / np.quantile(sky, 0.999), 1)


def pattern(side, generator):
    """Black and white cells of 2x2 samples by chance: what a calibration target shows."""
    cells = generator.integers(2, size=(side // 2, side // 2))
    return 0.1 + 0.8 * np.kron(cells, np.ones((2, 2)))


def _halved(image):
    fine = np.asarray(image, float) / 255
    return fine.reshape(fine.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))


DRAWN = {
    "power-law": power_law, "shapes": shapes, "letters": letters, "stars": stars,
    "pattern": pattern,
}  # fmt: skip
KINDS = {"cat": "photograph"} | SCIKIT_IMAGE
KINDS |= {"power-law": "power law", "shapes": "shapes", "letters": "text", "stars": "sky"}
KINDS |= {"pattern": "pattern"}
