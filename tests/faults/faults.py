"""Faults at every allocation, system call and OpenCL call of every command, judged by oracle.py.

    faults.py PROGRAM PRELOAD FOLDER                     the whole sweep
    faults.py PROGRAM PRELOAD FOLDER --sample 500        that many faults, always the same ones
    faults.py PROGRAM PRELOAD FOLDER --only blur:write   one command, one call
    faults.py PROGRAM PRELOAD FOLDER --repeat blur:write:3:28    one fault, and all that it said

PRELOAD is the library that lets calls fail (preload/), FOLDER is where the runs take place: it is
emptied. Prints a table of what was injected, and what became of it; exit status 1 where a fault
had another end than the oracle allows, and accepted.py does not name it.
"""

import argparse
import collections
import concurrent.futures
import errno
import os
import queue
import random
import re
import struct
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from accepted import reason_to_accept
from cases import BY_NAME, CASES, Case, make_inputs
from harness import Place, Run
from oracle import Complaint, judge, lay_out, take

SYSTEM_CODES = {
    "access": errno.EACCES,
    "close": errno.EIO,
    "faccessat2": errno.EIO,
    "fchmod": errno.EPERM,
    "fchown": errno.EPERM,
    "fsync": errno.EIO,
    "ftruncate": errno.EIO,
    "getdents64": errno.EIO,
    "link": errno.EIO,
    "linkat": errno.EIO,
    "lseek": errno.EIO,
    "mkdir": errno.EACCES,
    "newfstatat": errno.EIO,
    "openat": errno.EMFILE,
    "pread64": errno.EIO,
    "pwrite64": errno.ENOSPC,
    "read": errno.EIO,
    "readlink": errno.EIO,
    "readv": errno.EIO,
    "rename": errno.EIO,
    "renameat": errno.EIO,
    "renameat2": errno.EIO,
    "timer_create": errno.EAGAIN,
    "timer_settime": errno.EINVAL,
    "unlink": errno.EIO,
    "unlinkat": errno.EIO,
    "write": errno.ENOSPC,
    "writev": errno.ENOSPC,
    "pthread_create": errno.EAGAIN,
    "own-memory": errno.ENOMEM,
    "any-memory": errno.ENOMEM,
}
# CL_OUT_OF_RESOURCES, CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_DEVICE_NOT_AVAILABLE,
# CL_OUT_OF_HOST_MEMORY
OPENCL_CODES = (-5, -4, -2, -6)
PROCESS = re.compile(r"\.clkernest-[-0-9a-f]*\.tmp")


@dataclass(frozen=True)
class Fault:
    case: str
    call: str
    n: int
    code: int
    on: bool  # all later calls fail, too

    def __str__(self) -> str:
        return f"{self.case}:{self.variable}"

    @property
    def variable(self) -> str:
        return f"{self.call}:{self.n}:{self.code}{':on' if self.on else ''}"

    @property
    def existed(self) -> bool:
        """Every other fault meets older outputs."""
        return self.n % 2 == 1


def parse_fault(text: str) -> Fault:
    on = text.endswith(":on")
    case, _, rest = text.removesuffix(":on").partition(":")
    call, n, code = rest.rsplit(":", 2)
    return Fault(case, call, int(n), int(code), on)


def read_report(path: Path) -> dict[str, int]:
    """The records that preload.h describes."""
    counts = {
        name.rstrip(b"\0").decode(): n for name, n in struct.iter_unpack("56sQ", path.read_bytes())
    }
    counts.pop("", None)
    return counts


