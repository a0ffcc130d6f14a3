"""The exact non-negative answer against SciPy's."""

import statistics

import numpy as np
from scipy import linalg, optimize

import formula
import markdown
from context import Bench, Section
from pairs import kernel_error, motion_cases
from timing import interleave, stopwatch

TAPS = 27
PHOTOGRAPHS, KERNELS = 6, 4
ROUNDS = 3
NOTE = f"""\
{PHOTOGRAPHS} photographs times {KERNELS} motion kernels, {TAPS}x{TAPS} taps, 8 bits. Ours:
`--solver nnls --constraint nonneg`, everything after the statistics (`seconds_compute -
seconds_statistics`: factorisation, active set, certificate). SciPy: `scipy.optimize.nnls` on the
Cholesky factor R of G and R'^-1 b, the call alone. The excess is f(ours) - f(SciPy's), with G and b
computed by NumPy in double precision, over f(SciPy's); negative where ours is the better one.
"""


def run(bench: Bench):
    rows, worst, shares = [], dict.fromkeys(bench.devices, -np.inf), {d: [] for d in bench.devices}
    for pair in motion_cases(bench.scratch, PHOTOGRAPHS, KERNELS, TAPS):
        bench.say(pair.name)
        equations = formula.normal_equations(*pair.doubles())
        reference, times = measured(bench, pair, equations)
        for device in bench.devices:
            figures, kernel = solve(bench, pair, device)
            excess = equations.excess(kernel, reference) / equations.objective(reference)
            share = times[device].median / times["scipy"].median
            worst[device] = max(worst[device], excess)
            shares[device].append(share)
            rows.append(
                [pair.name, device, markdown.seconds(times["scipy"].median),
                 markdown.seconds(times[device].median), markdown.ratio(share),
                 markdown.error(excess), markdown.error(figures["kkt_residual"]),
                 markdown.error(kernel_error(kernel, pair.kernel)),
                 markdown.error(kernel_error(equations.solve(), pair.kernel))]
            )  # fmt: skip
    header = ["case", "device", "SciPy", "ours", "ours / SciPy", "excess", "KKT residual",
              "kernel error", "kernel error of least squares"]  # fmt: skip
    return "\n".join([NOTE, verdicts(worst, shares), markdown.table(header, rows)])


def solve(bench, pair, device):
    return bench.program.kernel(pair, device, solver="nnls", constraint="nonneg")


def measured(bench, pair, equations):
    """SciPy's kernel, and the times of both."""
    R = linalg.cholesky(equations.gram)
    right = linalg.solve_triangular(R, equations.b, trans="T")
    answer = {}

    def scipy_job():
        seconds, (answer["kernel"], _) = stopwatch(lambda: optimize.nnls(R, right))
        return seconds

    def our_job(device):
        figures = bench.program.estimate(pair, device, solver="nnls", constraint="nonneg", repeat=4)
        return figures["seconds_compute"] - figures["seconds_statistics"]

    jobs = {"scipy": scipy_job}
    jobs |= {device: lambda device=device: our_job(device) for device in bench.devices}
    times = interleave(jobs, ROUNDS, warm=False)
    return answer["kernel"], times


def verdicts(worst, shares):
    text = ""
    for device, excess in worst.items():
        text += markdown.goal(f"{device}, largest excess", excess, 1e-8, text=markdown.error)
        median = statistics.median(shares[device])
        text += markdown.goal(f"{device}, median share of SciPy's time", median, 0.5)
        text += markdown.goal(f"{device}, largest share of SciPy's time", max(shares[device]), 0.5)
    return text


SECTION = Section("nnls", "The exact non-negative answer", run)
