"""Ends that the oracle does not allow, and that are accepted: each with its reason."""

import re
from dataclasses import dataclass

from harness import Run
from oracle import Complaint


@dataclass(frozen=True)
class Accepted:
    reason: str
    calls: str  # of faults, as a regular expression
    kinds: str  # of complaints
    cases: str = ".*"
    says: str = ""  # stands on standard error
    finds: str = ".*"  # of the complaints' texts, each

    def holds(self, fault, run: Run, complaints: list[Complaint]) -> bool:
        call = f"{fault.call}{':on' if fault.on else ''}"
        return (
            re.fullmatch(self.calls, call) is not None
            and re.fullmatch(self.cases, fault.case) is not None
            and {complaint.kind for complaint in complaints} <= set(self.kinds.split())
            and self.says in run.err
            and all(re.fullmatch(self.finds, complaint.text) for complaint in complaints)
        )


ACCEPTED = (
    Accepted(
        "fontconfig dereferences NULL where memory runs out; a crash leaves temporary files",
        calls="any-memory",
        cases="estimate|match",
        kinds="signal left",
    ),
    Accepted(
        "fontconfig takes other fonts where it cannot read its files or gets no memory",
        calls="any-memory|openat|read|close|newfstatat|access|lseek|getdents64|readlink",
        cases="estimate|match",
        kinds="drawing",
    ),
    Accepted(
        "fontconfig writes lines of its own",
        calls="any-memory|openat|read|(openat|own-memory):on",
        cases="estimate|match",
        kinds="lines drawing",
        says="Fontconfig ",
    ),
    Accepted(
        "libgomp ends the process itself where it gets no memory, with a line of its own",
        calls="any-memory",
        kinds="lines",
        says="libgomp: ",
    ),
    Accepted(
        "FFTW ends the process itself where it gets no memory, with a line of its own",
        calls="any-memory",
        kinds="signal lines left",
        says="fftw: ",
    ),
    Accepted(
        "the processor has no name where /proc/cpuinfo cannot be read",
        calls="(openat|read|any-memory)(:on)?",
        kinds="differs",
        finds=".*j.json differs in (device_name|devices)",
    ),
    Accepted(
        "a platform that is broken is left out of the list, with a warning",
        calls="cl.*|own-memory",
        cases="devices",
        kinds="differs",
        says="left out",
    ),
    Accepted(
        "cfitsio, which writes FITS files, dereferences NULL where memory runs out",
        calls="any-memory",
        cases="simulate|estimate-history",
        kinds="signal left",
    ),
    Accepted(
        "the last lines of the summary come after the files are there",
        calls="write(:on)?",
        kinds="outputs",
        says="standard output: ",
    ),
    Accepted(
        "standard error cannot be written to either",
        calls="write:on",
        kinds="lines outputs",
    ),
    Accepted(
        "clFFT ignores errors of its calls and computes with what is not there, crashes on them, or"
        " writes lines of its own",
        calls="clFFT:.*",
        kinds="signal left differs outputs lines",
    ),
    Accepted(
        "a check that fails is written to the table, and makes the status 1",
        calls="cl.*|own-memory.*",
        cases="compare|selftest-cl",
        kinds="outputs differs",
        says="check",
    ),
)


def reason_to_accept(fault, run: Run, complaints: list[Complaint]) -> str | None:
    for accepted in ACCEPTED:
        if accepted.holds(fault, run, complaints):
            return accepted.reason
    return None
