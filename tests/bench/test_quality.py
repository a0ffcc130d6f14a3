"""Tests of the quality benchmark's cases, methods and verdicts: run.sh --check."""

import contextlib
import tempfile
import types
import unittest
from importlib import util
from pathlib import Path
from unittest import mock

import numpy as np
from scipy import optimize, signal

import formula
import pictures
import quality
import quality_cases
import quality_kernels
import quality_methods
import quality_scenes
from pairs import kernel_error
from program import ProgramError
from sections import quality as section

HAVE_PICTURES = util.find_spec("skimage") is not None


def pair(side=64, taps=9, seed=0, noise=0.0):
    generator = np.random.default_rng(seed)
    x, h = pictures.drawn(side, seed), quality_kernels.anisotropic(taps, generator)
    y = signal.convolve2d(x, h, "valid")
    return x, y + noise * generator.standard_normal(y.shape), h


class Kernels(unittest.TestCase):
    def drawn(self, kinds):
        for name, make in kinds.items():
            for taps in (9, 15, 35):
                for seed in range(12):
                    with self.subTest(name, taps=taps, seed=seed):
                        kernel = make(taps, np.random.default_rng(seed))
                        self.assertEqual(kernel.shape, (taps, taps))
                        again = make(taps, np.random.default_rng(seed))
                        np.testing.assert_array_equal(kernel, again)
                        yield kernel

    def test_unsigned_ones_sum_to_one(self):
        for kernel in self.drawn(quality_kernels.UNSIGNED):
            self.assertGreaterEqual(kernel.min(), 0)
            self.assertAlmostEqual(kernel.sum(), 1)
            # The frame holds the kernel: next to nothing is cut off at its border.
            border = kernel.sum() - kernel[1:-1, 1:-1].sum()
            self.assertLess(border, 0.1)

    def test_signed_ones_are_signed(self):
        sums = {round(kernel.sum(), 9) for kernel in self.drawn(quality_kernels.SIGNED)}
        self.assertEqual(sums, {0.0, 1.0})
        for kernel in self.drawn(quality_kernels.SIGNED):
            self.assertLess(kernel.min(), -1e-4 * kernel.max())

    def test_moments_of_shapes(self):
        """Seeds differ, so sizes do; each shape is tested against its own variance."""
        at = np.arange(31) - 15.0
        for seed in range(10):
            draw = np.random.default_rng(seed)
            radius = 30 * draw.uniform(0.28, 0.42)
            disc = quality_kernels.disc(31, np.random.default_rng(seed))
            variance = (disc.sum(axis=0) @ at**2) - (disc.sum(axis=0) @ at) ** 2
            self.assertAlmostEqual(variance / (radius**2 / 4 + 1 / 12), 1, delta=0.02)
            line = quality_kernels.motion(31, np.random.default_rng(seed))
            spread = sum(
                (line.sum(axis=axis) @ at**2) - (line.sum(axis=axis) @ at) ** 2 for axis in (0, 1)
            )
            self.assertAlmostEqual(spread / ((2 * radius) ** 2 / 12 + 1 / 4), 1, delta=0.02)


