/* Where `estimate` takes the kernel to lie: its size, and the shift between the pictures. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU "--device", "cpu"

enum { ROWS = 120, COLS = 140 };

/* a scene x.npy with y.npy, its blurred version of the same size (9 wide, 7 high), and k.npy. */
static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "shapes", "--size", "140x120", "--kernel", "motion:9,35",
             "--kernel-size", "15", "--support", "same", "--sharp", "x.npy", "--blurred", "y.npy");
    SUCCEEDS("simulate", "--scene", "shapes", "--size", "140x120", "--kernel", "motion:9,35",
             "--kernel-size", "15", "--sharp", "x.npy", "--blurred", "valid.npy", "--kernel-out",
             "true.npy");
    return 0;
}

/* Writes the part of a grey picture that starts at (row, col). */
static void write_part(const char *path, const char *from, size_t row, size_t col, size_t rows,
                       size_t cols) {
    ckn_picture picture = read_picture(from);
    double *samples = calloc(rows * cols, sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < rows * cols; i++)
        samples[i] = sample_at(&picture, 0, row + i / cols, col + i % cols);
    write_samples(path, samples, rows, cols);
    free(samples);
    ckn_picture_release(&picture);
}

static json_t *figures(const char *const *words) {
    char *text = program_output(words);
    json_t *json = json_of_text(text);
    free(text);
    return json;
}
#define FIGURES(...)                                                                               \
    figures((const char *const[]){"estimate", __VA_ARGS__, CPU, "--json", "-", "-q", NULL})

static double member(const json_t *json, const char *object, const char *key) {
    const json_t *part = json_object_get(json, object);
    assert_true(json_is_object(part));
    return json_number(part, key);
}

/* The middle of the true kernel, which fills 15 x 15, against what was written. */
static void check_kernel(const json_t *json, const char *path, double row, double col) {
    const size_t rows = (size_t)json_number(json, "kernel_rows");
    const size_t cols = (size_t)json_number(json, "kernel_cols");
    double *found = read_kernel(path, rows, cols), *known = read_kernel("true.npy", 15, 15);
    const ptrdiff_t down =
        (ptrdiff_t)(member(json, "shift", "y") - row) + 7 - (ptrdiff_t)(rows / 2);
    const ptrdiff_t right =
        (ptrdiff_t)(member(json, "shift", "x") - col) + 7 - (ptrdiff_t)(cols / 2);
    double error = 0, all = 0, covered = 0;
    for (size_t i = 0; i < 225; i++)
        all += known[i] * known[i];
    for (size_t i = 0; i < rows * cols; i++) {
        const ptrdiff_t r = (ptrdiff_t)(i / cols) + down, c = (ptrdiff_t)(i % cols) + right;
        const bool inside = r >= 0 && c >= 0 && r < 15 && c < 15;
        const double tap = inside ? known[r * 15 + c] : 0;
        error += (found[i] - tap) * (found[i] - tap);
        covered += tap * tap;
    }
    assert_true(all - covered < 1e-8 * all);
    assert_true(error < 1e-6 * all);
    free(found);
    free(known);
}

static void test_size_is_found(void **state) {
    (void)state;
    static const char *const sizes[] = {"auto", "auto:5", "auto:9x21", "auto:29"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        json_t *json = FIGURES("x.npy", "valid.npy", "-k", sizes[i], "-o", "k.npy");
        assert_true(json_is_true(json_object_get(json, "kernel_size_auto")));
        assert_true(json_is_false(json_object_get(json, "kernel_truncated")));
        assert_true(json_number(json, "kernel_rows") == 7);
        assert_true(json_number(json, "kernel_cols") == 9);
        const json_t *trail = json_object_get(json, "kernel_size_trail");
        assert_true(json_array_size(trail) >= 1);
        const json_t *step = json_array_get(trail, 0);
        assert_true(member(step, "tried", "rows") >= 5);
        assert_true(member(step, "found", "rows") >= 1);
        assert_true(json_number(step, "noise_sigma") >= 0);
        check_kernel(json, "k.npy", 0, 0);
        json_decref(json);
    }
    char *text = OUTPUT("estimate", "x.npy", "valid.npy", CPU, "-o", "k.npy");
    expect_contains(text, "kernel size   9x7 found (from 25x25)\n");
    expect_lacks(text, "shift  ");
    expect_lacks(text, "reaches");
    free(text);
}

