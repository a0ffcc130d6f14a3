"""Measures the program against its peers, section by section; see run.sh."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import report
from context import Bench
from program import Program
from sections import SECTIONS

HERE = Path(__file__).resolve().parent


def main():
    arguments = parse()
    chosen = [section for section in SECTIONS if section.name in arguments.only]
    results = arguments.build / "results"
    failures = 0
    with tempfile.TemporaryDirectory(dir=arguments.build) as scratch:
        program = Program(arguments.program, arguments.build / "cache", scratch)
        report.write_machine(results, program)
        for section in chosen:
            bench = Bench(
                program, arguments.devices, arguments.sizes, Path(scratch), speaker(section.name)
            )
            failures += not measured(bench, section, results)
    report.assemble(results, SECTIONS, arguments.output)
    print(f"wrote {arguments.output}")
    return 1 if failures else 0


def measured(bench, section, results):
    """False where the section failed; the others go on, and its earlier results stay."""
    when, start = report.conditions(bench.program), time.monotonic()
    try:
        text = section.run(bench)
    except Exception as failure:  # whatever it is, it must not cost the other sections
        print(f"{section.name}: failed: {type(failure).__name__}: {failure}", file=sys.stderr)
        return False
    report.write_section(results, section, text, when)
    bench.say(f"done in {time.monotonic() - start:.0f} s\n\n{text}")
    return True


def speaker(name):
    return lambda message: print(f"{name}: {message}", flush=True)


def parse():
    names = [section.name for section in SECTIONS]
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--program", required=True, type=Path, help="the clkernest to measure")
    parser.add_argument("--build", required=True, type=Path, help="folder for everything written")
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument(
        "--only", type=listed, default=names, metavar="SECTION,...",
        help=f"measure these alone: {', '.join(names)}",
    )  # fmt: skip
    parser.add_argument(
        "--devices", type=listed, default=("cpu", "opencl"), metavar="DEVICE,...",
        help="as --device of the program takes them (default: cpu,opencl)",
    )  # fmt: skip
    parser.add_argument(
        "--sizes", type=sides, default=(1024, 2048, 4096), metavar="SIDE,...",
        help="sides of the images of exact and fista (default: 1024,2048,4096); peers takes "
        "1024 where it is among them, else the smallest, and blur the largest",
    )  # fmt: skip
    arguments = parser.parse_args()
    unknown = [name for name in arguments.only if name not in names]
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(names)}")
    return arguments


def listed(text):
    return tuple(text.split(","))


def sides(text):
    return tuple(int(side) for side in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
