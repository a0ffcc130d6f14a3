"""The exact answer against ONE gradient by SciPy."""

import markdown
import peers
from context import Bench, Section, rounds
from pairs import kernel_error, large_pair
from timing import interleave, timed

TAPS = 31
REPEAT = 4
GOALS = {"cpu": 0.35, "opencl": 0.6}
NOTE = f"""\
`clkernest estimate --solver exact`, {TAPS}x{TAPS} taps, `seconds_solve`: upload, statistics,
factorisation, solution and download. One gradient is the residual and its correlation with the
image, two `scipy.signal.fftconvolve`. Ratios are to the gradient in float64, which is as precise as
the answer it is compared with; float32 and all cores are what SciPy can do beyond its defaults.
"""


def ours(bench, pair, device):
    """The job that interleave() wants."""
    return lambda: bench.program.estimate(pair, device, solver="exact", repeat=REPEAT)[
        "seconds_solve"
    ]


def run(bench: Bench):
    gradients, answers, verdicts = [], [], ""
    for side in bench.sizes:
        bench.say(f"{side}x{side}")
        pair = large_pair(bench.scratch, side, TAPS)
        jobs = {name: timed(make(pair)) for name, make in peers.GRADIENTS.items()}
        jobs |= {device: ours(bench, pair, device) for device in bench.devices}
        times = interleave(jobs, rounds(side))
        reference = times["float64"].median
        gradients.append(
            [f"{side}x{side}"] + [markdown.seconds(times[name].median) for name in peers.GRADIENTS]
        )
        for device in bench.devices:
            answers.append(answer_row(bench, pair, device, times, reference))
            if device in GOALS:
                share = times[device].median / reference
                verdicts += markdown.goal(
                    f"{device}, {side}x{side}, share of one gradient", share, GOALS[device]
                )
    return "\n".join(
        [
            NOTE,
            markdown.table(["one SciPy gradient", *peers.GRADIENTS], gradients),
            markdown.table(
                ["image", "device", "exact answer", "spread", "statistics", "/ gradient",
                 "/ float32", "/ all cores", "kernel error"],
                answers,
            ),
            verdicts,
        ]
    )  # fmt: skip


def answer_row(bench, pair, device, times, reference):
    figures, kernel = bench.program.kernel(pair, device, solver="exact", repeat=2)
    sample = times[device]
    return [
        f"{pair.sharp.shape[0]}x{pair.sharp.shape[1]}",
        device,
        markdown.seconds(sample.median),
        f"{sample.spread:.0%}",
        markdown.seconds(figures["seconds_statistics"]),
        markdown.ratio(sample.median / reference),
        markdown.ratio(sample.median / times["float32"].median),
        markdown.ratio(sample.median / times["float64, all cores"].median),
        markdown.error(kernel_error(kernel, pair.kernel)),
    ]


SECTION = Section("exact", "The exact answer against one gradient", run)
