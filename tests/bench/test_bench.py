"""Tests of the benchmark itself: run.sh --check."""

import contextlib
import tempfile
import threading
import types
import unittest
from unittest import mock

import numpy as np
from scipy import ndimage, signal

import blur_peers
import formula
import gaussian
import markdown
import pairs
import peak
import peers
import pictures
import timing
from sections import blur

SHAPES = [
    ((12, 15), (1, 1)), ((12, 15), (1, 4)), ((12, 15), (5, 1)), ((12, 15), (3, 3)),
    ((12, 15), (4, 6)), ((12, 15), (2, 7)), ((12, 15), (12, 15)), ((12, 15), (11, 14)),
    ((12, 15), (12, 1)), ((12, 15), (1, 15)), ((31, 20), (19, 19)), ((64, 48), (9, 8)),
]  # fmt: skip


def random_pair(image, kernel, seed=0):
    generator = np.random.default_rng(seed)
    x, h = generator.standard_normal(image), generator.standard_normal(kernel)
    return x, signal.convolve2d(x, h, "valid"), h


class Formula(unittest.TestCase):
    def test_statistics_equal_brute_force(self):
        for image, kernel in SHAPES:
            with self.subTest(image=image, kernel=kernel):
                x, y, _ = random_pair(image, kernel)
                fast = formula.normal_equations(x, y)
                slow = formula.normal_equations_by_force(x, y, block=5)
                largest = np.abs(slow.gram).max()
                self.assertLess(np.abs(fast.gram - slow.gram).max(), 1e-12 * largest)
                self.assertLess(np.abs(fast.b - slow.b).max(), 1e-12 * np.abs(slow.b).max())

    def test_gradient_equals_the_statistics(self):
        for image, kernel in SHAPES:
            with self.subTest(image=image, kernel=kernel):
                x, y, _ = random_pair(image, kernel)
                equations = formula.normal_equations_by_force(x, y)
                other = np.random.default_rng(1).standard_normal(kernel)
                expected = (equations.gram @ other.ravel() - equations.b).reshape(kernel)
                found = formula.gradient(x, y, other)
                np.testing.assert_allclose(found, expected, atol=1e-10 * np.abs(expected).max())

    def test_the_solution_is_the_kernel(self):
        x, y, h = random_pair((64, 48), (9, 8))
        np.testing.assert_allclose(formula.normal_equations(x, y).solve(), h, atol=1e-10)

    def test_objective_and_excess(self):
        x, y, h = random_pair((31, 20), (5, 4))
        equations = formula.normal_equations(x, y)
        other = np.random.default_rng(1).standard_normal((5, 4))
        expected = 0.5 * np.sum((signal.convolve2d(x, other, "valid") - y) ** 2)
        self.assertAlmostEqual(equations.objective(other) / expected, 1.0, places=10)
        self.assertAlmostEqual(equations.excess(other, h) / expected, 1.0, places=10)
        largest = np.linalg.eigvalsh(equations.gram).max()
        self.assertAlmostEqual(equations.lipschitz() / largest, 1.0, places=10)


class Pairs(unittest.TestCase):
    def test_motion_kernels(self):
        for seed in range(20):
            kernel = pairs.motion_kernel(27, seed)
            self.assertEqual(kernel.shape, (27, 27))
            self.assertAlmostEqual(kernel.sum(), 1.0)
            self.assertGreaterEqual(kernel.min(), 0.0)
            np.testing.assert_array_equal(kernel, pairs.motion_kernel(27, seed))
        self.assertGreater(pairs.kernel_error(pairs.motion_kernel(27, 0), kernel), 0.5)

    def test_files_hold_the_arrays(self):
        with tempfile.TemporaryDirectory() as folder:
            kernel = pairs.motion_kernel(5, 0)
            pair = pairs.make_pair(folder, "p", pictures.drawn(32, 0), kernel, bits=8)
            for file, image in ((pair.sharp_file, pair.sharp), (pair.blurred_file, pair.blurred)):
                read = np.load(file)
                self.assertEqual(read.dtype, np.float32)
                np.testing.assert_array_equal(read, image)
            expected = signal.convolve2d(pair.sharp, kernel, "valid")
            self.assertLess(np.abs(pair.blurred - expected).max(), 0.51 / 255)

    def test_enlarging_mirrors(self):
        large = pictures.enlarged(np.arange(6.0).reshape(2, 3), 7)
        self.assertEqual(large.shape, (7, 7))
        np.testing.assert_array_equal(large[0], [0, 1, 2, 2, 1, 0, 0])
        np.testing.assert_array_equal(large[:, 0], [0, 3, 3, 0, 0, 3, 3])


