"""Peak memory, and what happens where the statistics do not fit."""

import markdown
from context import Bench, Section
from pairs import large_pair
from program import estimate_arguments

TAPS = 31
SIDE = 4096
LARGEST = 6.0
SMALL, LIMIT = 512, 1_000_000
NOTE = f"""\
Peak resident memory of the whole process (`ru_maxrss`), `--solver exact`, {TAPS}x{TAPS} taps, over
the bytes of the pair in float32. With OpenCL on a CPU, the device's memory and the compiler are
part of it.
"""


def run(bench: Bench):
    pair = large_pair(bench.scratch, SIDE, TAPS)
    rows, verdicts = [], ""
    for device in bench.devices:
        bench.say(device)
        arguments = estimate_arguments(pair, device, solver="exact")
        bench.program.measured(*arguments)
        usage, _ = bench.program.measured(*arguments)
        share = usage["peak_bytes"] / pair.bytes()
        rows.append(
            [device, f"{SIDE}x{SIDE}", markdown.mebibytes(pair.bytes()),
             markdown.mebibytes(usage["peak_bytes"]), markdown.ratio(share)]
        )  # fmt: skip
        verdicts += markdown.goal(f"{device}, peak over pair", share, LARGEST)
    header = ["device", "image", "pair", "peak", "peak / pair"]
    return "\n".join([NOTE, markdown.table(header, rows), verdicts, refusals(bench)])


def refusals(bench):
    """The program's own words, for a limit that the statistics exceed."""
    pair = large_pair(bench.scratch, SMALL, TAPS)
    device = bench.devices[0]
    arguments = estimate_arguments(pair, device, solver="exact", memory_limit=LIMIT)
    refused = bench.program.complaint(*arguments)
    said = f"`{refused}`" if refused else "**it was not refused**"
    figures = bench.program.estimate(pair, device, solver="auto", memory_limit=LIMIT)
    chosen = f"solver {figures['solver']}, engine {figures['engine']}"
    return (
        f"With `--memory-limit {LIMIT}`, `--solver exact` is refused: {said};\n"
        f"`--solver auto` takes another way: {chosen}.\n"
    )


SECTION = Section("memory", "Memory", run)
