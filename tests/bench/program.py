"""Runs the program under test and reads the figures it writes."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

# A process inherits the peak memory of the one that starts it, so a small one starts it.
LAUNCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(json.dumps({"status": os.waitstatus_to_exitcode(status), "peak_bytes": usage.ru_maxrss * 1024,
                  "wall": time.perf_counter() - start}))
"""


# A step so short that no image makes the iteration diverge, where only its time matters.
SHORT_STEP = "1e-14"


class ProgramError(RuntimeError):
    """The program refused or failed; the text is what it said."""


class Program:
    def __init__(self, path, cache, scratch):
        self.path = str(Path(path).resolve())
        self.scratch = Path(scratch)
        self.environment = {**os.environ, "CLKERNEST_CACHE_DIR": str(Path(cache).resolve())}

    def figures(self, *arguments):
        """The JSON object that a command writes."""
        return json.loads(self.text(*arguments, "--json", "-", "--quiet"))

    def text(self, *arguments):
        return self._capture([self.path, *map(str, arguments)])

    def complaint(self, *arguments):
        """What the program says when it refuses; None where it does not."""
        try:
            self.figures(*arguments)
        except ProgramError as refusal:
            return str(refusal)
        return None

    def estimate(self, pair, device, **options):
        """Figures of one estimate; options are named as on the command line, with underscores;
        the value None makes a flag."""
        return self.figures(*estimate_arguments(pair, device, **options))

    def kernel(self, pair, device, **options):
        """Figures of one estimate, and its kernel."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            file = Path(folder, "kernel.npy")
            figures = self.estimate(pair, device, output=file, **options)
            return figures, np.load(file)

    def measured(self, *arguments, environment=None):
        """Peak memory in bytes and wall seconds of a whole process, and the JSON it wrote."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            file = Path(folder, "figures.json")
            command = [self.path, *map(str, arguments), "--quiet", "--json", str(file)]
            launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
            usage = json.loads(self._capture(launcher, environment))
            if usage["status"] != 0:
                raise ProgramError(f"exit status {usage['status']}: {' '.join(command)}")
            return usage, json.loads(file.read_text())

    def _capture(self, command, environment=None):
        done = subprocess.run(
            command, capture_output=True, text=True, env={**self.environment, **(environment or {})}
        )
        if done.returncode != 0:
            raise ProgramError(done.stderr.strip() or f"exit status {done.returncode}")
        return done.stdout


def estimate_arguments(pair, device, **options):
    rows, cols = pair.kernel.shape
    arguments = ["estimate", pair.sharp_file, pair.blurred_file, "--kernel-size", f"{cols}x{rows}"]
    arguments += ["--device", device]
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}"]
        arguments += [] if value is None else [value]
    return arguments


def iteration_seconds(program, pair, device, few, many, **options):
    """Seconds of one iteration, from jobs of `few` and of `many`: what both do once cancels out."""

    def solving(iterations):
        figures = program.estimate(
            pair, device, iterations=iterations, tolerance=0, step=SHORT_STEP, **options
        )
        return figures["seconds_compute"] - (figures.get("seconds_statistics") or 0.0)

    return (solving(many) - solving(few)) / (many - few)
