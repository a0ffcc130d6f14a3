"""Writes PNG files of every kind with pypng, and beside each what a reader must get.

Usage: make_pngs.py FOLDER

FOLDER/cases.txt lists the names. NAME.png is the image; NAME.expected holds five little-endian
uint32 (rows, cols, colour channels, alpha planes, bits a sample: 8 or 16), then the samples scaled
to [0, 1] as float64, plane after plane.
"""
import random
import struct
import sys
from pathlib import Path

import png

SIZES = [(7, 5), (1, 1), (1, 9), (33, 2), (64, 48)]  # (cols, rows)


def write_case(folder, name, size, rows, planes, bits, **options):
    """`rows` as pypng takes them; `planes` as lists of samples in [0, 1], colour first."""
    cols, row_count = size
    with open(folder / f"{name}.png", "wb") as file:
        png.Writer(cols, row_count, **options).write(file, rows)
    alpha = int(len(planes) in (2, 4))
    with open(folder / f"{name}.expected", "wb") as file:
        file.write(struct.pack("<5I", row_count, cols, len(planes) - alpha, alpha, bits))
        for plane in planes:
            file.write(struct.pack(f"<{len(plane)}d", *plane))
    return name


def random_rows(size, samples_a_pixel, full):
    cols, rows = size
    return [[random.randint(0, full) for _ in range(cols * samples_a_pixel)] for _ in range(rows)]


def split(rows, count, full):
    """The planes of interleaved rows."""
    return [[row[i] / full for row in rows for i in range(plane, len(row), count)]
            for plane in range(count)]


def direct_cases(folder, size, interlace, suffix):
    """Grey, grey and alpha, RGB, RGBA, as the samples stand there."""
    for name, channels, alpha, depth in [
            ("grey1", 1, False, 1), ("grey2", 1, False, 2), ("grey4", 1, False, 4),
            ("grey8", 1, False, 8), ("grey16", 1, False, 16), ("ga8", 1, True, 8),
            ("ga16", 1, True, 16), ("rgb8", 3, False, 8), ("rgb16", 3, False, 16),
            ("rgba8", 3, True, 8), ("rgba16", 3, True, 16)]:
        full = 2 ** depth - 1
        count = channels + alpha
        rows = random_rows(size, count, full)
        yield write_case(folder, name + suffix, size, rows, split(rows, count, full),
                         max(depth, 8), greyscale=channels == 1, alpha=alpha, bitdepth=depth,
                         interlace=interlace)


def transparent_cases(folder, size, interlace, suffix):
    """One grey or colour that a tRNS chunk names is transparent."""
    for name, channels, depth in [("greytrns1", 1, 1), ("greytrns4", 1, 4), ("greytrns8", 1, 8),
                                  ("greytrns16", 1, 16), ("rgbtrns8", 3, 8), ("rgbtrns16", 3, 16)]:
        full = 2 ** depth - 1
        rows = random_rows(size, channels, full)
        key = tuple(rows[-1][-channels:])
        alpha = [0.0 if tuple(row[i:i + channels]) == key else 1.0
                 for row in rows for i in range(0, len(row), channels)]
        yield write_case(folder, name + suffix, size, rows, split(rows, channels, full) + [alpha],
                         max(depth, 8), greyscale=channels == 1, bitdepth=depth,
                         transparent=key if channels == 3 else key[0], interlace=interlace)


def palette_cases(folder, size, interlace, suffix):
    for depth in (1, 2, 4, 8):
        for parts, kind in [(3, "palette"), (4, "palettetrns")]:
            palette = [tuple(random.randint(0, 255) for _ in range(parts))
                       for _ in range(2 ** depth)]
            rows = random_rows(size, 1, len(palette) - 1)
            planes = [[palette[index][part] / 255 for row in rows for index in row]
                      for part in range(parts)]
            yield write_case(folder, f"{kind}{depth}{suffix}", size, rows, planes, 8,
                             palette=palette, bitdepth=depth, interlace=interlace)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random.seed(20110)
    names = []
    for size in SIZES:
        for interlace in (False, True):
            suffix = f"-{size[0]}x{size[1]}{'-interlaced' if interlace else ''}"
            for cases in (direct_cases, transparent_cases, palette_cases):
                names += cases(folder, size, interlace, suffix)
    (folder / "cases.txt").write_text("".join(f"{name}\n" for name in names))
    print(f"{len(names)} PNG files")


main()
