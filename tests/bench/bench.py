"""Times whole jobs of the program and prints ratios; see run.sh. Needs Python's standard library only."""

import array
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
DEVICES = sys.argv[2].split(",")
REPEAT = "6"


def run(*arguments):
    """Runs the program and returns its JSON figures."""
    command = [PROGRAM, *arguments, "--json", "-", "--quiet"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def read_npy(path):
    """The samples of a float64 file that the program wrote."""
    with open(path, "rb") as file:
        content = file.read()
    start = 10 + struct.unpack("<H", content[8:10])[0]
    return array.array("d", content[start:])


def kernel_error(path, true_path):
    kernel, true = read_npy(path), read_npy(true_path)
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(kernel, true)) / sum(b * b for b in true))


def simulate(size, kernel, taps, noise="0"):
    run("simulate", "--scene", "shapes", "--size", size, "--kernel", kernel, "--kernel-size", taps,
        "--noise", noise, "--sharp", "x.npy", "--blurred", "y.npy", "--kernel-out", "h.npy")


def bench_blur():
    """Cost against sigma, and against a plain copy's traffic: seconds_compute for one plane."""
    print("## Blur: cost against sigma (2048x2048, 5 passes)\n")
    print("| device | " + " | ".join(f"sigma {s}" for s in SIGMAS) + " | largest / smallest |")
    print("|---|" + "---|" * (len(SIGMAS) + 1))
    run("simulate", "--scene", "noise", "--size", "2048x2048", "--sharp", "big.npy")
    for device in DEVICES:
        seconds = [run("blur", "big.npy", "--sigma", s, "--passes", "5", "-o", "out.npy", "--device", device,
                       "--repeat", REPEAT)["seconds_compute"] for s in SIGMAS]
        cells = " | ".join(f"{s * 1e3:.0f} ms" for s in seconds)
        print(f"| {device} | {cells} | {max(seconds) / min(seconds):.2f} |")
    print()


SIGMAS = ["2", "5", "15.4", "50", "100"]


def bench_engines():
    """One iteration by either engine."""
    print("## Estimate: one FISTA iteration (512x512 image)\n")
    print("| device | taps | direct | fft | direct / fft |\n|---|---|---|---|---|")
    for taps in ["5", "15", "31"]:
        simulate("512x512", "gaussian:1.2", taps)
        for device in DEVICES:
            seconds = {}
            for engine in ["direct", "fft"]:
                figures = run("estimate", "x.npy", "y.npy", "-k", taps, "--engine", engine, "--iterations", "20",
                              "--tolerance", "0", "--step", "1e-9", "--device", device, "--repeat", REPEAT)
                # 21 gradients and the final residual.
                seconds[engine] = figures["seconds_compute"] / 21
            print(f"| {device} | {taps}x{taps} | {seconds['direct'] * 1e3:.1f} ms | {seconds['fft'] * 1e3:.1f} ms | "
                  f"{seconds['direct'] / seconds['fft']:.2f} |")
    print()


def bench_simplex():
    """Iterations until the kernel error is at most 5 %, by bisection over the iteration limit."""
    print("## Estimate: iterations to a kernel error of 5 % (256x256 scene, motion kernel, 15x15 taps)\n")
    print("| constraint | iterations | L used |\n|---|---|---|")
    simulate("256x256", "motion:9,30", "15")
    for constraint in ["none", "nonneg", "simplex"]:
        low, high, lipschitz = 0, 2048, 0
        while high - low > 1:
            middle = (low + high) // 2
            figures = run("estimate", "x.npy", "y.npy", "-k", "15", "--constraint", constraint, "--iterations",
                          str(middle), "--tolerance", "0", "--device", "cpu", "-o", "k.npy")
            lipschitz = figures["lipschitz"]
            if kernel_error("k.npy", "h.npy") <= 0.05:
                high = middle
            else:
                low = middle
        print(f"| {constraint} | {high if high < 2048 else 'over 2047'} | {lipschitz:.4g} |")
    print()


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    bench_blur()
    bench_engines()
    bench_simplex()
