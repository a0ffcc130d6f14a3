"""Reads with pypng the PNG files that the tests of the writer left, and compares every sample.

Usage: check_pngs.py FOLDER

For each NAME.png there is NAME.txt: rows, cols, samples a pixel, bits, then all samples as integers
in the file's order.
"""
import sys
from pathlib import Path

import png


def check(path):
    numbers = [int(word) for word in path.with_suffix(".txt").read_text().split()]
    rows, cols, samples, bits = numbers[:4]
    width, height, lines, info = png.Reader(filename=str(path)).read()
    found = [value for line in lines for value in line]
    assert (height, width) == (rows, cols), f"{path}: size {width} x {height}"
    assert (info["planes"], info["bitdepth"]) == (samples, bits), f"{path}: {info}"
    assert info["greyscale"] == (samples < 3) and info["alpha"] == (samples in (2, 4)), path
    assert found == numbers[4:], f"{path}: other samples"


def main():
    paths = sorted(Path(sys.argv[1]).glob("*.png"))
    assert len(paths) >= 8, "the tests of the writer have not run"
    for path in paths:
        check(path)
    print(f"{len(paths)} PNG files are as written")


main()