static void test_size_is_given(void **state) {
    (void)state;
    json_t *json = FIGURES("x.npy", "y.npy", "-k", "15");
    assert_true(json_is_false(json_object_get(json, "kernel_size_auto")));
    assert_true(json_is_null(json_object_get(json, "kernel_size_trail")));
    assert_true(member(json, "shift", "x") == 0);
    json_decref(json);
}

static void test_truncated(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60", "--kernel", "box:21", "--sharp",
             "s.npy", "--blurred", "b.npy");
    char *text = OUTPUT("estimate", "s.npy", "b.npy", CPU, "-o", "k.npy");
    expect_contains(text, "verdict       rectangle 21 x 21\n");
    expect_contains(text, "at the limit\n");
    expect_lacks(text, "reaches the border"); /* all is explained */
    free(text);
    json_t *json = FIGURES("s.npy", "b.npy");
    assert_true(json_is_true(json_object_get(json, "kernel_truncated")));
    json_decref(json);
}

/* A kernel that fades or ends within its frame is explained, which is no reason to ask for a larger
 * one; a kernel that is cut leaves more than noise. */
static void test_border_of_a_noisy_kernel(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "shapes", "--size", "90", "--kernel", "gaussian:1.2",
             "--kernel-size", "13", "--noise", "0.02", "--sharp", "s.npy", "--blurred", "b.npy");
    char *text =
        OUTPUT("estimate", "s.npy", "b.npy", "-k", "13", "--solver", "exact", CPU, "-o", "k.npy");
    expect_lacks(text, "reaches its border");
    free(text);
    SUCCEEDS("simulate", "--scene", "noise", "--size", "90", "--kernel", "gaussian:3",
             "--kernel-size", "7", "--noise", "0.02", "--sharp", "s.npy", "--blurred", "b.npy");
    text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "7", "--solver", "exact", CPU, "-o", "k.npy");
    expect_lacks(text, "reaches its border");
    free(text);
    SUCCEEDS("simulate", "--scene", "noise", "--size", "90", "--kernel", "gaussian:3",
             "--kernel-size", "19", "--noise", "0.02", "--sharp", "s.npy", "--blurred", "b.npy",
             "--support", "same");
    text = OUTPUT("estimate", "s.npy", "b.npy", "-k", "7", "--solver", "exact", CPU, "-o", "k.npy");
    expect_contains(text, "the kernel reaches its border");
    free(text);
}

/* BLURRED's rows begin 20 higher and its columns 31 farther right: its content lies lower and
 * farther left. */
static void make_moved(void) {
    write_part("sx.npy", "x.npy", 25, 0, 90, 105);
    write_part("sy.npy", "y.npy", 5, 31, 90, 105);
}

static void test_shift_is_found(void **state) {
    (void)state;
    make_moved();
    char *text = OUTPUT("estimate", "sx.npy", "sy.npy", CPU, "-o", "k.npy");
    expect_contains(text, "shift         x -31, y 20: the kernel's middle; both pictures are cut");
    expect_contains(text, "kernel size   9x7 found");
    free(text);
    json_t *json = FIGURES("sx.npy", "sy.npy", "-o", "k.npy");
    check_kernel(json, "k.npy", 20, -31);
    json_decref(json);
    json = FIGURES("sx.npy", "sy.npy", "-k", "15", "-o", "k.npy", "--report", "r.png");
    assert_true(json_number(json, "kernel_rows") == 15);
    assert_true(fabs(member(json, "shift", "x") + 31) <= 1);
    check_kernel(json, "k.npy", 20, -31);
    json_decref(json);
}

static void test_shift_is_given(void **state) {
    (void)state;
    make_moved();
    json_t *json = FIGURES("sx.npy", "sy.npy", "-k", "17", "--shift", "-30,+19", "-o", "k.npy");
    assert_true(member(json, "shift", "x") == -30);
    assert_true(member(json, "shift", "y") == 19);
    check_kernel(json, "k.npy", 20, -31);
    json_decref(json);
    json = FIGURES("sx.npy", "sy.npy", "-k", "15", "--shift", "none");
    assert_true(member(json, "shift", "x") == 0);
    assert_true(json_number(json, "residual_rms") > 0.01);
    json_decref(json);
    FAILS(1, "leaves nothing", "estimate", "sx.npy", "sy.npy", "-k", "15", "--shift=100,0", "-o",
          "k.npy", CPU);
    FAILS(1, "leaves nothing", "estimate", "sx.npy", "sy.npy", "--shift=105,0", "-o", "k.npy", CPU);
}

