"""Gaussian blur: time and accuracy against other programs and against a plain copy."""

import math
import statistics
import time

import numpy as np

import blur_peers
import gaussian
import markdown
import peers
import pictures
from context import Bench, Section, rounds
from timing import Sample, interleave, stopwatch

SIGMAS = (0.5, 1, 2, 5, 9.6, 15.4, 30, 50, 100)
MIDDLE = 15.4
DEFAULT, BOX, FIR = "default", "`--passes {}`, corrected", "`--method fir`"
PLAIN = "`--passes {} --no-correction`"
METHODS = {DEFAULT: ()}
METHODS |= {BOX.format(d): ("--method", "box", "--passes", d) for d in (3, 5, 8)}
METHODS |= {PLAIN.format(d): ("--passes", d, "--no-correction") for d in (3, 5, 8)}
METHODS |= {FIR: ("--method", "fir")}
REPEAT = 7
COPY, COPIES = "plain copy", 9
SLOW = 1.0  # seconds: what takes longer runs once
CROP = 6  # times sigma
PAUSE = 1.0  # seconds: the threads of BLAS keep the cores busy for up to 0.2 s after a product
ROUNDING = 1e-6  # of float32, which error_bound does not count


def run(bench: Bench):
    side = max(bench.sizes)
    jobs, missing = prepared(bench, pictures.noisy(side))
    times, errors = measured(bench, jobs, side)
    table = Table(bench.devices, jobs, times, errors)
    parts = [note(side), sorts(jobs, missing), copy_note(table), "Times in ms:\n"]
    parts += [table.of(table.time_cell), "Errors, largest / RMS / `error_bound`:\n"]
    parts += [table.of(table.error_cell, rows=[row for row in table.rows if row != COPY])]
    parts += ["What the default chose:\n", choices(table)]
    parts += ["Default against the fastest peer whose largest error is no larger than its own:\n"]
    parts += [rivals(table), cost_verdicts(table) + speed_verdicts(table) + bound_verdicts(table)]
    return "\n".join(parts)


def note(side):
    return f"""\
One plane of float32, {side}x{side}, a photograph and white noise in [0, 1]; every competitor at
every sigma, in turn. Ours: `seconds_compute / seconds_solve`, the latter with upload and download,
each the median of {REPEAT - 1} runs of every process; peers: the call alone, image in memory, into
memory that was touched before where they let us choose it (OpenCV and SciPy do). Medians of
{rounds(side)} rounds; what takes more than {SLOW:g} s runs in the first alone. Errors are those
against the Gaussian in double precision, cut off at {gaussian.TRUNCATE} sigma; for all competitors
they leave out the {CROP} sigma (at most a quarter of the side) next to the border, because libvips,
Pillow and stackBlur continue the image in other ways.
"""


# ------------------------------------------------------------------- jobs


class Ours:
    """One method of the program on one device."""

    def __init__(self, bench, image, sigma, device, method):
        self.program, self.output, self.figures = bench.program, bench.scratch / "blurred.npy", []
        self.arguments = ["blur", image, "--sigma", sigma, *METHODS[method], "--device", device]
        self.arguments += ["--boundary", "reflect", "--repeat", REPEAT, "--output", self.output]

    def __call__(self):
        self.figures.append(self.program.figures(*self.arguments))
        return self.figures[-1]["seconds_compute"]

    def answer(self):
        return np.load(self.output)

    def solve(self):
        return statistics.median(figures["seconds_solve"] for figures in self.figures)


class Clock:
    """Times all calls of one peer; tells how many cores they kept busy, and the last answer."""

    def __init__(self):
        self.wall = self.processor = 0.0
        self.answer = None

    def run(self, work):
        before = time.process_time()
        seconds, self.answer = stopwatch(work)
        self.processor += time.process_time() - before
        self.wall += seconds
        return seconds

    def cores(self):
        return self.processor / self.wall


class Theirs:
    """One peer at one sigma."""

    def __init__(self, blur, sigma, clock):
        self.blur, self.sigma, self.clock = blur, sigma, clock

    def __call__(self):
        return self.clock.run(lambda: self.blur(self.sigma))

    def answer(self):
        """Of the call before; the next one of this peer, at any sigma, replaces it."""
        return blur_peers.as_float(self.clock.answer)


class Copied:
    """The plain copy, measured next to every sigma."""

    def __init__(self, copy, clock):
        self.copy, self.clock = copy, clock

    def __call__(self):
        return statistics.median(self.clock.run(self.copy) for _ in range(COPIES))


