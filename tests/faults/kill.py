"""Kills and signals at random moments, damaged cache entries, and limits of the system.

    kill.py PROGRAM FOLDER              200 kills, 210 signals
    kill.py PROGRAM FOLDER --sample     20 kills, 14 signals

After kill -9 every output is the old file or the new one, and the next run works; what was left
under a temporary name goes with a later run, once it is an hour old. After any other signal nothing
is left behind, and one line says what happened. FOLDER is emptied. Exit status 1 after a find.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cases import Case, case
from harness import Place, Run, finish, succeed
from oracle import OLD, lay_out, take

PICTURES = [f"p{i}.png" for i in range(8)]
ESTIMATE = case(
    "estimate",
    "estimate in/x.npy in/y.npy -k 9 --device cpu -q -o out/k.npy --report out/r.png"
    " --json out/j.json",
    "k.npy r.png j.json",
    timed="r.png",
)
BATCH = case(
    "batch",
    f"blur {' '.join(f'in/{p}' for p in PICTURES)} --device cpu -q -s 3 --out-dir out"
    " --json out/j.json",
    f"{' '.join(PICTURES)} j.json",
)
OPENCL = case("opencl", "blur in/p0.png --device opencl -q -s 2 -m fir -o out/b.png", "b.png")

SIGNALS = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGPIPE", "SIGTERM", "SIGXCPU", "SIGXFSZ")
PATIENCE = 5.0  # seconds that a run may go on after a signal: it takes one, on an idle machine
HOUR = 3600


class Finds:
    def __init__(self):
        self.count = 0

    def check(self, good: bool, text: str) -> None:
        if not good:
            self.count += 1
            print(f"FIND {text}", flush=True)


class Ground:
    """The place, what undisturbed runs write there, and how long they take."""

    def __init__(self, program: Path, folder: Path):
        self.place = Place(program.resolve(), folder.resolve())
        self.finds = Finds()
        self.random = random.Random(1)
        pair = "simulate --scene noise --size 120x140 --kernel gaussian:2 -k 9 --sharp in/x.npy"
        succeed(self.place, f"{pair} --blurred in/y.npy".split())
        for i, name in enumerate(PICTURES):
            scene = f"simulate --scene noise --seed {i} --size 300x200 --kernel gaussian:1"
            succeed(self.place, f"{scene} --sharp in/{name}".split())
        self.references: dict[str, dict] = {}
        self.seconds: dict[str, float] = {}
        for this in (ESTIMATE, BATCH, OPENCL):
            succeed(self.place, list(this.words))  # fills the caches
            lay_out(self.place, this, exist=False)
            self.seconds[this.name] = succeed(self.place, list(this.words)).seconds
            self.references[this.name] = take(self.place, this)

    @property
    def out(self) -> Path:
        return self.place.folder / "out"

    @property
    def programs(self) -> Path:
        """The cache of compiled programs."""
        return self.place.folder / "clkernest_cache_dir"

    def fates(self, this: Case) -> set[str]:
        """What became of the outputs."""
        found, reference = take(self.place, this), self.references[this.name]
        return {
            "old" if found[n] == OLD else "new" if found[n] == reference[n] else f"broken {n}"
            for n in this.outputs
        }

    def left(self) -> list[Path]:
        """Temporary files."""
        return sorted(path for path in self.out.iterdir() if path.name.startswith(".clkernest-"))

    def renew(self, this: Case) -> None:
        """Old files as outputs; what else is in the folder stays."""
        for name in this.outputs:
            (self.out / name).write_bytes(OLD)

    def expect_success(self, this: Case, when: str) -> None:
        run = self.place.run(list(this.words))
        fates = self.fates(this)
        self.finds.check(
            run.status == 0 and fates == {"new"},
            f"{this.name} {when}: {run.status} {fates} {run.err}",
        )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    while process.poll() is None and not condition():
        time.sleep(0.0005)


def wait_for_moment(ground: Ground, this: Case, process: subprocess.Popen, folder: Path) -> None:
    """A random moment of the run; every other time one shortly after a file has appeared."""
    seconds = ground.seconds[this.name]
    if ground.random.random() < 0.5:
        before = set(folder.iterdir()) if folder.is_dir() else set()
        wait_for(lambda: folder.is_dir() and bool(set(folder.iterdir()) - before), process)
        seconds *= 0.2
    time.sleep(ground.random.uniform(0, seconds))


def kill_runs(ground: Ground, this: Case, count: int) -> None:
    """kill -9, `count` times."""
    killed = 0
    lay_out(ground.place, this, exist=True)
    for i in range(count):
        ground.renew(this)
        process = ground.place.start(list(this.words))
        wait_for_moment(ground, this, process, ground.out)
        process.kill()
        run = finish(process, time.monotonic(), PATIENCE)
        killed += run.status == -signal.SIGKILL
        fates = ground.fates(this)
        ground.finds.check(fates <= {"old", "new"}, f"{this.name}, kill {i}: {fates}")
        if i % 10 == 9:
            ground.expect_success(this, f"after kill {i}")
    ground.expect_success(this, "after all kills")
    print(f"{this.name}: {killed} of {count} killed, {len(ground.left())} temporary files left")


def clear_leftovers(ground: Ground) -> None:
    """The next write removes what is older than an hour, and nothing else."""
    old, young = (ground.out / f".clkernest-99999-{i}-00000000.tmp" for i in range(2))
    for path in (old, young):
        path.write_bytes(b"left by a killed run")
    other = ground.out / "other.tmp"
    other.write_bytes(b"of somebody else")
    long_ago = time.time() - HOUR - 60
    for path in (old, other, *(set(ground.left()) - {young})):
        os.utime(path, (long_ago, long_ago))
    ground.expect_success(ESTIMATE, "beside leftovers")
    ground.finds.check(ground.left() == [young], f"leftovers after the next run: {ground.left()}")
    ground.finds.check(other.exists(), "a file of another program was removed")
    young.unlink(missing_ok=True)
    other.unlink(missing_ok=True)


def kill_compilation(ground: Ground, count: int) -> None:
    """kill -9 while compiled programs are put into the cache."""
    killed = 0
    for i in range(count):
        if i % 2 == 0:
            for path in ground.programs.iterdir():
                if path.is_file():
                    path.unlink()
        process = ground.place.start(list(OPENCL.words))
        wait_for_moment(ground, OPENCL, process, ground.programs)
        process.kill()
        killed += finish(process, time.monotonic(), PATIENCE).status == -signal.SIGKILL
        if i % 5 == 4 or i == count - 1:
            ground.renew(OPENCL)
            ground.expect_success(OPENCL, f"after kill {i} in the middle of compilation")
    print(f"compilation: {killed} of {count} killed")


def damages(whole: bytes, source: random.Random) -> dict[str, bytes]:
    position = source.randrange(len(whole))
    flipped = bytes([whole[position] ^ (1 << source.randrange(8))])
    return {
        f"flipped at {position}": whole[:position] + flipped + whole[position + 1 :],
        "cut": whole[: source.randrange(1, len(whole))],
        "empty": b"",
        "garbage": source.randbytes(5000),
        "huge": whole[:16] + (1 << 60).to_bytes(8, "little") + whole[24:],
        "longer": whole + b"x",
    }


def damage_cache(ground: Ground, entries: int) -> None:
    """Entries that are not what they were are compiled again, and replaced."""
    tried = 0
    for path in sorted(ground.programs.glob("*.bin"))[:entries]:
        for how, damaged in damages(path.read_bytes(), ground.random).items():
            path.write_bytes(damaged)
            ground.renew(OPENCL)
            ground.expect_success(OPENCL, f"with a cache entry {path.name} {how}")
            ground.finds.check(path.read_bytes() != damaged, f"cache entry {path.name} stays {how}")
            tried += 1
    print(f"cache: {tried} damaged entries")
    ground.finds.check(tried > 0, "no cache entry was there to be damaged")


def handlers_stand(process: subprocess.Popen) -> bool:
    """Is SIGTERM caught? Before, it simply ends the process."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) & 1 << (signal.SIGTERM - 1))
    return False


