"""How near to the truth the default comes, on all cases, and where it fails."""

import markdown
import quality
import quality_cases
import quality_methods
from context import Bench, Section

CLIPPED = 0.001  # share of samples from which on it is told
SAID_EVERY = 20  # cases
WORDS = {
    quality.DEFAULT: "`estimate`, default",
    quality.EXACT: "exact",
    quality.NONNEG: "exact, nonneg",
    quality.FISTA: "FISTA-500",
    quality.FREQUENCY: "frequency",
    quality.ORACLE: "oracle lambda",
}
NOTE = f"""\
Pairs from a fixed seed list: every kind of kernel, at 9 to 35 taps, meets every condition of the
picture once; pictures (scikit-image's, this repository's cat, drawn scenes; SciPy's packages carry
none), frames and sides (mostly 128 to 256 pixels) go round among them. `--kernel-size` is the true
frame; all else is left to the program. BLURRED has the valid size; noise is relative to its range,
Poisson noise that of 10,000 and of 1,000 photons at white; a share of 1 and of 3 % of outliers is
black or white; exposure clips 5 and 8 % of the samples. Under *gain and background* the truth is
gain times the kernel. Of signed kernels, those of sum 0 are kept as signed values, rounded to steps
of their depth; emboss has half the range added in integer files, as editors do.

- {WORDS[quality.DEFAULT]}: `clkernest estimate SHARP BLURRED --kernel-size N --device cpu`
- {WORDS[quality.EXACT]}: `--solver exact --constraint none{{plain}}`
- {WORDS[quality.NONNEG]}: `--solver nnls --constraint nonneg{{plain}}`
- {WORDS[quality.FISTA]}: {quality_methods.ITERATIONS} iterations from zero with SciPy's
  `fftconvolve` over the valid support, step 1/L by power iteration; projected on kernels that are
  not negative, and without a constraint where the truth is signed, which it is told
- {WORDS[quality.FREQUENCY]}: the best, by its error, of photutils' `make_kernel` with
  `CosineBellWindow({quality_methods.PHOTUTILS_WINDOW})` on the pictures as they are and faded to
  their borders, and of two Wiener filters, white and with a Laplacian penalty, on the faded ones,
  the noise taken from the highest frequencies{{photutils}}
- {WORDS[quality.ORACLE]}: quadratic penalty on first or second differences; order and lambda are
  those of the smallest error, and a constant is fitted where there is a background

Errors below {quality.EQUAL:g} count as equal: on noise-free float pairs all exact answers are at
rounding. Tables have medians; *best or near* is the share of cases in which the default is the best
of all but the oracle, or within 5 % of it. In the lists of failures the ratio is that of the
default's error to the one that it is compared with.
"""


def run(bench: Bench):
    cases = quality_cases.cases()
    plain = quality.known_options(bench.program)
    results = quality.measure(
        bench.program, cases, bench.scratch.parent, say=progress(bench, len(cases))
    )
    parts = [note(plain), verdicts(results)]
    for label in quality_cases.LABELS:
        parts += [f"Medians by {label}:\n", medians(results, label)]
    parts += ["Not within 5 % of the best:\n", listed(results, worse_row)]
    parts += ["Above 1.5 times the better of both exact answers:\n", listed(results, unsafe_row)]
    parts += ["Sign taken wrong (ratio to the best of the others):\n", listed(results, sign_row)]
    return "\n".join(parts)


def progress(bench, count):
    said = iter(range(1, count + 1))

    def say(_):
        number = next(said)
        if number % SAID_EVERY == 0 or number == count:
            bench.say(f"{number} of {count}")

    return say


def note(plain):
    options = "".join(f" --{name} {value}" for name, value in plain.items())
    absent = "" if quality_methods.psf_matching else "; photutils is not available here"
    return NOTE.format(plain=options, photutils=absent)


def verdicts(results):
    """The goals, one line each."""
    share = quality.best_share(results)
    text = markdown.goal("best or within 5 % of it, share of cases", share, 0.9, at_least=True)
    over = quality.median_ratio(results, quality.FISTA, quality.DEFAULT)
    text += markdown.goal("error of FISTA-500 over default, median", over, 2, at_least=True)
    over = quality.median_ratio(results, quality.DEFAULT, quality.ORACLE)
    text += markdown.goal("error of default over oracle lambda, median", over, 1.2)
    count = len(quality.unsafe(results))
    what = "cases above 1.5 times the better of both exact answers plus 1e-6"
    text += markdown.goal(what, count, 0, text=str)
    for signed, words in ((True, "signed kernels taken as signed"), (False, "others as nonneg")):
        share = quality.sign_share(results, signed)
        text += f"- {words}: {share:.1%}\n"
    return text


def medians(results, label):
    rows = []
    for name in dict.fromkeys(result.labels[label] for result in results):
        rows.append(median_row(name, [one for one in results if one.labels[label] == name]))
    header = [label, "cases", *(WORDS[method] for method in quality.METHODS)]
    header += ["best or near", "default / oracle"]
    return markdown.table(header, [*rows, median_row("**all**", results)])


def median_row(name, results):
    errors = [markdown.error(quality.median_error(results, method)) for method in quality.METHODS]
    over = quality.median_ratio(results, quality.DEFAULT, quality.ORACLE)
    return [
        name, len(results), *errors, f"{quality.best_share(results):.0%}", ratio(over)
    ]  # fmt: skip


def listed(results, row):
    """A table of the cases of which `row` makes something; worst first."""
    rows = sorted(filter(None, map(row, results)), key=lambda one: -one[0])
    if not rows:
        return "none\n"
    header = ["ratio", "case", *(WORDS[method] for method in quality.METHODS), "what it chose"]
    return markdown.table(header, [[ratio(one[0]), *one[1:]] for one in rows])


def ratio(value):
    return markdown.ratio(value) if value < quality.np.inf else "failed"


def worse_row(result):
    best = result.errors[result.best_rival()]
    return None if result.is_best() else case_row(result, best)


def unsafe_row(result):
    best = min(result.errors[quality.EXACT], result.errors[quality.NONNEG])
    return None if result.is_safe() else case_row(result, best)


def sign_row(result):
    best = result.errors[result.best_rival()]
    return None if result.sign_is_right() else case_row(result, best)


def case_row(result, reference):
    """Ratio to the reference, name, errors and choices."""
    errors = [markdown.error(result.errors[method]) for method in quality.METHODS]
    over = max(result.default, quality.EQUAL) / max(reference, quality.EQUAL)
    clipped = f" ({result.clipped:.1%} clipped)" if result.clipped > CLIPPED else ""
    return [over, result.name + clipped, *errors, result.failure or result.choices()]


SECTION = Section("quality", "How near to the truth the default comes", run)
