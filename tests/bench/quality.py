"""How near to the truth the program's default comes, against other methods, on many pairs.

    python tests/bench/quality.py --program BIN                           all cases
    python tests/bench/quality.py --program BIN --cases motion --jobs 2   those of that name

One line for each case, then the verdicts. The pairs are written to build/bench/quality-cases, one
folder for each case; what the other methods make of them is kept in build/bench/quality-cache.
run.sh writes the tables (the section "quality"). Needs NumPy, SciPy, Pillow and scikit-image, and
takes photutils where it is there.
"""

import argparse
import functools
import hashlib
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import quality_cases
import quality_methods
from pairs import Pair, kernel_error
from program import Program, ProgramError

BUILD = Path(__file__).resolve().parents[2] / "build" / "bench"
DEFAULT, EXACT, NONNEG = "default", "exact", "nonneg"
FISTA, ORACLE, FREQUENCY = "fista", "oracle", "frequency"
METHODS = (DEFAULT, EXACT, NONNEG, FISTA, FREQUENCY, ORACLE)
RIVALS = (EXACT, NONNEG, FISTA, FREQUENCY)  # none of them knows the truth
OURS = {
    EXACT: {"solver": "exact", "constraint": "none"},
    NONNEG: {"solver": "nnls", "constraint": "nonneg"},
}
PLAIN = {"background": "none", "prior": "none"}  # as far as the program knows these options
CHOICES = ("constraint", "prior", "lambda", "background", "gain", "noise_sigma")
EQUAL = 1e-6  # errors below count as equal: rounding
NEAR, WRONG = 1.05, 1.5
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Result:
    """One case, measured. A method that failed has an infinite error."""

    name: str
    signed: bool
    labels: dict
    clipped: float
    errors: dict
    figures: dict = field(default_factory=dict)  # what the default says of itself
    failure: str = ""

    @property
    def default(self):
        return self.errors[DEFAULT]

    def best_rival(self):
        return min(RIVALS, key=self.errors.get)

    def is_best(self):
        """The default is the best, within 5 %, or at rounding."""
        return self.default <= max(NEAR * self.errors[self.best_rival()], EQUAL)

    def limit(self):
        """What a wrong prior may cost at most."""
        return WRONG * min(self.errors[EXACT], self.errors[NONNEG]) + EQUAL

    def is_safe(self):
        return self.default <= self.limit()

    def choices(self):
        """What the default says of itself, as words; empty where it says nothing."""
        said = {name: value for name, value in self.figures.items() if value is not None}
        return ", ".join(f"{name} {short(value)}" for name, value in said.items())

    def sign_is_right(self):
        constraint = self.figures.get("constraint")
        return constraint == "none" if self.signed else constraint in ("nonneg", "simplex")


# ------------------------------------------------------------------- measuring


def measure(program, cases, build, jobs=2, say=lambda result: None):
    """Results in the order of the cases; `say` hears each as soon as those before it are there."""
    plain = known_options(program)
    work = functools.partial(measured, program.path, program.environment, plain, Path(build))
    saved = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # the children read it as they start
    try:
        context = multiprocessing.get_context("spawn")
        with futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
            results = []
            for result in pool.map(work, cases):
                results.append(result)
                say(result)
            return results
    finally:
        for name, value in saved.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def known_options(program):
    """Of PLAIN, what this program has: older ones have neither background nor prior."""
    text = program.text("estimate", "--help")
    return {name: value for name, value in PLAIN.items() if f"--{name} " in text}


def measured(path, environment, plain, build, case):
    taken = quality_cases.take(case)
    pair = written(build / "quality-cases", case, taken)
    with tempfile.TemporaryDirectory() as scratch:
        program = Program(path, environment["CLKERNEST_CACHE_DIR"], scratch)
        errors, figures, failures = {}, {}, []
        for method in (DEFAULT, *OURS):
            options = OURS[method] | plain if method in OURS else {}
            errors[method], found, failure = run(program, pair, options)
            failures += [f"{method}: {failure}"] if failure else []
            if method == DEFAULT:
                figures = found
    errors |= referenced(build / "quality-cache", case, taken)
    return Result(
        case.name, case.signed, case.labels, taken.clipped, errors, figures, "; ".join(failures)
    )


def written(folder, case, taken):
    """The pair as files, which stay."""
    folder = folder / case.name
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for part, array in (
        ("sharp", taken.sharp), ("blurred", taken.blurred), ("kernel", taken.kernel),
    ):  # fmt: skip
        files[part] = folder / f"{part}.npy"
        save(files[part], array)
    return Pair(
        case.name, taken.sharp, taken.blurred, taken.kernel, files["sharp"], files["blurred"]
    )