def judge_signal(ground: Ground, this: Case, number: int, run: Run, what: str) -> None:
    fates = ground.fates(this)
    check = ground.finds.check
    check(fates <= {"old", "new"}, f"{what}: {fates}")
    check(not ground.left(), f"{what}: left {[path.name for path in ground.left()]}")
    if this is not BATCH:
        check(len(fates) == 1, f"{what}: some outputs are new, some old")
    if run.status == 0:
        check(fates == {"new"}, f"{what}: status 0, {fates}")
        return
    ends = (130, 128 + number, -number)
    check(run.status in ends, f"{what}: status {run.status}, not one of {ends}")
    good = [line.startswith(f"clkernest {this.command}: ") for line in run.lines]
    # Who reads no more need not be told, where no file is lost with it.
    expected = ([True], []) if number == signal.SIGPIPE else ([True],)
    check(good in expected, f"{what}: not one line: {run.lines}")
    check(run.seconds < PATIENCE, f"{what}: {run.seconds:.1f} s until the end")


def send_signals(ground: Ground, this: Case, count: int) -> None:
    """`count` of each."""
    for name in SIGNALS:
        number = signal.Signals[name].value
        ended = 0
        for i in range(count):
            lay_out(ground.place, this, exist=True)
            process = ground.place.start(list(this.words))
            wait_for(lambda p=process: handlers_stand(p), process)
            wait_for_moment(ground, this, process, ground.out)
            process.send_signal(number)
            run = finish(process, time.monotonic(), 4 * PATIENCE)
            ended += run.status != 0
            judge_signal(ground, this, number, run, f"{this.name}, {name} {i}")
        print(f"{this.name}: {name} ended {ended} of {count}")


