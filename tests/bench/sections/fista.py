"""How long FISTA takes with SciPy's gradients, on every size."""

import markdown
import peers
from context import Bench, Section
from pairs import large_pair
from sections.exact import TAPS, ours
from sections.peers_table import FISTA, fista_verdicts
from timing import Sample, interleave, timed

PART = 10
ROUNDS = 3
FACTOR = peers.FISTA_ITERATIONS / PART
NOTE = f"""\
{FISTA} with `scipy.signal.fftconvolve` in float64, {TAPS}x{TAPS} taps; L is given.
**Extrapolated**: {PART} iterations were measured, {ROUNDS} times in turn with ours, and multiplied
by {FACTOR:.0f}. The section on other programs has one run of all iterations, and its kernel.
"""


def run(bench: Bench):
    rows, verdicts = [], ""
    for side in bench.sizes:
        bench.say(f"{side}x{side}")
        times = measured(bench, large_pair(bench.scratch, side, TAPS))
        medians = [times[name].median for name in (FISTA, *bench.devices)]
        rows.append([f"{side}x{side}", *map(markdown.seconds, medians)])
        verdicts += fista_verdicts(bench, side, times)
    return "\n".join([NOTE, markdown.table(["image", FISTA, *bench.devices], rows), verdicts])


def measured(bench, pair):
    jobs = {FISTA: timed(peers.scipy_fista(pair, PART))}
    jobs |= {device: ours(bench, pair, device) for device in bench.devices}
    times = interleave(jobs, ROUNDS, warm=False)
    times[FISTA] = Sample(tuple(FACTOR * seconds for seconds in times[FISTA].values))
    return times


SECTION = Section("fista", "FISTA with SciPy's gradients", run)
