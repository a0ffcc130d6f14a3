"""Times that can be compared: the runs of all jobs alternate (A B A B ...), and medians count."""

import statistics
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """The seconds of one job."""

    values: tuple[float, ...]

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def spread(self):
        """(largest - smallest) / median: how quiet the machine was."""
        return (max(self.values) - min(self.values)) / self.median


def stopwatch(work):
    """Seconds that work() takes, and what it returns."""
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def timed(work):
    """The job that interleave() wants, from a function whose answer does not matter."""
    return lambda: stopwatch(work)[0]


def interleave(jobs, rounds, warm=True):
    """Runs every job (name -> function that returns its own seconds) `rounds` times in turn.

    `warm` adds one round whose times are thrown away.
    """
    if warm:
        for job in jobs.values():
            job()
    seconds = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            seconds[name].append(job())
    return {name: Sample(tuple(values)) for name, values in seconds.items()}