def exceed_limits(ground: Ground) -> None:
    """The system's own occasions for SIGXFSZ, SIGXCPU and SIGPIPE."""
    for this in (ESTIMATE, BATCH):
        lay_out(ground.place, this, exist=True)
        run = ground.place.run(list(this.words), limits={resource.RLIMIT_FSIZE: (500, 500)})
        fates = ground.fates(this)
        what = f"{this.name} with files of 500 bytes at most"
        ground.finds.check(run.status in (1, 128 + signal.SIGXFSZ), f"{what}: {run.status}")
        ground.finds.check(fates <= {"old", "new"} and not ground.left(), f"{what}: {fates}")
        ground.finds.check("clkernest " in run.err, f"{what}: no line")
    endless = "estimate in/x.npy in/y.npy -k 9 --device cpu -q --solver gd --engine direct"
    endless += " -n 100000000 --tolerance 0 --step 1e-9 -o out/k.npy"
    this = case("endless", endless, "k.npy")
    ground.references[this.name] = {"k.npy": None}
    lay_out(ground.place, this, exist=True)
    run = ground.place.run(list(this.words), limits={resource.RLIMIT_CPU: (1, 30)})
    judge_signal(ground, this, signal.SIGXCPU, run, "a second of processor time")
    # Nobody reads standard output: the files are there all the same, or all old with a line.
    lay_out(ground.place, ESTIMATE, exist=True)
    reader, writer = os.pipe()
    os.close(reader)
    words = [word for word in ESTIMATE.words if word != "-q"]
    process = ground.place.start(words, stdout=writer)
    os.close(writer)
    run = finish(process, time.monotonic(), 60)
    fates = ground.fates(ESTIMATE)
    what = "estimate | nobody"
    ground.finds.check(len(fates) == 1 and fates <= {"old", "new"}, f"{what}: {fates}")
    ground.finds.check(not ground.left(), f"{what}: left {ground.left()}")
    ends = (0, 1, 128 + signal.SIGPIPE, -signal.SIGPIPE)
    ground.finds.check(run.status in ends, f"{what}: status {run.status}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("program", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", action="store_true", help="a tenth of it")
    options = parser.parse_args()
    begin = time.monotonic()
    ground = Ground(options.program, options.folder)
    kills, signals = (8, 1) if options.sample else (80, 15)
    kill_runs(ground, ESTIMATE, kills)
    clear_leftovers(ground)
    kill_runs(ground, BATCH, kills)
    for path in ground.left():
        path.unlink()
    kill_compilation(ground, kills // 2)
    damage_cache(ground, 1 if options.sample else 5)
    send_signals(ground, ESTIMATE, signals)
    send_signals(ground, BATCH, signals)
    exceed_limits(ground)
    print(f"{ground.finds.count} finds, {time.monotonic() - begin:.0f} s")
    return 1 if ground.finds.count else 0


if __name__ == "__main__":
    sys.exit(main())
