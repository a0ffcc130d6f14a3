"""One file for each section, and RESULTS.md made of them."""

import datetime
import os
import platform
from pathlib import Path

import peers

PACKAGES = (
    "numpy", "scipy", "photutils", "pypher", "sfft", "ois", "scikit-image",
    "opencv-python-headless", "pyvips", "pyvips-binary", "pillow",
)  # fmt: skip


def write_section(folder, section, text, when):
    """`when` says under which conditions it was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    content = f"## {section.title}\n\nMeasured {when}.\n\n{text.strip()}\n"
    (folder / f"{section.name}.md").write_text(content)


def conditions(program):
    """Date, version and load, for the line below a section's title."""
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    version = program.text("--version").split()[1]
    return f"{date}, clkernest {version}, load average {os.getloadavg()[0]:.1f} before"


def write_machine(folder, program):
    folder.mkdir(parents=True, exist_ok=True)
    indented = "".join(f"    {line}\n" for line in machine_lines(program))
    (folder / "machine.md").write_text(indented)


def machine_lines(program):
    versions = {name: peers.version(name) or "not available" for name in PACKAGES}
    yield from program.text("devices").splitlines()
    yield f"machine: {_processor()}, {peers.cores()} cores, {_memory()}, {_system()}"
    yield f"Python {platform.python_version()}"
    yield ", ".join(f"{name} {version}" for name, version in versions.items())


def assemble(folder, sections, target):
    """RESULTS.md from the sections that were measured so far."""
    found = [section for section in sections if (folder / f"{section.name}.md").is_file()]
    absent = [section.name for section in sections if section not in found]
    parts = ["# Results\n", HEAD, (folder / "machine.md").read_text()]
    parts += [(folder / f"{section.name}.md").read_text() for section in found]
    if absent:
        parts.append(f"Not measured: {', '.join(absent)}.\n")
    temporary = target.with_suffix(".new")
    temporary.write_text("\n".join(parts))
    temporary.replace(target)


HEAD = """\
Written by `tests/bench/run.sh`. Runs of all competitors alternate on one machine; times are
medians, and only ratios mean something elsewhere. The program's own times leave out reading files,
compiling device programs for the first time and planning transforms, and so do those of its peers.
Kernel errors are ||h - h_true|| / ||h_true||.
"""


def _processor():
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory():
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _system():
    for line in _lines("/etc/os-release"):
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip().strip('"')
    return platform.system()


def _lines(file):
    return Path(file).read_text().splitlines() if Path(file).is_file() else []
