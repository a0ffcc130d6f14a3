"""What a run with a fault may leave behind. There are two good ends:

status 0: all outputs are new, whole, and what an undisturbed run writes, byte for byte (but for the
times in JSON and in the report of an estimate);
status 1: all outputs are as they were, and there is one line on standard error that begins with the
program's and the command's name.

Of a batch every picture has one of these two fates, and every failure its line.
"""

import json
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from cases import Case
from harness import Place, Run

OLD = b"the contents of an older file\n" * 20
TIMES = re.compile("seconds|speedup")


@dataclass(frozen=True)
class Complaint:
    kind: str  # signal, hang, exit, lines, left, outputs, differs or drawing
    text: str


def lay_out(place: Place, case: Case, exist: bool) -> None:
    """Empties the folder of outputs; `exist`: then puts older files there."""
    folder = place.folder / "out"
    for path in folder.iterdir():
        path.unlink()
    if exist:
        for name in case.outputs:
            (folder / name).write_bytes(OLD)


def without_times(value):
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if not TIMES.search(k)}
    if isinstance(value, list):
        return [without_times(v) for v in value]
    return value


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height where all chunks of the file and all of its samples are there."""
    signature, position, packed, names = data[:8], 8, b"", []
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        body = data[position + 4 : position + 8 + length]
        if data[position + 8 + length :][:4] != struct.pack(">I", zlib.crc32(body)):
            return None
        names.append(body[:4])
        packed += body[4:] if body[:4] == b"IDAT" else b""
        position += 12 + length
    if signature != b"\x89PNG\r\n\x1a\n" or position != len(data) or names[-1:] != [b"IEND"]:
        return None
    width, height, bits, color = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    whole = height * (1 + (width * channels * bits + 7) // 8)
    return (width, height) if len(zlib.decompress(packed)) == whole else None


def is_same_size(found, reference) -> bool:
    """Two figures, whole both."""
    if not isinstance(found, bytes) or not isinstance(reference, bytes):
        return False
    try:
        return None is not png_size(found) == png_size(reference)
    except (KeyError, struct.error, zlib.error):
        return False


def contents(path: Path, timed: bool):
    """Of an output, in a form to compare: None where there is none."""
    if not path.exists():
        return None
    data = path.read_bytes()
    if data == OLD:
        return data
    try:
        if path.suffix == ".json":
            return without_times(json.loads(data))
        if timed:
            return png_size(data) or data
    except (ValueError, KeyError, struct.error, zlib.error):
        pass
    return data


def take(place: Place, case: Case) -> dict:
    folder = place.folder / "out"
    return {name: contents(folder / name, name in case.timed) for name in case.outputs}


def judge(place: Place, case: Case, run: Run, reference: dict, existed: bool) -> list[Complaint]:
    """What is wrong with the end of `run`; `reference` is take() of an undisturbed one."""
    complaints = judge_end(run)
    found = take(place, case)
    old = {n for n, value in found.items() if value == (OLD if existed else None)}
    new = {n for n, value in found.items() if n not in old and value == reference[n]}
    left = {path.name for path in (place.folder / "out").iterdir()} - set(case.outputs)
    if left:
        complaints.append(Complaint("left", f"left behind: {', '.join(sorted(left))}"))
    if case.is_batch and run.status == 1 and isinstance(found["j.json"], dict):
        complaints += judge_batch(found["j.json"], reference["j.json"], old)
        new.add("j.json")
    complaints += [judge_other(n, found[n], reference[n]) for n in sorted(set(found) - old - new)]
    if run.status == 0 and old:
        complaints.append(Complaint("outputs", f"status 0, but not written: {sorted(old)}"))
    if run.status == 1:
        complaints += judge_failure(case, run, found, old)
    return complaints


def judge_end(run: Run) -> list[Complaint]:
    if run.status is None:
        return [Complaint("hang", f"no end after {run.seconds:.0f} s")]
    if run.status < 0:
        return [Complaint("signal", f"ended by signal {-run.status}")]
    if run.status > 1:
        return [Complaint("exit", f"exit status {run.status}")]
    return []


def judge_other(name: str, found, reference) -> Complaint:
    """An output that is neither the old one nor that of an undisturbed run."""
    if isinstance(found, dict) and isinstance(reference, dict):
        keys = {*found, *reference}
        differ = sorted(k for k in keys if found.get(k, "none") != reference.get(k, "none"))
        return Complaint("differs", f"{name} differs in {', '.join(differ)}")
    if found is None:
        return Complaint("outputs", f"{name} is lost")
    kind = "drawing" if is_same_size(found, reference) else "differs"
    return Complaint(kind, f"{name} is not what an undisturbed run writes")


def judge_batch(found: dict, reference: dict, old: set[str]) -> list[Complaint]:
    """The JSON of a batch some of whose pictures failed: those whose outputs are old."""
    failed = sum(name != "j.json" for name in old)
    good = (found["failed"], found["blurred"]) == (failed, len(reference["images"]) - failed)
    for image, expected in zip(found["images"], reference["images"], strict=True):
        is_old = image["output"].removeprefix("out/") in old
        failed_with_reason = image["status"] == "failed" and bool(image["error"])
        good = good and (failed_with_reason if is_old else image == expected)
    return [] if good else [Complaint("differs", f"j.json does not name as failed what is: {old}")]


def judge_failure(case: Case, run: Run, found: dict, old: set[str]) -> list[Complaint]:
    complaints = []
    start = f"clkernest {case.command}: "
    good = [line.startswith(start) for line in run.lines]
    new = sorted(set(found) - old)
    if case.is_batch:
        # A line for every failure, and one for the whole.
        failed = sum(not name.endswith(".json") for name in old)
        expected = {failed + 1, 1} if failed else {1, 2}
        if not all(good) or len(good) not in expected:
            complaints.append(Complaint("lines", f"{failed} failed, lines: {run.lines}"))
    else:
        if good != [True]:
            complaints.append(Complaint("lines", f"not one line of ours: {run.lines}"))
        if new:
            complaints.append(Complaint("outputs", f"status 1, but written: {new}"))
    return complaints
