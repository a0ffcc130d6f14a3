"""The commands that faults are put into: what they read, what they write."""

from dataclasses import dataclass
from pathlib import Path

from harness import Place, succeed


@dataclass(frozen=True)
class Case:
    """One call of the program. Its outputs are files of the folder out. Those that are `timed` show
    how long the run took, so that two runs do not write the same."""

    name: str
    words: tuple[str, ...]
    outputs: tuple[str, ...]
    timed: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        return self.words[0]

    @property
    def is_opencl(self) -> bool:
        return self.command == "compare" or "opencl" in self.words

    @property
    def is_batch(self) -> bool:
        """Every picture has a fate of its own."""
        return "--out-dir" in self.words


def case(name: str, text: str, outputs: str, timed: str = "") -> Case:
    return Case(name, tuple(text.split()), tuple(outputs.split()), tuple(timed.split()))


PAIR = "estimate in/x.npy in/y.npy -k 5"
CASES = (
    case(
        "estimate",
        f"{PAIR} --device cpu -o out/k.npy --report out/r.png --json out/j.json"
        " --uncertainty out/u.csv --mtf out/m.csv --encircled out/e.csv",
        "k.npy r.png j.json u.csv m.csv e.csv",
        timed="r.png",
    ),
    case(
        "estimate-history",
        f"{PAIR} --device cpu -q --robust --mask in/mask.png --solver fista -n 20 -o out/k.fits"
        " --history out/h.csv --uncertainty out/u.tif",
        "k.fits h.csv u.tif",
    ),
    case("blur", "blur in/a.png --device cpu -s 2 -o out/a.png", "a.png"),
    case(
        "blur-batch",
        "blur in/a.png in/b.tif in/k.npy --device cpu -s 3 --out-dir out --json out/j.json",
        "a.png b.tif k.npy j.json",
    ),
    case("boxkernel", "boxkernel -s 2 -c -o out/b.csv --json out/j.json", "b.csv j.json"),
    case("match", "boxkernel --match in/k.npy --report out/r.png -o out/b.tif", "r.png b.tif"),
    case("apply", "apply in/c.jpg in/k.npy --device cpu -o out/a.tif -q", "a.tif"),
    case(
        "simulate",
        "simulate --size 32x32 --kernel gaussian:1 --sharp out/x.tif --blurred out/y.fits"
        " --kernel-out out/k.jpg",
        "x.tif y.fits k.jpg",
    ),
    case(
        "target", "target --size 96x96 --margin 16 -o out/t.png --json out/j.json", "t.png j.json"
    ),
    case("devices", "devices --json out/j.json", "j.json"),
    case("selftest", "selftest --device cpu --json out/j.json", "j.json"),
    case("estimate-cl", f"{PAIR} --device opencl -o out/k.npy --json out/j.json", "k.npy j.json"),
    case(
        "estimate-fft-cl",
        f"{PAIR} --device opencl --solver fista --engine fft -n 3 -o out/k.npy",
        "k.npy",
    ),
    case("blur-cl", "blur in/a.png --device opencl -s 2 -m fir -o out/a.png", "a.png"),
    case("box-cl", "blur in/a.png --device opencl -s 3 -m box -o out/a.png", "a.png"),
    case(
        "batch-cl",
        "blur in/a.png in/b.tif --device opencl -s 2 --out-dir out --json out/j.json",
        "a.png b.tif j.json",
    ),
    case("apply-cl", "apply in/a.png in/k.npy --device opencl -o out/a.npy", "a.npy"),
    case("compare", "compare in/x.npy in/y.npy -k 5 --json out/j.json", "j.json"),
    case("selftest-cl", "selftest --device opencl --json out/j.json", "j.json"),
)
BY_NAME = {case.name: case for case in CASES}


def make_inputs(place: Place) -> Path:
    """Files in `in`, by the program itself. Returns that folder."""
    made = (
        "simulate --scene noise --size 32x32 --kernel gaussian:1 -k 5 --noise 0.01"
        " --sharp in/x.npy --blurred in/y.npy --kernel-out in/k.npy",
        "simulate --scene checker --size 28x28 --sharp in/mask.png",
        "simulate --scene shapes --size 40x30 --sharp in/a.png",
        "simulate --scene shapes --size 25x20 --sharp in/b.tif",
        "simulate --scene delta --kernel gaussian:6 --kernel-out in/c.jpg",
    )
    for text in made:
        succeed(place, text.split())
    return (place.folder / "in").resolve()
