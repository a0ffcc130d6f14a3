"""Gathers the inputs that the fuzz targets start from: SEEDS/TARGET/NAME.

Usage: make_seeds.py SEEDS PNGS FORMATS

PNGS and FORMATS are the folders of tests/io/make_pngs.py and make_formats.py, whose small files are
taken; NPY and CSV files, and bytes for the targets that are no readers, are made here.
"""
import random
import shutil
import struct
import sys
from pathlib import Path

LARGEST = 20000  # bytes of a seed
RANDOM_SEEDS = {"estimate": 60, "apply": 20, "blur": 30, "kernel": 20, "pair": 30, "cli": 120}


def copy_files(seeds, targets, folder, pattern):
    for path in sorted(Path(folder).glob(pattern)):
        if path.stat().st_size > LARGEST:
            continue
        for target in targets:
            shutil.copyfile(path, seeds / target / path.name)


def npy(descr, order, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data


def make_npys(folder):
    for name, descr, order, shape, size in [
            ("f4", "<f4", False, "(3, 4)", 48), ("f8", "<f8", False, "(2, 3)", 48),
            ("big", ">f8", False, "(2, 3)", 48), ("rows", "<f4", True, "(3, 4, 2)", 96),
            ("u1", "|u1", False, "(4, 3, 3)", 36), ("u2", "<u2", False, "(4, 3)", 24),
            ("line", "<f8", False, "(5,)", 40), ("empty", "<f4", False, "(0, 4)", 0)]:
        (folder / f"{name}.npy").write_bytes(npy(descr, order, shape, random.randbytes(size)))


def make_csvs(folder):
    for name, text in [
            ("plain", "1,2,3\n4,5,6\n"), ("notes", "# a kernel\n0.25,-1e-3,1e+300\n\n# end\n"),
            ("odd", "0x1p3, nan ,.5\n1,2,3\r\n"), ("one", "1"), ("bom", "\ufeff1;2\n"),
            ("ragged", "1,2\n3\n")]:
        (folder / f"{name}.csv").write_bytes(text.encode())


def fnv1a(data):
    total = 0xcbf29ce484222325
    for byte in data:
        total = (total ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return total


def make_statistics(folder):
    """The normal equations of a scene of impulses, whose kernel is its b: G is diagonal."""
    for name, rows, cols, background in [("point", 1, 1, 1), ("odd", 3, 3, 1), ("constant", 2, 3, 2),
                                         ("plane", 3, 2, 3)]:
        taps, terms = rows * cols, {1: 0, 2: 1, 3: 3}[background]
        for choice in range(8):
            numbers = struct.pack("<qqqqqq", rows, cols, choice % 3 - 1, 0, background, 1)
            numbers += struct.pack("<dd", 9.0, 500.0 + taps)
            numbers += struct.pack(f"<{taps}d", *[tap - 1.0 for tap in range(taps)])
            for row in range(taps):
                numbers += struct.pack(f"<{row + 1}d", *[9.0 * (row == col) for col in range(row + 1)])
            numbers += struct.pack("<qqq", 20, 24, 480)
            if terms:
                own = [480.0 * (i == j) for i in range(3) for j in range(3)]
                numbers += struct.pack(f"<{12 + terms * taps}d", *own, 1, 2, 3, *[0.5] * terms * taps)
            body = b"CKNSTAT1" + numbers
            seed = bytes([choice]) + body + struct.pack("<Q", fnv1a(body))
            (folder / f"{name}-{choice}").write_bytes(seed)


def main():
    seeds = Path(sys.argv[1])
    shutil.rmtree(seeds, ignore_errors=True)
    for target in ["png", "npy", "tiff", "fits", "cards", "jpeg", "csv", "statistics", *RANDOM_SEEDS]:
        (seeds / target).mkdir(parents=True)
    random.seed(20110901)
    copy_files(seeds, ["png"], sys.argv[2], "*-7x5*.png")
    copy_files(seeds, ["png"], sys.argv[3], "*.png")
    copy_files(seeds, ["tiff"], sys.argv[3], "*.tif")
    copy_files(seeds, ["fits", "cards"], sys.argv[3], "*.fits")
    copy_files(seeds, ["jpeg"], sys.argv[3], "*.jpg")
    make_npys(seeds / "npy")
    make_csvs(seeds / "csv")
    make_statistics(seeds / "statistics")
    for target, count in RANDOM_SEEDS.items():
        for i in range(count):
            (seeds / target / f"random-{i}").write_bytes(random.randbytes(8 + 4 * i))


main()