class Bench:
    """Where faults are injected: one place for each worker, and what undisturbed runs gave."""

    def __init__(self, program: Path, preload: Path, folder: Path):
        self.program = program.resolve()
        self.preload = preload.resolve()
        self.folder = folder.resolve()
        self.first = Place(self.program, self.folder / "first", own_caches=False)
        self.inputs = make_inputs(self.first)
        self.references: dict[str, dict] = {}
        self.counts: dict[str, dict[str, int]] = {}
        # Parallel processes break PoCL's kernel cache.
        self.opencl = threading.Lock()

    def make_place(self, name: str) -> Place:
        """With the caches that the undisturbed runs have filled."""
        return Place(self.program, self.folder / name, self.inputs, self.first.environment)

    def run(self, place: Place, case: Case, fault: Fault | None) -> tuple[Run, dict[str, int]]:
        report = place.folder / "report"
        variables = {"LD_PRELOAD": str(self.preload), "CKN_FAULT_REPORT": str(report)}
        if fault:
            variables["CKN_FAULT"] = fault.variable
        run = place.run(list(case.words), variables)
        return run, read_report(report)

    def measure(self, case: Case) -> None:
        """Undisturbed runs: two without the library, the first of which fills the caches, must
        agree; the third counts."""
        taken = []
        for _ in range(2):
            lay_out(self.first, case, exist=False)
            run = self.first.run(list(case.words), patience=600)
            taken.append(take(self.first, case))
            if run.status != 0 or None in taken[-1].values():
                raise RuntimeError(f"{case.name} fails without a fault: {run.err}")
        if taken[0] != taken[1]:
            raise RuntimeError(f"{case.name}: two runs wrote different files")
        lay_out(self.first, case, exist=False)
        run, counts = self.run(self.first, case, None)
        if run.status != 0 or take(self.first, case) != taken[0]:
            raise RuntimeError(f"{case.name} fails under {self.preload}: {run.err}")
        self.references[case.name] = taken[0]
        self.counts[case.name] = {
            call: n for call, n in counts.items() if call != "faults" and is_tried(case, call)
        }

    def inject(self, place: Place, fault: Fault) -> tuple[Run, bool, list[Complaint]]:
        case = BY_NAME[fault.case]
        lay_out(place, case, fault.existed)
        if case.is_opencl:
            with self.opencl:
                run, counts = self.run(place, case, fault)
        else:
            run, counts = self.run(place, case, fault)
        complaints = judge(place, case, run, self.references[case.name], fault.existed)
        return run, counts["faults"] > 0, complaints


def is_tried(case: Case, call: str) -> bool:
    """With OpenCL its own calls; files and foreign memory are those of drivers and compilers."""
    if case.is_opencl or case.command == "devices":
        return call == "own-memory" or is_opencl(call)
    return not is_opencl(call)


def is_opencl(call: str) -> bool:
    return re.match("(clFFT:)?cl[A-Z]", call) is not None


def faults_of(case: Case, call: str, count: int, numbers: list[int]) -> list[Fault]:
    """At these calls of `count`: once, and where it makes sense from then on."""
    found = []
    for i, n in enumerate(numbers):
        if is_opencl(call):
            codes = OPENCL_CODES if count <= 12 else (OPENCL_CODES[i % len(OPENCL_CODES)],)
            found += [Fault(case.name, call, n, code, False) for code in codes]
        else:
            found.append(Fault(case.name, call, n, SYSTEM_CODES[call], False))
        if call in ("own-memory", "write", "openat", "rename", "fsync"):
            found.append(Fault(case.name, call, n, SYSTEM_CODES[call], True))
    return found


def spread(count: int, most: int) -> list[int]:
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + i * count // most for i in range(most)})


def plan_sweep(bench: Bench, only: str | None, most: int) -> list[Fault]:
    plan = []
    for name, counts in bench.counts.items():
        for call, count in counts.items():
            if only in (None, name, f"{name}:{call}"):
                plan += faults_of(BY_NAME[name], call, count, spread(count, most))
    return plan


def plan_sample(bench: Bench, size: int) -> list[Fault]:
    """From every kind of every command one fault at random, then another, until there are enough;
    kinds with few calls are exhausted early."""
    random_source = random.Random(1)
    kinds = []
    for name, counts in bench.counts.items():
        for call, count in counts.items():
            chosen = random_source.sample(range(1, count + 1), min(count, 40))
            faults = faults_of(BY_NAME[name], call, count, chosen)
            random_source.shuffle(faults)
            kinds.append(faults)
    random_source.shuffle(kinds)
    plan = []
    while len(plan) < size and any(kinds):
        plan += [faults.pop() for faults in kinds if faults]
    return plan[:size]