class Peers(unittest.TestCase):
    def test_kernels_have_the_right_sense(self):
        """Whatever a peer's accuracy, the true kernel is nearer than its mirror images are."""
        with tempfile.TemporaryDirectory() as folder:
            pair = pairs.large_pair(folder, 128, 9)
            for peer in peers.PEERS:
                with self.subTest(peer.name), contextlib.suppress(ImportError):
                    kernel = peer.prepare(pair)()
                    error = pairs.kernel_error(kernel, pair.kernel)
                    self.assertEqual(kernel.shape, pair.kernel.shape)
                    for turned in (kernel[::-1, ::-1], kernel[::-1], kernel[:, ::-1], kernel.T):
                        self.assertLess(error, pairs.kernel_error(turned, pair.kernel))


class Gaussian(unittest.TestCase):
    def test_reference_equals_scipy(self):
        image = np.random.default_rng(0).random((300, 41))
        for sigma in (0.5, 2, 9.6, 50):  # the last reaches over the narrow side many times
            with self.subTest(sigma=sigma):
                expected = ndimage.gaussian_filter(image, sigma, truncate=gaussian.TRUNCATE)
                np.testing.assert_allclose(gaussian.blurred(image, sigma), expected, atol=1e-13)

    def test_widths_of_boxes(self):
        self.assertEqual(gaussian.box_widths(15.4, 5), [23, 23, 23, 25, 25])
        self.assertEqual(gaussian.box_widths(0.5, 3), [1, 1, 1])
        for sigma in np.geomspace(0.2, 200, 61):
            for passes in (1, 3, 5, 8):
                with self.subTest(sigma=sigma, passes=passes):
                    widths = gaussian.box_widths(sigma, passes)
                    variance = sum(w * w - 1 for w in widths) / 12
                    self.assertEqual(len(widths), passes)
                    self.assertTrue(all(w % 2 for w in widths))
                    # Half of what one box more of the wider kind would change.
                    half_step = (min(widths) + 1) / 6
                    self.assertLessEqual(abs(variance - sigma**2), half_step * (1 + 1e-12))

    def test_width_of_stacks(self):
        for sigma in np.geomspace(1, 200, 41):
            radius = gaussian.stack_width(sigma) // 2
            offsets = np.arange(-radius, radius + 1)
            weights = radius + 1 - np.abs(offsets)
            deviation = np.sqrt((weights * offsets**2).sum() / weights.sum())
            self.assertLess(abs(deviation - sigma), 0.5 / np.sqrt(6) + 0.05)

    def test_errors_leave_the_border_out(self):
        image = np.zeros((20, 30))
        image[0, 0], image[5, 7] = 9, -2
        self.assertEqual(gaussian.errors(image, np.zeros((20, 30)), 5), (2, 2 / np.sqrt(200)))


