"""The direct kernels against the device's peak."""

import statistics

import markdown
import peak
from context import Bench, Section
from pairs import large_pair
from program import iteration_seconds

SIDE, TAPS = 1024, 31
ROUNDS = 3
GOALS = {"opencl": 0.3, "cpu": 0.15}
NOTE = f"""\
Residual and gradient at {SIDE}x{SIDE} with {TAPS}x{TAPS} taps, from one iteration of
`--solver gd --engine direct`; a multiply-add counts as two operations. clpeak is the best float32
rate over all vector widths; matmul is what NumPy's BLAS reaches on all cores, an honest measure of
what the machine can do. The CPU backend computes in double precision. All measured in turn.
"""


def run(bench: Bench):
    pair = large_pair(bench.scratch, SIDE, TAPS)
    rates = measured(bench, pair, opencl_name(bench))
    rows, verdicts = [], ""
    for device in bench.devices:
        rate = rates[device]
        shares = [rates[name] and rate / rates[name] for name in ("clpeak", "float32", "float64")]
        rows.append([device, f"{rate:.1f}"] + [f"{s:.0%}" if s else "-" for s in shares])
        if shares[0] and device in GOALS:
            verdicts += markdown.goal(
                f"{device}, share of clpeak's rate", shares[0], GOALS[device], at_least=True
            )
    header = ["device", "GFLOPS", "of clpeak", "of matmul float32", "of matmul float64"]
    peaks = ", ".join(
        f"{name} {rates[name]:.1f}" if rates[name] else f"{name} not available"
        for name in ("clpeak", "float32", "float64")
    )
    return "\n".join([NOTE, f"Peaks in GFLOPS: {peaks}.\n", markdown.table(header, rows), verdicts])


def opencl_name(bench):
    """The name under which clpeak lists the OpenCL device that is measured."""
    for device in bench.devices:
        if device != "cpu":
            return bench.program.figures("devices", "--device", device)["devices"][0]["name"]
    return ""


def measured(bench, pair, opencl):
    """Name -> median GFLOPS; None where there is no clpeak."""
    jobs = {device: direct_job(bench, pair, device) for device in bench.devices}
    jobs["float32"] = lambda: peak.matmul("float32")
    jobs["float64"] = lambda: peak.matmul("float64")
    rates = {name: [] for name in [*jobs, "clpeak"]}
    for turn in range(ROUNDS):
        bench.say(f"round {turn + 1} of {ROUNDS}")
        for name, job in jobs.items():
            rates[name].append(job())
        rates["clpeak"].append(peak.clpeak(opencl))
    return {
        name: None if None in values else statistics.median(values)
        for name, values in rates.items()
    }


def direct_job(bench, pair, device):
    options = {"solver": "gd", "engine": "direct"}
    first = iteration_seconds(bench.program, pair, device, 1, 4, **options)
    many = 1 + min(200, max(4, round(1 / max(first, 1e-3))))
    operations = 2 * 2 * pair.blurred.size * pair.kernel.size

    def job():
        return operations / iteration_seconds(bench.program, pair, device, 1, many, **options) / 1e9

    return job


SECTION = Section("direct", "The direct kernels", run)
