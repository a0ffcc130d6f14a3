"""What every section is given, and what a section is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from program import Program


@dataclass(frozen=True)
class Bench:
    program: Program
    devices: tuple[str, ...]  # as --device names them
    sizes: tuple[int, ...]  # sides of the square images
    scratch: Path
    say: Callable[[str], None]  # progress, for whoever waits


@dataclass(frozen=True)
class Section:
    name: str  # as --only names it
    title: str
    run: Callable[[Bench], str]  # returns Markdown


def rounds(side):
    """Fewer where a run takes long: medians of many short runs, or of few long ones."""
    return 7 if side <= 1024 else 5 if side <= 2048 else 3