class BlurPeers(unittest.TestCase):
    IMAGE = pictures.noisy(160)

    def test_noisy_picture(self):
        self.assertEqual(self.IMAGE.dtype, np.float32)
        self.assertGreaterEqual(self.IMAGE.min(), 0)
        self.assertLessEqual(self.IMAGE.max(), 1)
        # Beside each other, photographs differ far less than this noise does.
        self.assertGreater(np.diff(self.IMAGE).std(), 0.05)

    def test_copy_takes_all_threads(self):
        threads, together = set(), threading.Barrier(3, timeout=10)

        def slow_copy(target, source):
            together.wait()  # passes only where three copy at once
            threads.add(threading.get_ident())
            target[...] = source

        with mock.patch.object(np, "copyto", slow_copy):
            copied = blur_peers.Copy(self.IMAGE, threads=3)()
        self.assertEqual(len(threads), 3)
        np.testing.assert_array_equal(copied, self.IMAGE)

    def test_peers_blur_by_sigma(self):
        """Whatever a peer's accuracy, a narrower or a wider Gaussian is farther from it."""
        for peer in blur_peers.PEERS:
            with self.subTest(peer.name), contextlib.suppress(ImportError):
                found = blur_peers.as_float(peer.prepare(self.IMAGE)(5.0))
                self.assertEqual(found.shape, self.IMAGE.shape)
                right, narrow, wide = (
                    gaussian.errors(found, gaussian.blurred(self.IMAGE, 5.0 * factor), 40)[1]
                    for factor in (1, 0.6, 1.6)
                )
                self.assertLess(right, min(narrow, wide))

    def test_the_image_stays(self):
        before = self.IMAGE.copy()
        for peer in blur_peers.PEERS:
            with self.subTest(peer.name), contextlib.suppress(ImportError):
                peer.prepare(self.IMAGE)(2.0)
                np.testing.assert_array_equal(self.IMAGE, before)

    def test_absent_peers_are_named(self):
        def absent(_):
            raise ImportError("no such module")

        bench = types.SimpleNamespace(say=lambda message: None)
        copied = types.SimpleNamespace(clock=types.SimpleNamespace(cores=lambda: 1.0))
        with mock.patch.object(blur_peers, "PEERS", [peers.Peer("absent", (), "", absent)]):
            blurs, missing = blur.installed(bench, self.IMAGE)
            words = blur.sorts({(blur.COPY, blur.MIDDLE): copied}, missing)
        self.assertEqual(blurs, {})
        self.assertIn("- absent: not available here (ImportError: no such module)", words)

    def test_rival_is_the_fastest_that_is_as_accurate(self):
        names = [peer.name for peer in blur_peers.PEERS[:4]]
        jobs = {(row, 1): None for row in ["ours", *names]}
        seconds = dict(zip(jobs, (5, 4, 3, 2, 1), strict=True))
        errors = dict(zip(jobs, (0.1, 0.1, 0.05, 0.2, 0.3), strict=True))
        table = blur.Table(
            (), jobs, {key: timing.Sample((value,)) for key, value in seconds.items()},
            {key: (value, value) for key, value in errors.items()},
        )  # fmt: skip
        self.assertEqual(table.rival("ours", 1), names[1])
        table.errors["ours", 1] = (0.01, 0.01)
        self.assertIsNone(table.rival("ours", 1))


class Tools(unittest.TestCase):
    def test_runs_alternate(self):
        order = []
        jobs = {name: lambda name=name: order.append(name) or len(order) for name in "ab"}
        samples = timing.interleave(jobs, rounds=3)
        self.assertEqual("".join(order), "abababab")
        self.assertEqual(samples["a"].median, 5)
        self.assertEqual(samples["b"].spread, 4 / 6)

    def test_words_of_clpeak(self):
        text = "Platform: P\n  Device: A (x)\n    Clock frequency : 9 MHz\n\n      float   : 1.45\n"
        text += "      float16 : 23.73\n  Device: B\n      float4  : 2.00\n"
        self.assertEqual(peak.parse_clpeak(text), {"A (x)": 23.73, "B": 2.0})

    def test_markdown(self):
        found = [markdown.seconds(s) for s in (123.4, 1.0, 0.01234, 5e-6, 5e-9)]
        self.assertEqual(found, ["123 s", "1.00 s", "12.3 ms", "5.00 µs", "5 ns"])
        self.assertEqual(markdown.ratio(1234.5), "1234")
        self.assertEqual(markdown.table(["a", "b"], [[1, 2]]), "| a | b |\n|---|---|\n| 1 | 2 |\n")
        self.assertIn("0.310; goal at most 0.350: met", markdown.goal("x", 0.31, 0.35))
        self.assertIn("**not met**", markdown.goal("x", 900, 1000, at_least=True))


if __name__ == "__main__":
    unittest.main()