def prepared(bench, image):
    """(row, sigma) -> job, sigma by sigma; and the peers that do not work, with their reasons."""
    file = bench.scratch / "blur.npy"
    np.save(file, image)
    blurs, missing = installed(bench, image)
    clocks = {name: Clock() for name in [COPY, *blurs]}
    copy = blur_peers.Copy(image)
    copy()
    jobs = {}
    for sigma in SIGMAS:
        jobs[COPY, sigma] = Copied(copy, clocks[COPY])
        for device in bench.devices:
            for method in METHODS:
                jobs[ours(device, method), sigma] = Ours(bench, file, sigma, device, method)
        for name, blur in blurs.items():
            jobs[name, sigma] = Theirs(blur, sigma, clocks[name])
    return jobs, missing


def ours(device, method):
    return f"**{device}**, {method}"


def installed(bench, image):
    blurs, missing = {}, {}
    for peer in blur_peers.PEERS:
        try:
            blur = peer.prepare(image)
            blur(1.0)  # starts its threads
            blurs[peer.name] = blur
        except Exception as failure:  # a peer may fail in any way; the others still run
            missing[peer.name] = f"{type(failure).__name__}: {failure}"
            bench.say(f"not available: {peer.name}: {missing[peer.name]}")
    return blurs, missing


# ------------------------------------------------------------------- measuring


