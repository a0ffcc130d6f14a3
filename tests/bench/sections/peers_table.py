"""Other programs on the same pair."""

import markdown
import peers
from context import Bench, Section, rounds
from pairs import kernel_error, large_pair
from sections.exact import TAPS, ours
from timing import Sample, interleave, stopwatch

SIDE = 1024
FISTA = peers.PEERS[0].name
GOALS = {"cpu": 1000.0, "opencl": 700.0}
NOTE = f"""\
All on the same pair, a photograph with a motion kernel of {TAPS}x{TAPS} taps, without noise but
float32 rounding. Quick peers alternate with ours; slow ones (marked 1) run once. Peers that would
take hours run on smaller images (the column *measured at*, and half that side), and their time is
extrapolated as a straight line over the number of pixels. Times of peers leave out imports,
conversions, planning and compilation.
"""


def run(bench: Bench):
    side = SIDE if SIDE in bench.sizes else min(bench.sizes)
    pair = large_pair(bench.scratch, side, TAPS)
    ready, missing, slow = prepared(bench, pair)
    times = measured(bench, pair, ready, slow)
    rows = [our_row(bench, pair, device, times) for device in bench.devices]
    rows += [peer_row(bench, ready[name], times) for name in ready]
    header = ["program", "what it does", "time", "runs", "measured at"]
    header += [f"/ ours, {device}" for device in bench.devices] + ["kernel error"]
    parts = [NOTE, f"Image {side}x{side}:\n", markdown.table(header, rows)]
    parts += [f"Not available here: {', '.join(missing)}.\n"] if missing else []
    parts += [fista_verdicts(bench, side, times) + accuracy_verdicts(bench, pair, ready)]
    return "\n".join(parts)


class Ready:
    """A peer that is installed, with the pair that it runs on: a smaller one where it must be."""

    def __init__(self, bench, peer, pair):
        self.peer, self.pair, self.kernel = peer, pair, None
        self.pixels = pair.blurred.size
        self.smaller = None
        if peer.largest and peer.largest < pair.sharp.shape[0]:
            self.pair = large_pair(bench.scratch, peer.largest, TAPS)
            self.smaller = large_pair(bench.scratch, peer.largest // 2, TAPS)
        self.work = peer.prepare(self.pair)

    def job(self):
        seconds, self.kernel = stopwatch(self.work)
        return self.extrapolated(seconds) if self.smaller else seconds

    def extrapolated(self, seconds):
        """Along the line through two sizes, so that what a call costs is not multiplied."""
        fewer, _ = stopwatch(self.peer.prepare(self.smaller))
        per_pixel = (seconds - fewer) / (self.pair.blurred.size - self.smaller.blurred.size)
        return seconds + per_pixel * (self.pixels - self.pair.blurred.size)


def prepared(bench, pair):
    """The peers that work, by name, the names of the others, and the times of one run each."""
    ready, missing, times = {}, [], {}
    for peer in peers.PEERS:
        bench.say(peer.name)
        try:
            one = Ready(bench, peer, pair)
            times[peer.name] = Sample((one.job(),))
            ready[peer.name] = one
        except Exception as failure:  # a peer may fail in any way; the others still run
            bench.say(f"not available: {failure}")
            missing.append(peer.name)
    return ready, missing, times


def measured(bench, pair, ready, times):
    """Slow peers keep their one run; quick ones alternate with ours."""
    quick = {name: one.job for name, one in ready.items() if not one.peer.slow}
    quick |= {device: ours(bench, pair, device) for device in bench.devices}
    return times | interleave(quick, rounds(pair.sharp.shape[0]))


def ratios(bench, seconds, times):
    return [markdown.ratio(seconds / times[device].median) for device in bench.devices]


def our_row(bench, pair, device, times):
    _, kernel = bench.program.kernel(pair, device, solver="exact")
    sample = times[device]
    return [
        f"**clkernest, {device}**", "`--solver exact`", markdown.seconds(sample.median),
        len(sample.values), _size(pair), *ratios(bench, sample.median, times),
        markdown.error(kernel_error(kernel, pair.kernel)),
    ]  # fmt: skip


def peer_row(bench, one, times):
    peer, sample = one.peer, times[one.peer.name]
    versions = ", ".join(f"{name} {peers.version(name)}" for name in peer.packages)
    return [
        f"{peer.name} ({versions})", peer.note, markdown.seconds(sample.median),
        len(sample.values), _size(one.pair), *ratios(bench, sample.median, times),
        markdown.error(kernel_error(one.kernel, one.pair.kernel)),
    ]  # fmt: skip


def fista_verdicts(bench, side, times):
    """FISTA's time over ours; the section on FISTA alone prints the same lines."""
    lines = ""
    for device in bench.devices:
        if device in GOALS and FISTA in times:
            factor = times[FISTA].median / times[device].median
            what = f"{FISTA} against {device} at {side}x{side}"
            lines += markdown.goal(what, factor, GOALS[device], at_least=True)
    return lines


def accuracy_verdicts(bench, pair, ready):
    if FISTA not in ready:
        return ""
    theirs, lines = kernel_error(ready[FISTA].kernel, pair.kernel), ""
    for device in bench.devices:
        _, kernel = bench.program.kernel(pair, device, solver="exact")
        share = kernel_error(kernel, pair.kernel) / theirs
        what = f"{device}, kernel error over that of {FISTA}"
        lines += markdown.goal(what, share, 1.0, text=markdown.error)
    return lines


def _size(pair):
    return f"{pair.sharp.shape[0]}x{pair.sharp.shape[1]}"


SECTION = Section("peers", "Other programs on the same pair", run)
