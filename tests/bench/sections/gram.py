"""An iteration of the gram engine costs nothing of the image."""

import markdown
from context import Bench, Section
from pairs import large_pair
from program import iteration_seconds
from timing import interleave

TAPS = 31
SIDES = (256, 4096)
FEW, MANY = 500, 10500
ROUNDS = 7
NOTE = f"""\
`--solver fista --engine gram`, {TAPS}x{TAPS} taps, one iteration: the difference between {MANY} and
{FEW} iterations, without the statistics (`seconds_compute - seconds_statistics`).
"""


def run(bench: Bench):
    rows, verdicts = [], ""
    pairs = {side: large_pair(bench.scratch, side, TAPS) for side in SIDES}
    for device in bench.devices:
        bench.say(device)
        times = interleave({side: job(bench, pairs[side], device) for side in SIDES}, ROUNDS)
        small, large = (times[side].median for side in SIDES)
        rows.append(
            [device, markdown.seconds(small), markdown.seconds(large), f"{large / small:.3f}"]
        )
        verdicts += markdown.goal(f"{device}, difference", abs(large / small - 1), 0.1)
    header = ["device", *(f"{side}x{side}" for side in SIDES), "ratio"]
    return "\n".join([NOTE, markdown.table(header, rows), verdicts])


def job(bench, pair, device):
    options = {"solver": "fista", "engine": "gram"}
    return lambda: iteration_seconds(bench.program, pair, device, FEW, MANY, **options)


SECTION = Section("gram", "One iteration on the statistics", run)