@unittest.skipUnless(HAVE_PICTURES, "scikit-image is not installed")
class Cases(unittest.TestCase):
    CASES = quality_cases.cases()

    def taken(self, condition):
        for case in self.CASES:
            if case.condition.name == condition:
                with self.subTest(case.name):
                    yield case, quality_cases.take(case)

    def test_design_is_balanced(self):
        self.assertGreaterEqual(len(self.CASES), 200)
        self.assertEqual(len({case.name for case in self.CASES}), len(self.CASES))
        cells = {(case.kernel_kind, case.condition.name) for case in self.CASES}
        self.assertEqual(len(cells), len(self.CASES))
        for picture in quality_scenes.names():
            count = sum(case.picture == picture for case in self.CASES)
            self.assertLessEqual(abs(count - len(self.CASES) / len(quality_scenes.names())), 1)
        self.assertEqual(
            {min(c.taps for c in self.CASES), max(c.taps for c in self.CASES)}, {9, 35}
        )
        self.assertTrue(all(case.side >= 5 * case.taps for case in self.CASES))

    def test_a_case_is_always_the_same(self):
        for case in self.CASES[::37]:
            one, two = quality_cases.take(case), quality_cases.take(case)
            self.assertEqual(quality.fingerprint(one), quality.fingerprint(two))
        other = quality.fingerprint(quality_cases.take(self.CASES[1]))
        self.assertNotEqual(quality.fingerprint(quality_cases.take(self.CASES[0])), other)

    def test_clean_pairs_fit_the_truth(self):
        for condition, step in (
            ("float-clean", 1e-6), ("16bit-clean", 1 / 65535), ("8bit-clean", 1 / 255),
            ("float-exposed", 1e-6),
        ):  # fmt: skip
            for case, taken in self.taken(condition):
                y = signal.fftconvolve(taken.x, taken.kernel, "valid") + taken.background
                self.assertLess(np.abs(taken.y - y).max(), 0.51 * step)
                self.assertEqual(taken.sharp.dtype, quality_cases.DTYPES[case.condition.depth])
                self.assertEqual(taken.clipped, 0)

    def test_gain_is_part_of_the_truth(self):
        gains = [
            taken.kernel.sum()
            for case, taken in self.taken("float-exposed")
            if not case.signed and taken.background > 0
        ]
        self.assertEqual(len(gains), len(quality_kernels.UNSIGNED))
        self.assertTrue(all(0.59 < gain < 0.86 for gain in gains))

    def test_noise_is_as_strong_as_named(self):
        for condition, sigma in (("float-1pc", 0.01), ("float-3pc", 0.03), ("16bit-1pc", 0.01)):
            for _, taken in self.taken(condition):
                y = signal.fftconvolve(taken.x, taken.kernel, "valid") + taken.background
                free = (taken.y > 0) & (taken.y < 1) & (y > 4 * sigma) & (y < 1 - 4 * sigma)
                if free.mean() > 0.2:
                    self.assertAlmostEqual((taken.y - y)[free].std() / sigma, 1, delta=0.05)

    def test_photons(self):
        for case, taken in self.taken("8bit-poisson-1000"):
            if case.signed:
                continue
            y = signal.fftconvolve(taken.x, taken.kernel, "valid")
            free = (y > 0.1) & (y < 0.85)
            noise = (taken.y - y)[free] / np.sqrt(y[free] / 1000)
            self.assertAlmostEqual(noise.std(), 1, delta=0.1)

    def test_clipping_and_outliers(self):
        for condition, share in (("8bit-clipped-5pc", 0.05), ("16bit-clipped-both", 0.08)):
            for _, taken in self.taken(condition):
                self.assertAlmostEqual(taken.clipped, share, delta=0.045)
                self.assertGreater(taken.clipped, 0)
        for case, taken in self.taken("float-outliers-3pc"):
            y = signal.fftconvolve(taken.x, taken.kernel, "valid")
            if np.abs(y).max() < 0.9 and y.min() > 0.1:
                self.assertAlmostEqual(np.mean(np.abs(taken.y - y) > 0.06), 0.03, delta=0.01)
                self.assertFalse(case.signed and case.kernel_kind == "sobel")


