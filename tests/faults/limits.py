"""Memory that the system, or --memory-limit, does not give.

    limits.py PROGRAM FOLDER            also a picture of 512 MB under 2 and 8 GiB
    limits.py PROGRAM FOLDER --sample   without it

Under every limit of the address space (ulimit -v) a command succeeds, or ends with status 1 and one
line, in good time. With --memory-limit the peak of memory stays below that of a small kernel and
the limit. FOLDER is emptied. Exit status 1 after a find.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from cases import Case, case
from harness import Place, succeed
from oracle import judge, lay_out, take

MIB = 1 << 20
PATIENCE = 30  # seconds; undisturbed, each takes one or two
LARGE = (
    case("estimate", "estimate in/x.npy in/y.npy -k 15 -q --device cpu -o out/k.npy", "k.npy"),
    case("blur", "blur in/x.npy -s 5 -q --device cpu -o out/b.npy", "b.npy"),
    case("fft", "apply in/x.npy in/k.npy --engine fft -q --device cpu -o out/a.npy", "a.npy"),
)
WIDE = "estimate in/sx.npy in/sy.npy -q --device cpu -o out/k.npy"
# The statistics of 61 x 61 taps: 8 n^2 bytes, and a little.
WIDE_STATISTICS = 8 * 61**4


def make_pictures(place: Place, side: int) -> None:
    large = f"simulate --scene noise --size {side} --kernel gaussian:2 -k 15 --support same -q"
    succeed(place, f"{large} --sharp in/x.npy --blurred in/y.npy --kernel-out in/k.npy".split())


def limit_address_space(place: Place, limits: list[int], finds: list[str]) -> None:
    """`limits` in MiB."""
    for this in LARGE:
        lay_out(place, this, exist=False)
        succeed(place, list(this.words))
        reference = take(place, this)
        ends = []
        for limit in limits:
            lay_out(place, this, exist=True)
            room = limit * MIB
            run = place.run(
                list(this.words), patience=PATIENCE, limits={resource.RLIMIT_AS: (room, room)}
            )
            ends.append(f"{limit} MiB: {run.status}")
            complaints = judge(place, this, run, reference, existed=True)
            finds += [f"{this.name} in {limit} MiB: {c.text}" for c in complaints]
        print(f"{this.name:<9} status in {', '.join(ends)}", flush=True)


def measure_peak(place: Place, options: str) -> tuple[int, int, str]:
    """Exit status, peak in bytes, standard error."""
    process = place.start(f"{WIDE} {options}".split(), stdout=subprocess.DEVNULL)
    err = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    return process.returncode, usage.ru_maxrss * 1024, err


def check_memory_limit(place: Place, finds: list[str]) -> None:
    wide: Case = case("wide", WIDE, "k.npy")
    small = "simulate --scene noise --size 300 --kernel gaussian:3 -k 61 --support same -q"
    succeed(place, f"{small} --sharp in/sx.npy --blurred in/sy.npy".split())
    _, base, _ = measure_peak(place, "-k 5 --solver exact")
    _, free, _ = measure_peak(place, "-k 61 --solver exact")
    print(f"peaks in MiB: 5 x 5 {base // MIB}, 61 x 61 {free // MIB}", flush=True)
    if free < base + 0.8 * WIDE_STATISTICS:
        finds.append("the statistics do not show in the peak: nothing can be measured")
    for options, limit, expected in (
        ("--solver exact", 64, 1),
        ("--solver nnls", 64, 1),
        ("--solver exact", 128, 0),
        ("--solver cg -n 20", 64, 0),
        ("-n 20", 64, 0),
    ):
        lay_out(place, wide, exist=True)
        what = f"-k 61 {options} --memory-limit {limit}M"
        status, peak, err = measure_peak(place, what)
        print(f"{what}: status {status}, peak {peak // MIB} MiB", flush=True)
        if status != expected:
            finds.append(f"{what}: status {status}, not {expected}: {err}")
        if peak > base + limit * MIB:
            finds.append(f"{what}: a peak of {peak // MIB} MiB, {base // MIB} without statistics")
        if status == 1 and (err.count("\n") != 1 or "--memory-limit" not in err):
            finds.append(f"{what}: {err}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", action="store_true", help="without the largest picture")
    options = parser.parse_args()
    begin = time.monotonic()
    finds: list[str] = []
    place = Place(options.program.resolve(), options.folder.resolve())
    check_memory_limit(place, finds)
    make_pictures(place, 2000)
    limit_address_space(place, [200, 256, 384, 512, 2048], finds)
    if not options.sample:
        make_pictures(place, 8000)
        limit_address_space(place, [512, 2048, 8192], finds)
    for text in finds:
        print(f"FIND {text}")
    print(f"{len(finds)} finds, {time.monotonic() - begin:.0f} s")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
