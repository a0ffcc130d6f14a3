"""One iteration by each engine."""

import markdown
from context import Bench, Section
from pairs import large_pair
from program import iteration_seconds
from timing import interleave

SIDE = 512
ROUNDS = 3
ENGINES = ("direct", "fft", "gram")
ITERATIONS = {"direct": 16, "fft": 41, "gram": 2001}
NOTE = f"One iteration of `--solver fista` on a {SIDE}x{SIDE} image, statistics not counted.\n"


def run(bench: Bench):
    rows = []
    for taps in (5, 15, 31):
        pair = large_pair(bench.scratch, SIDE, taps)
        for device in bench.devices:
            bench.say(f"{taps}x{taps} taps, {device}")
            times = interleave({e: job(bench, pair, device, e) for e in ENGINES}, ROUNDS)
            medians = [times[engine].median for engine in ENGINES]
            rows.append(
                [device, f"{taps}x{taps}", *map(markdown.seconds, medians),
                 markdown.ratio(medians[0] / medians[1])]
            )  # fmt: skip
    return NOTE + "\n" + markdown.table(["device", "taps", *ENGINES, "direct / fft"], rows)


def job(bench, pair, device, engine):
    options = {"solver": "fista", "engine": engine}
    many = ITERATIONS[engine]
    return lambda: iteration_seconds(bench.program, pair, device, 1, many, **options)


SECTION = Section("engines", "One iteration by each engine", run)
