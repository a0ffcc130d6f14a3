"""Verdicts: pairs that no convolution explains, with the cause, and pairs that one does."""

import tempfile

import markdown
import verdict_cases
from context import Bench, Section

SEEDS = (1, 2)  # of the pairs that are none, and of the others
NOTE = """\
Pairs that are no convolution (filters of ranks, tone curves, moved and unrelated pictures, ...) and
pairs that are one (eleven kinds of kernels; noise, rounding, JPEG, clipping, displacements,
backgrounds, kernels larger than asked for), on photographs and a drawn scene, with the size given.
`verdict` is the part that is called "none"; `cause` the part whose cause is right as well.
"""


def run(bench: Bench):
    tallies, wrong = {}, []
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        for case in cases(bench, folder):
            figures = bench.program.figures("estimate", *case.files, "-k", case.taps, "--shift",
                                            "none", "--device", bench.devices[0])  # fmt: skip
            note(tallies, wrong, case, figures)
    rows = [[kind, *tally.cells()] for kind, tally in tallies.items()]
    none, other = totals(tallies)
    return "\n".join(
        [
            NOTE,
            markdown.table(["pairs", "cases", "verdict none", "cause"], rows),
            markdown.goal("no convolution, part found", none.none / none.cases, 0.95,
                          at_least=True),
            markdown.goal("right cause, part", none.cause / none.cases, 0.8, at_least=True),
            markdown.goal("false verdicts of convolutions", other.none, 0),
            *wrong,
        ]
    )  # fmt: skip


def cases(bench, folder):
    maker = verdict_cases.Maker(folder)
    scenes = verdict_cases.photographs(verdict_cases.scene(bench.program, folder))
    yield from verdict_cases.no_convolutions(maker, scenes, SEEDS[0])
    yield from verdict_cases.convolutions(maker, scenes, seed=SEEDS[1])


class Tally:
    def __init__(self):
        self.cases = self.none = self.cause = 0
        self.convolution = True

    def cells(self):
        return [self.cases, self.none, "-" if self.convolution else self.cause]


def note(tallies, wrong, case, figures):
    name = case.kind if case.cause else "convolution, " + case.kind.split(" ", 1)[1]
    tally = tallies.setdefault(name, Tally())
    tally.convolution = not case.cause
    tally.cases += 1
    tally.none += figures["verdict"] == "none"
    right = figures["verdict"] == "none" and figures["verdict_cause"] in case.cause
    tally.cause += right
    if right if case.cause else figures["verdict"] != "none":
        return
    wrong.append(f"- {case.name}: {figures['verdict_text']} ({figures['verdict_reason']})")


def totals(tallies):
    sums = {False: Tally(), True: Tally()}
    for tally in tallies.values():
        total = sums[tally.convolution]
        for figure in ("cases", "none", "cause"):
            setattr(total, figure, getattr(total, figure) + getattr(tally, figure))
    return sums[False], sums[True]


SECTION = Section("verdicts", "Verdicts: what no convolution explains, and why", run)
