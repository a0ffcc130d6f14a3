"""What clipped samples cost against masks drawn by hand, and whether others are left alone."""

import statistics

import markdown
from clipped_pairs import clipped_pair, unclipped_pair
from context import Bench, Section
from pairs import kernel_error

CLIPPED, UNCLIPPED = 100, 100
MEDIAN, LARGE = 1.3, 2.0
ROUNDING = 1e-6  # errors below are alike
NOTE = f"""\
{CLIPPED} random pairs of 220x220 pixels: a photograph, drawn scenes, normal numbers, stars; three kinds of
kernels; 8, 12 (in 16) and 16 bits, float32 and float64; noise of 0, 0.3 and 1 %; 2 to 25 % of BLURRED
clipped at its low end, its high end, or both, of stars up to 0.5 %; SHARP at its high end as well in some.
Figures are kernel errors of `--saturation auto` and of none, over that with masks drawn by hand from
the images before they were clipped. Then {UNCLIPPED} pairs of which nothing is clipped: photographs, posters,
lights on black ground, few levels, 400 samples. `--solver exact`.
"""


def run(bench: Bench):
    device = bench.devices[0]
    ratios, rows = [], []
    for seed in range(CLIPPED):
        case = clipped_pair(bench.scratch, seed)
        hand = error_of(bench, case.pair, device, saturation="none", mask=case.mask,
                        mask_sharp=case.mask_sharp, **case.options)  # fmt: skip
        auto = error_of(bench, case.pair, device, **case.options)
        plain = error_of(bench, case.pair, device, saturation="none", **case.options)
        ratios.append((auto + ROUNDING) / (hand + ROUNDING))
        bench.say(f"{case.pair.name}: {ratios[-1]:.2f}")
        rows.append([case.pair.name, markdown.error(hand), markdown.ratio(ratios[-1]),
                     markdown.ratio((plain + ROUNDING) / (hand + ROUNDING))])  # fmt: skip
    lost = [lost_samples(bench, unclipped_pair(bench.scratch, seed), device)
            for seed in range(UNCLIPPED)]  # fmt: skip
    text = markdown.goal("clipped, median", statistics.median(ratios), MEDIAN)
    text += f"{sum(ratio > LARGE for ratio in ratios)} of {CLIPPED} are above {LARGE:g}; "
    text += f"{sum(count > 0 for count in lost)} of {UNCLIPPED} unclipped pairs lose samples.\n\n"
    header = ["case", "by hand", "auto / by hand", "none / by hand"]
    worst = sorted(rows, key=lambda row: -float(row[2]))[:20]
    return "\n".join([NOTE, text, markdown.table(header, worst)])


def error_of(bench, pair, device, **options):
    _, kernel = bench.program.kernel(pair, device, solver="exact", shift="none", **options)
    return kernel_error(kernel, pair.kernel)


def lost_samples(bench, pair, device):
    figures, _ = bench.program.kernel(pair, device, solver="exact", shift="none")
    lost = sum(plane["masked"] for plane in figures["planes"])
    if lost:
        bench.say(f"{pair.name}: {lost} samples are masked")
    return lost


SECTION = Section("clipping", "Clipped samples, and such as only look so", run)
