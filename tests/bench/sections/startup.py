"""How long a process takes before it solves."""

import shutil

import markdown
from context import Bench, Section
from pairs import large_pair
from program import estimate_arguments
from timing import interleave

TAPS = 31
SIDES = (256, 1024)
ROUNDS = 7
LARGEST = 0.3
NOTE = f"""\
Wall time of a whole process less its `seconds_solve`, `--solver exact`, {TAPS}x{TAPS} taps: what it
takes to load the program, open the device, read the files, plan, and to end, and so an upper bound
of the time from process start to the start of solving. The first run has an empty cache of compiled
programs; the others find it filled. Setup is `seconds_setup` of the program's own clock.
"""


def run(bench: Bench):
    rows, verdicts = [], ""
    for side in SIDES:
        pair = large_pair(bench.scratch, side, TAPS)
        for device in bench.devices:
            bench.say(f"{device}, {side}x{side}")
            cold, warm, setup = measured(bench, pair, device)
            rows.append(
                [device, f"{side}x{side}", markdown.seconds(cold), markdown.seconds(warm),
                 markdown.seconds(setup)]
            )  # fmt: skip
            verdicts += markdown.goal(
                f"{device}, {side}x{side}, later runs", warm, LARGEST, text=markdown.seconds
            )
    header = ["device", "image", "first run", "later runs", "of that setup"]
    return "\n".join([NOTE, markdown.table(header, rows), verdicts])


def measured(bench, pair, device):
    """Seconds before and after solving: of the first run, and medians of the later ones."""
    cache = bench.scratch / "cold-cache"
    shutil.rmtree(cache, ignore_errors=True)
    environment = {"CLKERNEST_CACHE_DIR": str(cache), "POCL_CACHE_DIR": str(cache / "pocl")}
    arguments = estimate_arguments(pair, device, solver="exact")
    setups = []

    def job():
        usage, figures = bench.program.measured(*arguments, environment=environment)
        setups.append(figures["seconds_setup"])
        return usage["wall"] - figures["seconds_solve"]

    (cache / "pocl").mkdir(parents=True)
    cold = job()
    warm = interleave({device: job}, ROUNDS)[device].median
    return cold, warm, sorted(setups[1:])[len(setups[1:]) // 2]


SECTION = Section("startup", "From process start to solving", run)
