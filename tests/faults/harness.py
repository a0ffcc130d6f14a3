"""Runs the program in a folder of its own, and keeps what came of it."""

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Threads that are few and wait passively leave the other core to the next run; the two variables
# that the program would set itself and start anew for are set, so that it does not. The fonts of
# the report are those of the system, whatever HOME is.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "2",
    "OMP_WAIT_POLICY": "passive",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
}
CACHES = ("POCL_CACHE_DIR", "CLKERNEST_CACHE_DIR", "CLFFT_CACHE_PATH")


@dataclass
class Run:
    """A run that is over; `status` is the exit status, -N after signal N, None after a timeout."""

    status: int | None
    out: str
    err: str
    seconds: float

    @property
    def lines(self) -> list[str]:
        """Of standard error, but for progress, notes and warnings."""
        lines = self.err.replace("\r\x1b[K", "").split("\n")
        return [line for line in lines if line and not is_remark(line)]


def is_remark(line: str) -> bool:
    command, _, text = line.partition(": ")
    return command.startswith("clkernest ") and text.startswith(("note: ", "warning: "))


class Place:
    """A folder to run the program in: `in` with the inputs, `out` for the outputs, and caches: its
    own, which begin as copies of those of `caches` (the caller's environment), as a fault may spoil
    them; or those of the caller where no fault is to come."""

    def __init__(
        self,
        program: Path,
        folder: Path,
        inputs: Path | None = None,
        caches: Mapping[str, str] = os.environ,
        own_caches: bool = True,
    ):
        self.program = program
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "out").mkdir(parents=True)
        if inputs:
            (folder / "in").symlink_to(inputs)
        else:
            (folder / "in").mkdir()
        self.environment = {**os.environ, **ENVIRONMENT}
        self.environment.pop("CLKERNEST_DEVICE", None)
        for name in CACHES:
            cache = folder / name.lower()
            if own_caches or name not in caches:
                copy_folder(caches.get(name), cache)
                self.environment[name] = f"{cache}/"

    def start(self, words: list[str], variables: dict[str, str] | None = None, **more):
        """The started process, whose outputs are pipes unless `more` says otherwise."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(
            [str(self.program), *words],
            cwd=self.folder,
            env={**self.environment, **(variables or {})},
            **options,
        )

    def run(
        self,
        words: list[str],
        variables: dict[str, str] | None = None,
        patience: float = 120,
        limits: dict[int, tuple[int, int]] | None = None,
    ) -> Run:
        """`limits` are those of setrlimit(2), soft and hard."""

        def set_limits():
            for kind, value in (limits or {}).items():
                resource.setrlimit(kind, value)

        more = {"preexec_fn": set_limits} if limits else {}
        begin = time.monotonic()
        process = self.start(words, variables, **more)
        return finish(process, begin, patience)


def finish(process: subprocess.Popen, begin: float, patience: float) -> Run:
    """Waits for the end; kills the process after `patience` seconds."""
    hangs = False
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        hangs = True
        process.kill()
        out, err = process.communicate()
    return Run(
        status=None if hangs else process.returncode,
        out=(out or b"").decode(errors="replace"),
        err=(err or b"").decode(errors="replace"),
        seconds=time.monotonic() - begin,
    )


def copy_folder(source: str | None, target: Path) -> None:
    if source and Path(source).is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.mkdir(parents=True, exist_ok=True)


def succeed(place: Place, words: list[str]) -> Run:
    """A run that is a means to an end, not under test."""
    run = place.run(words, patience=600)
    if run.status != 0:
        raise RuntimeError(f"clkernest {' '.join(words)}: status {run.status}: {run.err}")
    return run