class Methods(unittest.TestCase):
    def test_lipschitz_is_the_largest_eigenvalue(self):
        x, y, h = pair()
        largest = formula.normal_equations_by_force(x, y).lipschitz()
        found = quality_methods.lipschitz(x, h.shape)
        self.assertGreaterEqual(found, largest)
        self.assertLess(found, 1.02 * largest)

    def test_fista_is_that_of_the_statistics(self):
        """The same iteration on G and b, which come from the explicit matrix."""
        x, y, h = pair(noise=1.0)
        equations = formula.normal_equations_by_force(x, y)
        step = 1 / quality_methods.lipschitz(x, h.shape)
        for nonneg in (False, True):
            a = z = np.zeros(h.size)
            t = 1.0
            for _ in range(30):
                new = z - step * (equations.gram @ z - equations.b)
                new = np.maximum(new, 0) if nonneg else new
                later = (1 + np.sqrt(1 + 4 * t**2)) / 2
                z = new + (t - 1) / later * (new - a)
                a, t = new, later
            found = quality_methods.fista(x, y, nonneg, 30)
            np.testing.assert_allclose(found.ravel(), a, atol=1e-10)
            self.assertEqual(found.min() >= 0, nonneg)

    def test_fista_comes_to_the_optimum(self):
        generator = np.random.default_rng(0)
        x, h = generator.standard_normal((40, 40)), np.abs(generator.standard_normal((5, 5)))
        y = signal.convolve2d(x, h, "valid") + 3 * generator.standard_normal((36, 36))
        equations = formula.normal_equations(x, y)
        R = np.linalg.cholesky(equations.gram).T
        expected = optimize.nnls(R, np.linalg.solve(R.T, equations.b))[0].reshape(5, 5)
        np.testing.assert_allclose(quality_methods.fista(x, y, True), expected, atol=1e-6)

    def test_penalty_is_the_sum_of_squared_differences(self):
        h = np.random.default_rng(0).standard_normal((4, 6))
        for order in (1, 2):
            expected = sum(
                np.sum(np.diff(np.pad(h, order), order, axis=axis) ** 2) for axis in (0, 1)
            )
            L = quality_methods.penalty(h.shape, order)
            self.assertAlmostEqual(h.ravel() @ L @ h.ravel() / expected, 1, places=12)

    def test_oracle_is_better_than_any_lambda(self):
        x, y, h = pair(noise=0.01)
        equations = formula.normal_equations(x, y)
        for order in (1, 2):
            best = quality_methods.best_smooth_error(equations, order, h)
            L = quality_methods.penalty(h.shape, order)
            scale = np.trace(equations.gram) / np.trace(L)
            errors = []
            for value in np.geomspace(1e-10, 1, 150):
                found = np.linalg.solve(equations.gram + value * scale * L, equations.b)
                errors.append(kernel_error(found.reshape(h.shape), h))
            self.assertLess(best, 1.001 * min(errors))
            self.assertGreater(best, 0.98 * min(errors))
            self.assertLess(best, 0.9 * kernel_error(equations.solve(), h))

    def test_background_is_eliminated(self):
        x, y, h = pair(noise=0.01)
        y = y + 0.3
        windows = np.lib.stride_tricks.sliding_window_view(x, h.shape).reshape(y.size, h.size)
        A = np.column_stack([windows[:, ::-1], np.ones(y.size)])
        expected = np.linalg.lstsq(A, y.ravel(), rcond=None)[0][:-1]
        equations = formula.normal_equations(x, y)
        found = quality_methods.without_background(equations, x, y)
        np.testing.assert_allclose(found.solve().ravel(), expected, atol=1e-8)
        fitted = A @ np.append(expected, np.mean(y.ravel() - A[:, :-1] @ expected))
        square = np.sum((y.ravel() - fitted) ** 2) / 2
        self.assertAlmostEqual(found.objective(expected) / square, 1, places=8)

    def test_frequency_division_has_the_right_sense(self):
        """Whatever its accuracy, the true kernel is nearer than its mirror images are."""
        x, y, _ = pair(160, 11, seed=3)
        h = np.zeros((11, 11))
        h[2:8, 3], h[7, 3:9] = 0.12, 0.05
        y = 0.7 * signal.convolve2d(x, h, "valid")
        x = quality_methods._inside(x, y.shape, h.shape)
        faded = quality_methods.faded(x), quality_methods.faded(y)
        kernels = [quality_methods.wiener(*faded, h.shape, smooth) for smooth in (False, True)]
        if quality_methods.psf_matching is not None:
            kernels.append(quality_methods.photutils_division(*faded, h.shape))
        for kernel in kernels:
            error = kernel_error(kernel, 0.7 * h)
            self.assertLess(error, 0.9)
            for turned in (
                h[::-1, ::-1],
                h[::-1],
                h[:, ::-1],
                h.T,
                np.roll(h, 1),
                np.roll(h, 1, 0),
            ):
                self.assertLess(error, kernel_error(kernel, 0.7 * turned))

    def test_noise_power(self):
        noise = 0.1 * np.random.default_rng(0).standard_normal((200, 150))
        found = quality_methods.noise_power(np.fft.fft2(noise))
        self.assertAlmostEqual(found / (0.01 * noise.size), 1, delta=0.1)


def result(default, exact=1.0, nonneg=1.0, fista=1.0, oracle=1.0, signed=False, **figures):
    errors = dict(zip(quality.METHODS, (default, exact, nonneg, fista, 1.0, oracle), strict=True))
    labels = dict.fromkeys(quality_cases.LABELS, "class")
    return quality.Result(f"case-{default:g}", signed, labels, 0.0, errors, figures)


