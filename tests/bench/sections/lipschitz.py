"""FISTA on the simplex: the constant of the tangent space against that of the whole space."""

import statistics

import markdown
from context import Bench, Section
from pairs import kernel_error, motion_cases

TAPS = 27
PHOTOGRAPHS, KERNELS = 6, 2
TARGET = 1e-3
START, LIMIT = 32, 65536
HALVINGS = 4  # of a factor of two: 4 % precision
NOTE = f"""\
Iterations of FISTA (gram engine, with restart) until the kernel is within {TARGET:g} of the exact
optimum on the simplex (`--solver nnls --constraint simplex`), {TAPS}x{TAPS} taps, 8 bits. L is the
largest eigenvalue of X'X; the default step uses only what of it lies in the tangent space of the
simplex. Found by bisection, to 5 %.
"""


def run(bench: Bench):
    device, rows, gains = bench.devices[0], [], []
    for pair in motion_cases(bench.scratch, PHOTOGRAPHS, KERNELS, TAPS):
        bench.say(pair.name)
        _, optimum = bench.program.kernel(pair, device, solver="nnls", constraint="simplex")
        whole, tangent = constants(bench, pair, device)
        slow = iterations(bench, pair, device, optimum, step=1 / whole)
        fast = iterations(bench, pair, device, optimum)
        # A case in which even the better step fails counts as no gain at all.
        gains.append((slow or LIMIT) / fast if fast else 0.0)
        rows.append(
            [pair.name, markdown.ratio(whole / tangent), fast or f"over {LIMIT}",
             slow or f"over {LIMIT}", ("" if slow else "over ") + markdown.ratio(gains[-1])]
        )  # fmt: skip
    header = ["case", "L / tangent constant", "iterations", "with L", "times fewer"]
    goals = markdown.goal("times fewer, median", statistics.median(gains), 5.0, at_least=True)
    goals += markdown.goal("times fewer, smallest", min(gains), 5.0, at_least=True)
    return "\n".join([NOTE, goals, markdown.table(header, rows)])


def constants(bench, pair, device):
    """L of the whole space and of the tangent space, as the program computes them."""
    return [
        bench.program.estimate(
            pair, device, solver="fista", engine="gram", constraint=constraint, iterations=1
        )["lipschitz"]
        for constraint in ("none", "simplex")
    ]


def iterations(bench, pair, device, optimum, **options):
    """The number of iterations that reaches the target; None where the limit does not."""

    def reached(count):
        options_here = {"iterations": count, "tolerance": 0, **options}
        _, kernel = bench.program.kernel(
            pair, device, solver="fista", engine="gram", constraint="simplex", **options_here
        )
        return kernel_error(kernel, optimum) <= TARGET

    high = START
    while not reached(high):
        high *= 2
        if high > LIMIT:
            return None
    low = high / 2
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        if reached(round(middle)):
            high = middle
        else:
            low = middle
    return round(high)


SECTION = Section("lipschitz", "Steps on the simplex", run)