def save(file, array):
    """Whole or not at all: another run may be reading it."""
    temporary = file.with_suffix(f".{os.getpid()}.npy")
    np.save(temporary, array)
    temporary.replace(file)


def run(program, pair, options):
    """Error, figures, and what the program said where it failed."""
    try:
        figures, kernel = program.kernel(pair, "cpu", **options)
    except ProgramError as failure:
        return np.inf, {}, str(failure).splitlines()[-1]
    error = kernel_error(kernel, pair.kernel) if np.isfinite(kernel).all() else np.inf
    return error, {name: figures.get(name) for name in CHOICES}, ""


def referenced(cache, case, taken):
    """Errors of the methods that are not the program's, from the cache where they are there."""
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / f"{fingerprint(taken)}.json"
    errors = json.loads(file.read_text()) if file.is_file() else {}
    missing = [name for name in quality_methods.REFERENCES if name not in errors]
    for name in missing:
        errors[name] = quality_methods.REFERENCES[name](case, taken)
    if missing:
        temporary = file.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(errors))
        temporary.replace(file)
    return errors


def fingerprint(taken):
    """Of what the methods are given, and of which methods there are."""
    installed = quality_methods.psf_matching is not None
    digest = hashlib.sha256(f"{quality_methods.VERSION} {installed}".encode())
    for array in (taken.x, taken.y, taken.kernel):
        digest.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


# ------------------------------------------------------------------- verdicts


def best_share(results):
    return statistics.fmean(result.is_best() for result in results)


def median_ratio(results, above, below):
    """Median over the cases of one error over another, both at least EQUAL."""
    return statistics.median(
        max(result.errors[above], EQUAL) / max(result.errors[below], EQUAL) for result in results
    )


def median_error(results, method):
    return statistics.median(result.errors[method] for result in results)


def unsafe(results):
    return [result for result in results if not result.is_safe()]


def sign_share(results, signed):
    right = [result.sign_is_right() for result in results if result.signed == signed]
    return statistics.fmean(right) if right else None


# ------------------------------------------------------------------- the command


def main():
    arguments = parse()
    texts = arguments.cases.split(",")
    chosen = [case for case in quality_cases.cases() if any(text in case.name for text in texts)]
    if not chosen:
        sys.exit(f"no case has {arguments.cases!r} in its name")
    program = Program(arguments.program, arguments.build / "cache", tempfile.gettempdir())
    print(line("case", METHODS, CHOICES), flush=True)
    results = measure(program, chosen, arguments.build, arguments.jobs, print_result)
    print(summary(results))


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", required=True, type=Path, help="the clkernest to measure")
    parser.add_argument("--cases", default="", metavar="TEXT,...", help="those whose name has one")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--build", type=Path, default=BUILD, help="folder for everything written")
    return parser.parse_args()


def print_result(result):
    errors = [f"{result.errors[method]:.4g}" for method in METHODS]
    marks = "" if result.is_best() else f" worse-than-{result.best_rival()}"
    marks += "" if result.is_safe() else " UNSAFE"
    marks += "" if result.sign_is_right() else " wrong-sign"
    choices = [short(result.figures.get(name)) for name in CHOICES]
    print(line(result.name, errors, choices) + marks + f" {result.failure}", flush=True)


def line(name, errors, choices):
    return f"{name:64s}" + "".join(f"{cell:>10s}" for cell in errors) + "  " + " ".join(choices)


def short(value):
    return f"{value:.3g}" if isinstance(value, float) else "-" if value is None else str(value)


def summary(results):
    lines = [f"{len(results)} cases"]
    lines += [f"median error of {name}: {median_error(results, name):.4g}" for name in METHODS]
    lines += [
        f"(a) best or within 5 %: {best_share(results):.1%} (goal 90 %)",
        f"(b) FISTA over default, median: {median_ratio(results, FISTA, DEFAULT):.3f} (goal 2)",
        f"(c) default over oracle, median: {median_ratio(results, DEFAULT, ORACLE):.3f} (goal 1.2)",
        f"(d) above 1.5 x min(exact, nonneg) + 1e-6: {len(unsafe(results))} (goal 0)",
    ]
    for signed, words in ((True, "signed"), (False, "not signed")):
        share = sign_share(results, signed)
        if share is not None:
            lines.append(f"(e) sign found out, kernels that are {words}: {share:.1%}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
