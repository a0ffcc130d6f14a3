"""Reads with tifffile, astropy and Pillow what the tests of the writers left, and compares every bit
with the NPY twins.

Usage: check_formats.py FOLDER
"""
import sys
import warnings
from pathlib import Path

import numpy as np
import tifffile
from astropy.io import fits
from PIL import Image

FULL = {"uint8": 255, "uint16": 65535}
COMMAND = "clkernest estimate 'a b.png' \u00e4.png"


def same(path, found, wanted):
    found = found.astype(found.dtype.newbyteorder("="))
    assert found.dtype == wanted.dtype and found.shape == wanted.shape, (
        f"{path}: {found.dtype} {found.shape}, not {wanted.dtype} {wanted.shape}")
    assert found.tobytes() == wanted.tobytes(), f"{path}: other samples"


def check_tiff(path):
    same(path, tifffile.imread(path), np.load(path.with_suffix(".npy")))


def check_fits(path):
    wanted = np.load(path.with_suffix(".npy"))
    if wanted.dtype.name in FULL:
        wanted = (wanted / FULL[wanted.dtype.name]).astype("float32")
    if wanted.ndim == 3:
        wanted = np.ascontiguousarray(wanted.transpose(2, 0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(path) as found:
            found.verify("exception")
            same(path, found[0].data, wanted)


def check_metadata(folder):
    with tifffile.TiffFile(folder / "kernel.tif") as file:
        tags = file.pages[0].tags
        assert tags["Software"].value == "clkernest 1.2.3", tags["Software"]
        # tifffile decodes as ASCII or else UTF-8.
        assert f"Command: {COMMAND}\n" in tags["ImageDescription"].value, tags["ImageDescription"]
    with fits.open(folder / "kernel.fits") as file:
        header = file[0].header
        assert header["CREATOR"] == "clkernest 1.2.3"
        assert (header["KSHIFTX"], header["KSHIFTY"]) == (3, -2), repr(header)
        history = list(header["HISTORY"])
        assert "Command: clkernest estimate 'a b.png' ??.png" in history, history
        assert "".join(history).endswith("Long: " + "0123456789" * 20), history
    text = Image.open(folder / "kernel.png").text
    assert text["Software"] == "clkernest 1.2.3" and text["Command"] == COMMAND, text
    assert text["Shift"] == "3,-2", text
    assert text["Kernel scale"].startswith("black -0.25, white "), text
    picture = Image.open(folder / "kernel.jpg")
    assert picture.mode == "L" and picture.size == (768, 512), picture.size
    assert f"Command: {COMMAND}\n" in picture.info["comment"].decode(), picture.info
    lines = (folder / "kernel.csv").read_text().splitlines()
    assert lines[:2] == ["# Shift: 3,-2", "# Software: clkernest 1.2.3"], lines
    # NumPy passes over the comment behind the header's dictionary.
    assert b"}  # Shift: 3,-2 " in (folder / "kernel.npy").read_bytes()[:192]
    wanted = np.load(folder / "kernel.npy")
    same("kernel.csv", np.loadtxt(folder / "kernel.csv", delimiter=",", encoding="utf-8"), wanted)


def main():
    folder = Path(sys.argv[1])
    count = 0
    for pattern, check in [("*.tif", check_tiff), ("*.fits", check_fits)]:
        for path in sorted(folder.glob(pattern)):
            check(path)
            count += 1
    check_metadata(folder)
    assert count >= 20, "the tests of the writers have not run"
    print(f"{count} files are as written")


main()