class Verdicts(unittest.TestCase):
    def test_best_within_five_per_cent_or_rounding(self):
        self.assertTrue(result(0.2, exact=0.195).is_best())
        self.assertFalse(result(0.2, exact=0.19).is_best())
        self.assertTrue(result(9e-7, exact=1e-9).is_best())
        self.assertTrue(result(0.2, oracle=0.001).is_best())  # it knows the truth
        self.assertFalse(result(np.inf).is_best())
        two = [result(0.1), result(0.2, fista=0.1)]
        self.assertEqual(quality.best_share(two), 0.5)
        self.assertEqual(two[1].best_rival(), quality.FISTA)

    def test_a_wrong_prior_never_makes_it_much_worse(self):
        self.assertTrue(result(0.15, nonneg=0.1).is_safe())
        self.assertFalse(result(0.16, nonneg=0.1).is_safe())
        self.assertFalse(result(0.16, exact=0.1).is_safe())
        self.assertTrue(result(9e-7, exact=1e-15).is_safe())
        self.assertTrue(result(0.3, fista=0.01).is_safe())

    def test_medians(self):
        some = [result(0.1, fista=0.3), result(0.2, fista=0.3), result(0.1, fista=0.9)]
        self.assertAlmostEqual(quality.median_ratio(some, quality.FISTA, quality.DEFAULT), 3)
        equal = [result(1e-9, oracle=1e-12)]
        self.assertEqual(quality.median_ratio(equal, quality.DEFAULT, quality.ORACLE), 1)
        self.assertEqual(quality.median_error(some, quality.DEFAULT), 0.1)

    def test_sign(self):
        self.assertTrue(result(1, signed=True, constraint="none").sign_is_right())
        self.assertFalse(result(1, signed=True, constraint="nonneg").sign_is_right())
        self.assertTrue(result(1, constraint="simplex").sign_is_right())
        self.assertFalse(result(1).sign_is_right())
        both = [result(1, constraint="nonneg"), result(1, constraint="none")]
        self.assertEqual(quality.sign_share(both, signed=False), 0.5)
        self.assertIsNone(quality.sign_share(both, signed=True))

    def test_words(self):
        some = [result(0.1, constraint="nonneg", prior="ridge", **{"lambda": 0.25})]
        some += [result(0.9, exact=0.3, signed=True, constraint="nonneg"), result(np.inf)]
        verdicts = section.verdicts(some)
        self.assertIn("share of cases: 0.333; goal at least 0.900: **not met**", verdicts)
        self.assertIn("plus 1e-6: 2; goal at most 0: **not met**", verdicts)
        self.assertIn("signed kernels taken as signed: 0.0%", verdicts)
        unsafe = section.listed(some, section.unsafe_row)
        self.assertLess(unsafe.index("failed"), unsafe.index("3.00"))
        self.assertNotIn("case-0.1 ", unsafe)
        self.assertIn("constraint nonneg, prior ridge, lambda 0.25", some[0].choices())
        self.assertEqual(section.listed(some[:1], section.unsafe_row), "none\n")
        self.assertIn("| class | 3 |", section.medians(some, "kernel"))
        self.assertIn("(d) above 1.5 x min(exact, nonneg) + 1e-6: 2", quality.summary(some))


class Measuring(unittest.TestCase):
    def test_options_that_the_program_has(self):
        old = types.SimpleNamespace(text=lambda *_: "--solver\n --ridge R\n")
        new = types.SimpleNamespace(text=lambda *_: "--background none|constant\n --prior P\n")
        self.assertEqual(quality.known_options(old), {})
        self.assertEqual(quality.known_options(new), quality.PLAIN)

    def test_failures_are_infinite_errors(self):
        one = types.SimpleNamespace(kernel=np.ones((2, 2)))

        def refuses(*_, **__):
            raise ProgramError("a hint\nno such thing")

        program = types.SimpleNamespace(kernel=refuses)
        self.assertEqual(quality.run(program, one, {}), (np.inf, {}, "no such thing"))
        program.kernel = lambda *_, **__: ({}, np.full((2, 2), np.nan))
        self.assertEqual(quality.run(program, one, {})[0], np.inf)
        program.kernel = lambda *_, **__: ({"constraint": "none"}, np.zeros((2, 2)))
        error, figures, failure = quality.run(program, one, {})
        self.assertEqual((error, figures["constraint"], failure), (1, "none", ""))

    def test_references_are_kept(self):
        taken = types.SimpleNamespace(x=np.eye(3), y=np.eye(2), kernel=np.ones((2, 2)))
        calls = []
        counting = {"one": lambda case, taken: calls.append(case) or 0.5}
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.object(quality_methods, "REFERENCES", counting),
        ):
            for _ in range(2):
                found = quality.referenced(Path(folder), "case", taken)
                self.assertEqual(found, {"one": 0.5})
            self.assertEqual(calls, ["case"])
            with mock.patch.object(quality_methods, "VERSION", 1000):
                quality.referenced(Path(folder), "later", taken)
            self.assertEqual(calls, ["case", "later"])

    def test_files_are_the_arrays(self):
        case = types.SimpleNamespace(name="case")
        sharp, blurred = np.eye(4, dtype=np.uint8), np.eye(3, dtype=np.float32)
        taken = types.SimpleNamespace(sharp=sharp, blurred=blurred, kernel=np.ones((2, 2)))
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack():
            pair = quality.written(Path(folder), case, taken)
            for file, array in ((pair.sharp_file, sharp), (pair.blurred_file, blurred)):
                read = np.load(file)
                self.assertEqual(read.dtype, array.dtype)
                np.testing.assert_array_equal(read, array)


if __name__ == "__main__":
    unittest.main()
