"""The cases of the quality benchmark: every kind of kernel meets every condition of the picture.

Pictures, frames (what --kernel-size gets) and sides go round among these cells, each about equally
often. All follows from SEED, so a case is the same wherever and whenever it is made.
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal

import quality_kernels
import quality_scenes

SEED = 5
SIDES = (128, 160, 192, 224, 256)
LARGE_SIDES = (384, 512)
LARGE_EVERY = 11  # one case in so many has a large side
UNSIGNED_FRAMES = (9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35)
SIGNED_FRAMES = (9, 9, 11, 11, 13, 15, 17, 21, 27, 35)
SIDES_OF_FRAME = 5  # a side has at least so many times the taps of the frame
EMBOSSED = 0.125  # the gain with which the stencils fit the range
STEP = 1e-5  # beyond the range, and still no clipping to speak of
LEVELS = {"8-bit": 255, "16-bit": 65535}
LABELS = ("kernel", "noise", "depth", "picture", "frame")  # the classes of the tables
DTYPES = {"8-bit": np.uint8, "16-bit": np.uint16, "float": np.float32}


@dataclass(frozen=True)
class Condition:
    """How BLURRED was taken. Noise is relative to the range of the file."""

    name: str
    noise_kind: str  # the class in the tables
    depth: str
    noise: float = 0.0
    photons: float = 0.0  # at full range
    clipped: tuple[float, float] | None = None  # shares of samples below and above the range
    exposed: bool = False  # another gain, and a background
    outliers: float = 0.0  # share of samples


CONDITIONS = (
    Condition("float-clean", "none", "float"),
    Condition("16bit-clean", "none", "16-bit"),
    Condition("8bit-clean", "none", "8-bit"),
    Condition("float-0.1pc", "0.1 %", "float", 0.001),
    Condition("16bit-0.1pc", "0.1 %", "16-bit", 0.001),
    Condition("8bit-0.1pc", "0.1 %", "8-bit", 0.001),
    Condition("float-1pc", "1 %", "float", 0.01),
    Condition("16bit-1pc", "1 %", "16-bit", 0.01),
    Condition("8bit-1pc", "1 %", "8-bit", 0.01),
    Condition("float-3pc", "3 %", "float", 0.03),
    Condition("16bit-3pc", "3 %", "16-bit", 0.03),
    Condition("8bit-3pc", "3 %", "8-bit", 0.03),
    Condition("16bit-poisson-10000", "Poisson", "16-bit", photons=10000),
    Condition("8bit-poisson-1000", "Poisson", "8-bit", photons=1000),
    Condition("8bit-clipped-5pc", "clipping", "8-bit", 0.001, clipped=(0.0, 0.05)),
    Condition("16bit-clipped-both", "clipping", "16-bit", 0.01, clipped=(0.04, 0.04)),
    Condition("float-exposed", "gain and background", "float", exposed=True),
    Condition("16bit-exposed-0.1pc", "gain and background", "16-bit", 0.001, exposed=True),
    Condition("8bit-exposed-1pc", "gain and background", "8-bit", 0.01, exposed=True),
    Condition("float-exposed-3pc", "gain and background", "float", 0.03, exposed=True),
    Condition("8bit-outliers-1pc", "outliers", "8-bit", outliers=0.01),
    Condition("float-outliers-3pc", "outliers", "float", 0.01, outliers=0.03),
)


@dataclass(frozen=True)
class Case:
    number: int
    kernel_kind: str
    condition: Condition
    picture: str
    side: int
    taps: int

    @property
    def name(self):
        parts = (f"{self.number:03d}", self.kernel_kind, self.taps, self.condition.name)
        return "-".join(map(str, (*parts, self.picture.replace("_", "-"), self.side)))

    @property
    def signed(self):
        return self.kernel_kind in quality_kernels.SIGNED

    @property
    def labels(self):
        values = (
            self.kernel_kind, self.condition.noise_kind, self.condition.depth,
            quality_scenes.kind(self.picture), _frame_class(self.taps),
        )  # fmt: skip
        return dict(zip(LABELS, values, strict=True))


@dataclass(frozen=True)
class Taken:
    """The arrays as files hold them, the same as the program scales them, and the truth."""

    sharp: np.ndarray
    blurred: np.ndarray
    x: np.ndarray  # float64
    y: np.ndarray
    kernel: np.ndarray  # with the gain
    background: float
    clipped: float  # share of the samples of y that the range cut off


def cases():
    return [_case(number, *cell) for number, cell in enumerate(_cells())]


def take(case):
    """SHARP as stored is the truth; BLURRED is made of it, disturbed and stored."""
    generator = np.random.default_rng([SEED, case.number])
    kinds = quality_kernels.UNSIGNED | quality_kernels.SIGNED
    kernel = kinds[case.kernel_kind](case.taps, generator)
    picture = quality_scenes.cropped(case.picture, case.side, generator)
    offset = case.kernel_kind == "emboss" and case.condition.depth != "float"
    if case.signed and case.condition.depth != "float" and kernel.sum() > 0.5:
        picture = 0.15 + 0.7 * picture  # room for what a sharpened picture has beyond its range
    sharp = _stored(picture, case.condition.depth)
    x = _scaled(sharp)
    gain, background = _exposure(case, signal.fftconvolve(x, kernel, "valid"), offset, generator)
    y = signal.fftconvolve(x, gain * kernel, "valid") + background
    blurred, clipped = _disturbed(y, case, _range(case, kernel, offset), generator)
    return Taken(sharp, blurred, x, _scaled(blurred), gain * kernel, background, clipped)


# ------------------------------------------------------------------- the design


def _cells():
    kinds = [*quality_kernels.UNSIGNED, *quality_kernels.SIGNED]
    return [(kind, condition) for condition in CONDITIONS for kind in kinds]


def _case(number, kind, condition):
    frames = SIGNED_FRAMES if kind in quality_kernels.SIGNED else UNSIGNED_FRAMES
    taps = _dealt(frames, number, salt=1)
    large = number % LARGE_EVERY == LARGE_EVERY // 2
    side = _dealt(LARGE_SIDES, number // LARGE_EVERY, 2) if large else _dealt(SIDES, number, 3)
    side = max(side, -(-SIDES_OF_FRAME * taps // 32) * 32)
    return Case(number, kind, condition, _dealt(quality_scenes.names(), number, 4), side, taps)


def _dealt(choices, number, salt):
    """From a pack that is shuffled anew each time it has been dealt out."""
    round_, place = divmod(number, len(choices))
    order = np.random.default_rng([SEED, salt, round_]).permutation(len(choices))
    return choices[order[place]]


def _frame_class(taps):
    return "9 to 15 taps" if taps <= 15 else "17 to 25 taps" if taps <= 25 else "27 to 35 taps"


# ------------------------------------------------------------------- taking the picture


def _stored(picture, depth):
    levels = LEVELS.get(depth)
    values = np.rint(np.clip(picture, 0, 1) * levels) if levels else picture
    return values.astype(DTYPES[depth])


def _scaled(stored):
    """As the program reads integers: [0, 1] by their full range."""
    full = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 1
    return stored.astype(float) / full


def _range(case, kernel, offset):
    """The smallest and the largest value of BLURRED's file; signed filters have a signed one.

    Editors add half the range to an embossed picture (`offset`), so that it fits an integer file.
    """
    if case.signed and kernel.sum() < 0.5 and not offset:
        return -1.0, 1.0
    return 0.0, 1.0


def _exposure(case, y, offset, generator):
    """Gain and background."""
    condition = case.condition
    if condition.clipped:
        return _clipping(condition.clipped, y, offset)
    gain, background = (EMBOSSED, 0.5) if offset else (1.0, 0.0)
    if condition.exposed:
        gain *= generator.choice([0.6, 0.75, 0.85])
        background += generator.choice([0.03, 0.06, 0.1])
    return gain, background


def _clipping(shares, y, offset):
    """So that these shares are below and above the range, but for a gain of more than 4."""
    if offset or y.min() < -0.1:  # around the middle of the range
        reach = np.quantile(np.abs(y), 1 - sum(shares))
        return (0.5 / reach, 0.5) if offset else (1 / reach, 0.0)
    low, high = np.quantile(y, shares[0]), np.quantile(y, 1 - shares[1])
    if shares[0] == 0:
        return min(max(1 / high, 1.05), 4.0), 0.0
    gain = min(1 / (high - low), 4.0)
    return gain, -gain * low


def _disturbed(y, case, limits, generator):
    """As stored, and the share of samples that the range cut off."""
    condition, (low, high) = case.condition, limits
    if condition.photons:
        counts = generator.poisson(condition.photons * np.abs(y))
        y = np.copysign(counts / condition.photons, y)
    y = y + condition.noise * generator.standard_normal(y.shape)
    bounded = condition.depth != "float" or condition.clipped
    clipped = float(np.mean((y < low - STEP) | (y > high + STEP))) if bounded else 0.0
    if bounded:
        y = np.clip(y, low, high)
    hit = generator.random(y.shape) < condition.outliers
    y = np.where(hit, generator.choice([low, high], y.shape), y)
    if low < 0:  # an integer file would not hold it: rounded to its steps, but kept as float
        levels = LEVELS.get(condition.depth)
        return (np.rint(y * levels) / levels if levels else y).astype(np.float32), clipped
    return _stored(y, condition.depth), clipped