def measured(bench, jobs, side):
    """Samples and errors of every job: one round with the errors, and the others without."""
    image, first, errors = pictures.noisy(side), {}, {}
    for sigma in SIGMAS:
        bench.say(f"round 1 of {rounds(side)}, sigma {sigma:g}")
        reference = gaussian.blurred(image, sigma)
        time.sleep(PAUSE)
        margin = min(math.ceil(CROP * sigma), side // 4)
        for key in [key for key in jobs if key[1] == sigma]:
            first[key] = jobs[key]()
            if key[0] != COPY:
                errors[key] = gaussian.errors(jobs[key].answer(), reference, margin)
    bench.say(f"the other rounds ({rounds(side) - 1})")
    quick = {key: jobs[key] for key in jobs if first[key] <= SLOW}
    later = interleave(quick, rounds(side) - 1, warm=False)
    samples = {key: Sample((first[key], *values(later, key))) for key in jobs}
    return samples, errors


def values(samples, key):
    return samples[key].values if key in samples else ()


class Table:
    """All that was measured, by row and sigma."""

    def __init__(self, devices, jobs, times, errors):
        self.devices, self.jobs, self.times, self.errors = devices, jobs, times, errors
        self.rows = list(dict.fromkeys(row for row, _ in jobs))
        self.peers = [peer.name for peer in blur_peers.PEERS if peer.name in self.rows]

    def seconds(self, row, sigma):
        return self.times[row, sigma].median

    def largest(self, row, sigma):
        return self.errors[row, sigma][0]

    def figures(self, row, sigma):
        """What the program says of itself; empty for peers."""
        return getattr(self.jobs[row, sigma], "figures", [{}])[-1]

    def of(self, cell, rows=None):
        lines = [[row, *(cell(row, sigma) for sigma in SIGMAS)] for row in rows or self.rows]
        return markdown.table(["sigma", *map("{:g}".format, SIGMAS)], lines)

    def time_cell(self, row, sigma):
        times = [self.seconds(row, sigma)]
        times += [self.jobs[row, sigma].solve()] if self.figures(row, sigma) else []
        return " / ".join(markdown.ratio(1e3 * seconds) for seconds in times)

    def error_cell(self, row, sigma):
        bound = self.figures(row, sigma).get("error_bound")
        values = [*self.errors[row, sigma], *([] if bound is None else [bound])]
        return " / ".join(map(markdown.error, values))

    def choice_cell(self, row, sigma):
        figures = self.figures(row, sigma)
        return f"box x {figures['passes']}" if figures["method"] == "box" else figures["method"]

    def rival(self, row, sigma):
        """The fastest peer that is as accurate, or None."""
        able = [
            peer for peer in self.peers if self.largest(peer, sigma) <= self.largest(row, sigma)
        ]
        return min(able, key=lambda peer: self.seconds(peer, sigma), default=None)


# ------------------------------------------------------------------- words


def sorts(jobs, missing):
    """What each peer does, in which version, and how many cores it kept busy."""
    lines = [f"Cores kept busy, of {peers.cores()}: {COPY} {busy(jobs, COPY)}.\n"]
    for peer in blur_peers.PEERS:
        if peer.name in missing:
            lines.append(f"- {peer.name}: not available here ({missing[peer.name]})")
            continue
        versions = ", ".join(f"{name} {peers.version(name)}" for name in peer.packages)
        lines.append(f"- {peer.name} ({versions}): {peer.note}; {busy(jobs, peer.name)} cores busy")
    return "\n".join(lines) + "\n"


def busy(jobs, row):
    return f"{jobs[row, MIDDLE].clock.cores():.1f}"


def copy_note(table):
    copied = table.jobs[COPY, MIDDLE].copy
    rate = 2 * copied.bytes / table.seconds(COPY, MIDDLE) / 1e9
    return f"The plain copy takes {copied.threads} threads; it reads and writes {rate:.1f} GB/s.\n"


def choices(table):
    return table.of(table.choice_cell, [ours(device, DEFAULT) for device in table.devices])


def rivals(table):
    header, rows = ["sigma"], []
    for device in table.devices:
        header += [f"peer of {device}", "ours / peer", "by `seconds_solve`"]
    for sigma in SIGMAS:
        cells = [rival_cells(table, ours(device, DEFAULT), sigma) for device in table.devices]
        rows.append([f"{sigma:g}", *(cell for three in cells for cell in three)])
    return markdown.table(header, rows)


def rival_cells(table, row, sigma):
    peer = table.rival(row, sigma)
    if peer is None:
        return ["none as accurate", "-", "-"]
    theirs = table.seconds(peer, sigma)
    by_compute, by_solve = table.seconds(row, sigma), table.jobs[row, sigma].solve()
    return [peer, markdown.ratio(by_compute / theirs), markdown.ratio(by_solve / theirs)]


def cost_verdicts(table):
    text = ""
    for device in table.devices:
        rows = {passes: ours(device, PLAIN.format(passes)) for passes in (3, 5, 8)}
        for sigma in (5, MIDDLE, 50):
            share = table.seconds(rows[5], sigma) / table.seconds(COPY, sigma)
            text += markdown.goal(f"{device}, 5 passes over copy, sigma {sigma:g}", share, 7)
        growth = table.seconds(rows[5], 100) / table.seconds(rows[5], 5)
        text += markdown.goal(f"{device}, 5 passes, sigma 100 over sigma 5", growth, 1.25)
        growth = table.seconds(rows[8], MIDDLE) / table.seconds(rows[3], MIDDLE)
        text += markdown.goal(f"{device}, 8 passes over 3, sigma {MIDDLE:g}", growth, 1.4)
    return text


def speed_verdicts(table):
    text = ""
    for device in table.devices:
        row = ours(device, DEFAULT)
        if blur_peers.GAUSSIAN_BLUR in table.peers:
            theirs = table.seconds(blur_peers.GAUSSIAN_BLUR, MIDDLE)
            what = f"{blur_peers.GAUSSIAN_BLUR} over default of {device}, sigma {MIDDLE:g}"
            text += markdown.goal(what, theirs / table.seconds(row, MIDDLE), 5, at_least=True)
        if blur_peers.BOXES_5 in table.peers:
            share = table.largest(row, MIDDLE) / table.largest(blur_peers.BOXES_5, MIDDLE)
            what = f"{device}, error of default over that of {blur_peers.BOXES_5}"
            text += markdown.goal(f"{what}, sigma {MIDDLE:g}", share, 1)
        text += rival_verdict(table, device, row)
    return text


def rival_verdict(table, device, row):
    """The sigma at which the default looks worst; nothing where no peer is installed."""
    if not table.peers:
        return ""
    found = {sigma: table.rival(row, sigma) for sigma in SIGMAS}
    shares = {
        sigma: table.seconds(row, sigma) / table.seconds(peer, sigma)
        for sigma, peer in found.items()
        if peer
    }
    if not shares:
        return f"- {device}, default: no peer is as accurate, at any sigma: met\n"
    worst = max(shares, key=shares.get)
    what = f"{device}, default over fastest peer as accurate, worst at sigma {worst:g}"
    return markdown.goal(f"{what} ({found[worst]})", shares[worst], 1)


def bound_verdicts(table):
    """No error may be larger than the program promises."""
    text = ""
    for device in table.devices:
        shares = [
            table.largest(row, sigma) / (table.figures(row, sigma)["error_bound"] + ROUNDING)
            for row in (ours(device, method) for method in METHODS)
            for sigma in SIGMAS
            if table.figures(row, sigma).get("error_bound") is not None
        ]
        if shares:
            text += markdown.goal(f"{device}, largest error over `error_bound`", max(shares), 1)
    return text


SECTION = Section("blur", "Gaussian blur: time and accuracy", run)
