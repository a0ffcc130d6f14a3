"""How fast the machine multiplies and adds, by two measures that know nothing of convolution."""

import re
import shutil
import subprocess

import numpy as np

from timing import stopwatch

MATRIX = 2048


def clpeak(device_name):
    """The best float32 GFLOPS that clpeak finds on the OpenCL device; None without clpeak."""
    if shutil.which("clpeak") is None:
        return None
    done = subprocess.run(["clpeak", "--compute-sp"], capture_output=True, text=True, timeout=300)
    found = parse_clpeak(done.stdout)
    if device_name in found:
        return found[device_name]
    return max(found.values(), default=None)


def parse_clpeak(text):
    """Device name -> best rate over the widths of float vectors."""
    best, device = {}, None
    for line in text.splitlines():
        if found := re.match(r"\s+Device: (.*?)\s*$", line):
            device = found[1]
        elif (found := re.match(r"\s+float\d* *: ([\d.]+)", line)) and device:
            best[device] = max(best.get(device, 0.0), float(found[1]))
    return best


def matmul(dtype):
    """GFLOPS of NumPy's matrix product: BLAS on all cores, the machine's real peak."""
    a = np.random.default_rng(0).standard_normal((MATRIX, MATRIX)).astype(dtype)
    seconds, _ = stopwatch(lambda: a @ a)
    return 2 * MATRIX**3 / seconds / 1e9