class Table:
    """Counts of what became of faults, by command and call."""

    def __init__(self):
        self.rows = collections.defaultdict(collections.Counter)
        self.reasons = collections.Counter()
        self.finds: dict[str, list[str]] = collections.defaultdict(list)
        self.lock = threading.Lock()

    def add(self, fault: Fault, run: Run, hit: bool, complaints: list[Complaint]) -> None:
        reason = reason_to_accept(fault, run, complaints) if complaints else None
        with self.lock:
            row = self.rows[fault.case, fault.call]
            row["faults" if hit else "missed"] += 1
            if reason:
                self.reasons[reason] += 1
                row["accepted"] += 1
            elif complaints:
                row["complaints"] += 1
                self.find(fault, run, complaints)
            else:
                row["survived" if run.status == 0 else "failed"] += 1

    def find(self, fault: Fault, run: Run, complaints: list[Complaint]) -> None:
        """Alike finds are one; each is shown as soon as it is made."""
        said = [complaint.text for complaint in complaints] + run.lines[:3]
        key = f"{fault.case}:{fault.call}  {re.sub(PROCESS, '.clkernest-N.tmp', ' | '.join(said))}"
        if key not in self.finds:
            print(f"FIND {fault}  {' | '.join(said)}", flush=True)
        self.finds[key].append(str(fault))

    def show_finds(self) -> None:
        for key, faults in self.finds.items():
            print(f"FIND {len(faults)} times: {key}")
            for fault in faults[:3]:
                print(f"    faults.py ... --repeat {fault}")

    def show(self) -> None:
        columns = ("faults", "survived", "failed", "accepted", "complaints")
        form = "{:<18} {:<32}" + " {:>10}" * len(columns)
        print(form.format("command", "call", *columns))
        total = collections.Counter()
        for (case, call), row in sorted(self.rows.items()):
            print(form.format(case, call, *(row[column] for column in columns)))
            total.update(row)
        print(form.format("all", "", *(total[column] for column in columns)))
        if total["missed"]:
            print(f"{total['missed']} faults met no call: runs differ in their number of calls")
        for reason, count in sorted(self.reasons.items()):
            print(f"accepted {count:>5} times: {reason}")


def work_off(bench: Bench, plan: list[Fault], table: Table) -> None:
    """Two lanes: OpenCL, one run after another, and all else on the remaining cores."""
    lanes = {True: queue.SimpleQueue(), False: queue.SimpleQueue()}
    for fault in plan:
        lanes[BY_NAME[fault.case].is_opencl].put(fault)

    def work(place: Place, mine: bool) -> None:
        for lane in (mine, not mine):
            while True:
                try:
                    fault = lanes[lane].get_nowait()
                except queue.Empty:
                    break
                table.add(fault, *bench.inject(place, fault))

    workers = max(2, os.cpu_count() or 2)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = []
        for i in range(workers):
            jobs.append(pool.submit(work, bench.make_place(f"worker{i}"), i == 0))
        for job in jobs:
            job.result()


def repeat(bench: Bench, text: str) -> int:
    fault = parse_fault(text)
    bench.measure(BY_NAME[fault.case])
    place = bench.make_place("repeat")
    run, hit, complaints = bench.inject(place, fault)
    print(f"CKN_FAULT={fault.variable} CKN_FAULT_REPORT=/tmp/report LD_PRELOAD={bench.preload} \\")
    print(f"    {bench.program} {' '.join(BY_NAME[fault.case].words)}")
    print(f"in {place.folder}: {'hit' if hit else 'no such call'}, status {run.status}")
    print(run.out + run.err)
    for complaint in complaints:
        print(f"{complaint.kind}: {complaint.text}")
    reason = reason_to_accept(fault, run, complaints) if complaints else None
    if reason:
        print(f"accepted: {reason}")
    return 1 if complaints and not reason else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("preload", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, metavar="N", help="so many faults, always the same")
    parser.add_argument("--only", metavar="COMMAND[:CALL]", help="a part of the sweep")
    parser.add_argument(
        "--most",
        type=int,
        default=600,
        metavar="N",
        help="of one kind in one command, spread evenly over its calls (default 600)",
    )
    parser.add_argument("--repeat", metavar="FAULT", help="one fault, as a find names it")
    options = parser.parse_args()
    begin = time.monotonic()
    bench = Bench(options.program, options.preload, options.folder)
    if options.repeat:
        return repeat(bench, options.repeat)
    for case in CASES:
        if options.only is None or options.only.split(":")[0] == case.name:
            bench.measure(case)
    if options.sample:
        plan = plan_sample(bench, options.sample)
    else:
        plan = plan_sweep(bench, options.only, options.most)
    measured = time.monotonic() - begin
    print(f"{len(plan)} faults; undisturbed runs took {measured:.0f} s", flush=True)
    table = Table()
    work_off(bench, plan, table)
    table.show()
    print(f"{time.monotonic() - begin:.0f} s")
    table.show_finds()
    return 1 if table.finds or not plan else 0


if __name__ == "__main__":
    sys.exit(main())
