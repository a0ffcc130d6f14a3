"""Tables and figures as Markdown."""

import math


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def seconds(value):
    """Three significant digits, in the unit that suits."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1.0:
            return f"{_three_digits(value * factor)} {unit}"
    return f"{value * 1e9:.0f} ns"


def ratio(value):
    return _three_digits(value)


def error(value):
    return "-" if value is None else f"{value:.1e}"


def mebibytes(value):
    return f"{value / 2**20:.0f} MiB"


def goal(what, value, limit, at_least=False, text=ratio):
    """One line: the goal, what was measured, and whether it was met."""
    met = value >= limit if at_least else value <= limit
    relation = "at least" if at_least else "at most"
    verdict = "met" if met else "**not met**"
    return f"- {what}: {text(value)}; goal {relation} {text(limit)}: {verdict}\n"


def _three_digits(value):
    magnitude = math.floor(math.log10(value)) if value > 0 else 0
    return f"{value:.{min(9, max(0, 2 - magnitude))}f}"