/* Each pair has its own shift, and all of them one kernel. */
static void test_shifts_of_pairs(void **state) {
    (void)state;
    make_moved();
    write_part("tx.npy", "x.npy", 10, 20, 100, 100);
    write_part("ty.npy", "y.npy", 6, 25, 100, 100);
    json_t *json = FIGURES("sx.npy", "sy.npy", "tx.npy", "ty.npy", "-o", "k.npy");
    assert_true(json_is_null(json_object_get(json, "shift")));
    const json_t *pairs = json_object_get(json, "pairs");
    const json_t *first = json_array_get(pairs, 0), *second = json_array_get(pairs, 1);
    assert_true(member(second, "shift", "x") - member(first, "shift", "x") == 31 - 5);
    assert_true(member(second, "shift", "y") - member(first, "shift", "y") == 4 - 20);
    assert_true(json_number(json, "kernel_rows") == 7);
    assert_true(json_number(json, "kernel_cols") == 9);
    assert_true(json_number(json, "residual_rms") < 1e-4);
    json_decref(json);
    char *text = OUTPUT("estimate", "sx.npy", "sy.npy", "tx.npy", "ty.npy", CPU, "-o", "k.npy");
    expect_contains(text, " in pair 1: the kernel's middle");
    expect_contains(text, " in pair 2: the kernel's middle");
    free(text);
}

/* Periodic pictures are not cut: the kernel is as large as holds what was found. */
static void test_division(void **state) {
    (void)state;
    make_moved();
    json_t *json = FIGURES("x.npy", "y.npy", "--solver", "division");
    assert_true(json_number(json, "kernel_rows") == 7);
    assert_true(json_number(json, "kernel_cols") == 9);
    json_decref(json);
    FAILS(2, "--shift has no meaning with --solver division", "estimate", "x.npy", "y.npy",
          "--solver", "division", "--shift", "3,4", "-o", "k.npy");
}

/* Without a size, BLURRED's tells what its valid part is. */
static void test_sizes_of_pictures(void **state) {
    (void)state;
    json_t *json = FIGURES("x.npy", "valid.npy", "--roi", "10,10,100x100", "-o", "k.npy");
    check_kernel(json, "k.npy", 0, 0);
    json_decref(json);
    FAILS(1, "sizes do not match: x.npy (140x120) is larger than valid.npy (126x106)", "estimate",
          "valid.npy", "x.npy", "-o", "k.npy", CPU);
    FAILS(1, "--roi leaves nothing", "estimate", "x.npy", "valid.npy", "--roi", "0,0,14x50", "-o",
          "k.npy", CPU);
    write_constant("flat.npy", 50, 50, 0.5);
    FAILS(1, "flat.npy is constant", "estimate", "flat.npy", "flat.npy", "-o", "k.npy", CPU);
}

static void test_words(void **state) {
    (void)state;
    static const char *const sizes[] = {"auto:", "auto7", "auto:0", "auto:3x", "automatic", "0"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        FAILS(2, "or auto, or auto:N with a first guess, not '", "estimate", "a", "b", "-o",
              "k.npy", "-k", sizes[i]);
    static const char *const shifts[] = {"3", "3,", "3,4,5", "1.5,2", "3 ,4", "some", "-,3"};
    for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++)
        FAILS(2, "--shift must be auto, none or X,Y in whole pixels", "estimate", "a", "b", "-o",
              "k.npy", "--shift", shifts[i]);
    FAILS(2, "--kernel-size must be", "compare", "a", "b", "-k", "auto");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_is_found),     cmocka_unit_test(test_size_is_given),
        cmocka_unit_test(test_truncated),         cmocka_unit_test(test_border_of_a_noisy_kernel),
        cmocka_unit_test(test_shift_is_found),    cmocka_unit_test(test_shift_is_given),
        cmocka_unit_test(test_shifts_of_pairs),   cmocka_unit_test(test_division),
        cmocka_unit_test(test_sizes_of_pictures), cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
