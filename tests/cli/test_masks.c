/* `estimate` with masks, weights, clipped samples, NaN, outliers and a background. */
#include "program.h"

#include "base/view.h"
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 90, COLS = 101, SIDE = 5, TAPS = SIDE * SIDE, Y_ROWS = 86, Y_COLS = 97 };

#define OPTIONS "-k", "5", "--device", "cpu", "--solver", "exact", "-o", "k.npy", "--json", "j.json"
/* BLURRED, and further options. */
#define ESTIMATE(...) "estimate", "x.npy", OPTIONS, __VA_ARGS__

static double blurred[Y_ROWS * Y_COLS];

/* x.npy, and y.npy = h * x with 1 % noise. */
static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "101x90", "--seed", "3", "--kernel",
             "gaussian:1", "--kernel-size", "5", "--noise", "0.01", "--sharp", "x.npy", "--blurred",
             "y.npy", "--kernel-out", "true.npy");
    ckn_picture picture = read_picture("y.npy");
    assert_true(picture.rows == Y_ROWS && picture.cols == Y_COLS);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++)
        blurred[n] = sample_at(&picture, 0, n / Y_COLS, n % Y_COLS);
    ckn_picture_release(&picture);
    return 0;
}

static double kernel_error(void) {
    double *taps = read_kernel("k.npy", SIDE, SIDE), *known = read_kernel("true.npy", SIDE, SIDE);
    double difference = relative_difference(taps, known, TAPS);
    free(taps);
    free(known);
    return difference;
}

/* An NPY file of uint16. */
static void write_codes(const char *path, const uint16_t *codes, size_t rows, size_t cols) {
    char text[128];
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    snprintf(text, sizeof text, "{'descr': '<u2', 'fortran_order': False, 'shape': (%zu, %zu), }",
             rows, cols);
    fprintf(file, "%cNUMPY%c%c%c%c%-117s\n", 0x93, 1, 0, 118, 0, text);
    assert_int_equal(fwrite(codes, sizeof *codes, rows * cols, file), rows * cols);
    assert_int_equal(fclose(file), 0);
}

static double clean_error(void) {
    SUCCEEDS(ESTIMATE("y.npy"));
    return kernel_error();
}

static size_t plane_count(const char *key) {
    json_t *json = json_of_file("j.json");
    const json_t *plane = json_array_get(json_object_get(json, "planes"), 0);
    const double value = json_number(plane, key);
    json_decref(json);
    return (size_t)value;
}

/* Writes BLURRED with every `step`-th sample replaced, and a mask of these. */
static size_t spoil(const char *path, const char *mask, size_t step, double value) {
    double *samples = malloc(sizeof blurred), *weights = malloc(sizeof blurred);
    assert_true(samples && weights);
    size_t count = 0;
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++) {
        const bool bad = n % step == 0;
        samples[n] = bad ? value * (1 + 1e-4 * (double)n) : blurred[n];
        weights[n] = bad ? 0 : 7;
        count += bad;
    }
    write_samples(path, samples, Y_ROWS, Y_COLS);
    if (mask)
        write_samples(mask, weights, Y_ROWS, Y_COLS);
    free(samples);
    free(weights);
    return count;
}

static void test_mask(void **state) {
    (void)state;
    const double clean = clean_error();
    const size_t count = spoil("bad.npy", "mask.npy", 10, 1e6);
    char *summary = OUTPUT(ESTIMATE("bad.npy", "--mask", "mask.npy"));
    assert_true(kernel_error() < 1.3 * clean);
    assert_int_equal(plane_count("masked"), count);
    assert_int_equal(plane_count("masked_by_file"), count);
    char line[80];
    snprintf(line, sizeof line, "masked        10 %% of the samples of BLURRED: %zu by masks\n",
             count);
    expect_contains(summary, line);
    free(summary);
    SUCCEEDS(ESTIMATE("bad.npy", "--weights", "mask.npy", "-q"));
    assert_true(kernel_error() < 1.3 * clean);
    SUCCEEDS(ESTIMATE("bad.npy", "--saturation", "none", "-q"));
    assert_true(kernel_error() > 10 * clean);
}

/* A sample of SHARP takes 25 of BLURRED with it. */
static void test_mask_sharp(void **state) {
    (void)state;
    ckn_picture picture = read_picture("x.npy");
    double *x = malloc((size_t)ROWS * COLS * sizeof *x), *mask = malloc((size_t)ROWS * COLS * 8);
    assert_true(x && mask);
    for (size_t n = 0; n < (size_t)ROWS * COLS; n++) {
        x[n] = sample_at(&picture, 0, n / COLS, n % COLS);
        mask[n] = 1;
    }
    ckn_picture_release(&picture);
    x[40 * COLS + 50] = x[2] = NAN;
    mask[40 * COLS + 50] = mask[2] = 0;
    write_samples("bad.npy", x, ROWS, COLS);
    write_samples("mask.npy", mask, ROWS, COLS);
    free(x);
    free(mask);
    SUCCEEDS("estimate", "bad.npy", "y.npy", OPTIONS, "--mask-sharp", "mask.npy");
    assert_int_equal(plane_count("masked_by_file"), 25 + 3);
    SUCCEEDS("estimate", "bad.npy", "y.npy", OPTIONS, "--nan", "mask");
    assert_int_equal(plane_count("masked_nan"), 25 + 3);
    FAILS(1, "bad.npy: the sample at row 0, column 2 (from 0) is NaN; leave such samples out",
          "estimate", "bad.npy", "y.npy", OPTIONS);
    /* Of a part of the picture, which starts behind the first of them. */
    SUCCEEDS("estimate", "bad.npy", "y.npy", OPTIONS, "--nan", "mask", "--roi", "10,1,60x60");
    assert_int_equal(plane_count("masked_nan"), 25);
    SUCCEEDS("estimate", "bad.npy", "y.npy", OPTIONS, "--mask-sharp", "mask.npy", "--roi",
             "10,1,60x60");
    assert_int_equal(plane_count("masked"), 25);
}

static void test_nan(void **state) {
    (void)state;
    const double clean = clean_error();
    const size_t count = spoil("bad.npy", NULL, 11, NAN);
    SUCCEEDS(ESTIMATE("bad.npy", "--nan", "mask", "-q"));
    assert_int_equal(plane_count("masked_nan"), count);
    assert_true(kernel_error() < 1.3 * clean);
    SUCCEEDS(ESTIMATE("bad.npy", "--nan", "mask", "--report", "r.png", "-q"));
    FAILS(1, "is NaN", ESTIMATE("bad.npy"));
}

/* BLURRED is cut off above its 90 % quantile, about. */
static void test_saturation(void **state) {
    (void)state;
    const double clean = clean_error(), limit = 0.62;
    double *samples = malloc(sizeof blurred);
    size_t clipped = 0;
    assert_non_null(samples);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++) {
        clipped += blurred[n] >= limit;
        samples[n] = fmin(blurred[n], limit);
    }
    assert_true(clipped > 400 && clipped < 2000);
    write_samples("bad.npy", samples, Y_ROWS, Y_COLS);
    free(samples);
    SUCCEEDS(ESTIMATE("bad.npy", "--saturation", "none", "-q"));
    const double plain = kernel_error();
    assert_int_equal(plane_count("masked"), 0);
    char *summary = OUTPUT(ESTIMATE("bad.npy"));
    assert_true(kernel_error() < 1.3 * clean && plain > 2 * clean);
    assert_true(plane_count("masked_clipped") > clipped);
    expect_contains(summary, " clipped, ");
    expect_contains(summary, " near the limit");
    free(summary);
    SUCCEEDS(ESTIMATE("bad.npy", "--saturation", "-1,0.62", "-q"));
    assert_true(kernel_error() < 1.3 * clean);
    assert_int_equal(plane_count("masked_seeing_clipped"), 0); /* SHARP lacks nothing */
}

/* Both are clipped: what sees SHARP's clipped samples is wrong. */
static void test_both_clipped(void **state) {
    (void)state;
    ckn_picture picture = read_picture("x.npy");
    double *x = malloc((size_t)ROWS * COLS * sizeof *x);
    assert_non_null(x);
    /* Few bright spots. */
    for (size_t n = 0; n < (size_t)ROWS * COLS; n++)
        x[n] = 0.8 * sample_at(&picture, 0, n / COLS, n % COLS) + (n % 397 == 5 ? 3 : 0);
    ckn_picture_release(&picture);
    write_samples("scene.npy", x, ROWS, COLS);
    SUCCEEDS("simulate", "--scene", "./scene.npy", "--kernel", "./true.npy", "--noise", "0.01",
             "--seed", "5", "--blurred", "full.npy");
    ckn_picture full = read_picture("full.npy");
    double *y = malloc(sizeof blurred);
    assert_non_null(y);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++)
        y[n] = fmin(sample_at(&full, 0, n / Y_COLS, n % Y_COLS), 0.8);
    ckn_picture_release(&full);
    for (size_t n = 0; n < (size_t)ROWS * COLS; n++)
        x[n] = fmin(x[n], 0.8);
    write_samples("sharp.npy", x, ROWS, COLS);
    write_samples("bad.npy", y, Y_ROWS, Y_COLS);
    free(x);
    free(y);
    SUCCEEDS("estimate", "sharp.npy", "bad.npy", OPTIONS, "--saturation", "none", "-q");
    const double plain = kernel_error();
    SUCCEEDS("estimate", "sharp.npy", "bad.npy", OPTIONS, "-q");
    assert_true(plane_count("masked_seeing_clipped") > 200);
    assert_true(kernel_error() < 0.3 * plain);
}

/* 12 bits in 16: limits are codes, or parts of the range, or found; each end may be open. */
static void test_units(void **state) {
    (void)state;
    uint16_t *codes = malloc((size_t)ROWS * COLS * sizeof *codes);
    assert_non_null(codes);
    ckn_picture x = read_picture("x.npy");
    size_t clipped = 0;
    for (size_t n = 0; n < (size_t)ROWS * COLS; n++)
        codes[n] = (uint16_t)lrint(5000 * sample_at(&x, 0, n / COLS, n % COLS));
    ckn_picture_release(&x);
    write_codes("codes-x.npy", codes, ROWS, COLS);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++) {
        codes[n] = (uint16_t)fmin(lrint(6500 * fmax(blurred[n], 0)), 4095);
        clipped += codes[n] == 4095;
    }
    write_codes("codes-y.npy", codes, Y_ROWS, Y_COLS);
    free(codes);
    static const char *const words[] = {"auto", "none,4095", "-inf,4095", "none,0.062485695",
                                        "0,4095"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        SUCCEEDS("estimate", "codes-x.npy", "codes-y.npy", OPTIONS, "--saturation", words[i], "-q");
        assert_true(plane_count("masked_clipped") >= clipped);
        assert_true(plane_count("masked_clipped") < 2 * clipped);
    }
    SUCCEEDS("estimate", "codes-x.npy", "codes-y.npy", OPTIONS, "--saturation", "none,9000", "-q");
    assert_int_equal(plane_count("masked_clipped"), 0);
}

/* A plateau under a plateau is none that clipping made; neither is black under black. */
static void test_plateaus_stay(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "square:30", "--size", "80x80", "--kernel", "gaussian:1",
             "--kernel-size", "5", "--sharp", "sx.png", "--blurred", "sy.png", "-q");
    SUCCEEDS("estimate", "sx.png", "sy.png", OPTIONS, "-q");
    assert_int_equal(plane_count("masked"), 0);
}

/* Where masking would keep too little, clipped samples stay. */
static void test_too_much_clipped(void **state) {
    (void)state;
    double *samples = malloc(sizeof blurred);
    assert_non_null(samples);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++)
        samples[n] = fmin(blurred[n], 0.4);
    write_samples("bad.npy", samples, Y_ROWS, Y_COLS);
    free(samples);
    program_run run = RUN(ESTIMATE("bad.npy"));
    assert_int_equal(run.status, 0);
    expect_contains(
        run.err, "% of its samples are clipped, most at its highest value: they stay in the fit");
    program_release(&run);
    FAILS(1, "the masks leave", ESTIMATE("bad.npy", "--saturation", "0,0.2"));
}

/* Where more than half of BLURRED is clipped, of 8-bit pictures: the search of the size keeps to
 * the frames that have samples, and nobody who gave no mask is told to mask less. */
enum { DARK_SIDE = 120, DARK_REACH = 8 };

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void write_8_bit(const char *path, const double *samples) {
    ckn_error error;
    ckn_picture picture;
    assert_int_equal(
        ckn_picture_create(&picture, DARK_SIDE, DARK_SIDE, 1, false, CKN_SAMPLE_U8, &error),
        CKN_OK);
    ckn_output output = ckn_picture_output(&picture, 0);
    for (size_t n = 0; n < DARK_SIDE * DARK_SIDE; n++)
        ckn_output_set(&output, n / DARK_SIDE, n % DARK_SIDE, fmax(0, samples[n]));
    assert_int_equal(ckn_picture_write(path, &picture, &error), CKN_OK);
    ckn_picture_release(&picture);
}

/* A Gaussian of this sigma on a picture that goes on periodically. */
static double blurred_sample(const double *x, size_t row, size_t col, double sigma) {
    double sum = 0, all = 0;
    for (int i = -DARK_REACH; i <= DARK_REACH; i++)
        for (int j = -DARK_REACH; j <= DARK_REACH; j++) {
            const size_t r = (row + (size_t)(i + DARK_SIDE)) % DARK_SIDE;
            const size_t c = (col + (size_t)(j + DARK_SIDE)) % DARK_SIDE;
            const double weight = exp(-0.5 * (i * i + j * j) / (sigma * sigma));
            sum += weight * x[r * DARK_SIDE + c];
            all += weight;
        }
    return sum / all;
}

static void test_mostly_black(void **state) {
    (void)state;
    enum { COUNT = DARK_SIDE * DARK_SIDE };
    static double x[COUNT], y[COUNT], sorted[COUNT];
    for (unsigned seed = 1; seed <= 3; seed++) {
        const double sigma = 1.5 + 0.15 * seed; /* which ends within the reach */
        for (size_t n = 0; n < COUNT; n++)
            x[n] = pattern(seed, n);
        for (size_t n = 0; n < COUNT; n++)
            sorted[n] = y[n] = blurred_sample(x, n / DARK_SIDE, n % DARK_SIDE, sigma);
        qsort(sorted, COUNT, sizeof *sorted, compare_doubles);
        const double black = sorted[COUNT * 67 / 100], white = sorted[COUNT - 1];
        for (size_t n = 0; n < COUNT; n++)
            y[n] = 0.86 * (y[n] - black) / (white - black);
        write_8_bit("dark-x.png", x);
        write_8_bit("dark-y.png", y);
        program_run run = RUN("estimate", "dark-x.png", "dark-y.png", "--device", "cpu");
        assert_int_equal(run.status, 0);
        expect_lacks(run.err, "mask");
        const char *expected = "verdict       Gaussian blur, sigma ";
        expect_contains(run.out, expected);
        assert_true(fabs(strtod(run.out + strlen(expected), NULL) - sigma) < 0.005);
        program_release(&run);
    }
}

static void test_robust(void **state) {
    (void)state;
    const double clean = clean_error();
    const size_t count = spoil("bad.npy", NULL, 10, 1.5);
    char *summary = OUTPUT(ESTIMATE("bad.npy", "--robust"));
    assert_true(kernel_error() < 1.3 * clean);
    expect_contains(summary, "sigma-clipped  10");
    expect_contains(summary, " % of samples (");
    free(summary);
    json_t *json = json_of_file("j.json");
    assert_true(json_is_true(json_object_get(json, "robust")));
    assert_true(fabs(json_number(json, "rejected") - (double)count) < 10);
    assert_true(json_number(json, "robust_iterations") > 3);
    json_decref(json);
}

static void test_background(void **state) {
    (void)state;
    double *samples = malloc(sizeof blurred);
    assert_non_null(samples);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++)
        samples[n] = blurred[n] + 0.2 + 1e-3 * (double)(n % Y_COLS);
    write_samples("bad.npy", samples, Y_ROWS, Y_COLS);
    free(samples);
    char *summary = OUTPUT(ESTIMATE("bad.npy", "--background", "plane"));
    expect_contains(summary, "background    plane: 0.24");
    expect_contains(summary, ", slopes x 0.001");
    free(summary);
    json_t *json = json_of_file("j.json");
    assert_string_equal(json_word(json, "background"), "plane");
    const json_t *plane = json_array_get(json_object_get(json, "planes"), 0);
    assert_true(fabs(json_number(plane, "background_slope_x") - 1e-3) < 1e-4);
    assert_true(fabs(json_number(plane, "background_slope_y")) < 1e-4);
    json_decref(json);
    SUCCEEDS(ESTIMATE("y.npy", "-q"));
    json = json_of_file("j.json");
    assert_string_equal(json_word(json, "background"), "none");
    json_decref(json);
}

/* Masks follow a kernel whose size is found, and a shift. */
static void test_placement(void **state) {
    (void)state;
    const size_t count = spoil("bad.npy", "mask.npy", 10, 1e6);
    SUCCEEDS("estimate", "x.npy", "bad.npy", "--device", "cpu", "-o", "found.npy", "--json",
             "j.json", "--mask", "mask.npy", "-q");
    json_t *json = json_of_file("j.json");
    assert_true(json_number(json, "kernel_rows") >= 5 && json_number(json, "kernel_rows") <= 9);
    assert_true(json_number(json, "residual_rms") < 0.012);
    json_decref(json);
    assert_true(plane_count("masked") > count / 2 && plane_count("masked") <= count);
    /* SHARP is cut off at the left and at the top, so BLURRED lies further to the left. */
    ckn_picture picture = read_picture("x.npy");
    double *x = malloc((size_t)ROWS * COLS * sizeof *x), *mask = malloc((size_t)ROWS * COLS * 8);
    double *y = calloc((size_t)ROWS * COLS, sizeof *y);
    assert_true(x && mask && y);
    for (size_t n = 0; n < (size_t)ROWS * COLS; n++) {
        const size_t row = n / COLS, col = n % COLS;
        x[n] = sample_at(&picture, 0, row, col);
        mask[n] = n % 7 != 0;
        /* y of the whole picture, moved by 3 rows and 4 columns; what is not known is masked */
        const size_t p = row - 3 - 2, q = col - 4 - 2;
        const bool known = row >= 5 && col >= 6 && p < Y_ROWS && q < Y_COLS;
        y[n] = known && mask[n] != 0 ? blurred[p * Y_COLS + q] : 77;
        mask[n] = known ? mask[n] : 0;
    }
    ckn_picture_release(&picture);
    write_samples("moved.npy", y, ROWS, COLS);
    write_samples("mask.npy", mask, ROWS, COLS);
    SUCCEEDS("estimate", "x.npy", "moved.npy", OPTIONS, "--mask", "mask.npy", "--shift", "4,3",
             "-q");
    const double moved = kernel_error();
    assert_true(moved < 1.3 * clean_error());
    free(x);
    free(y);
    free(mask);
}

static void test_gain(void **state) {
    (void)state;
    double *samples = malloc(sizeof blurred);
    assert_non_null(samples);
    for (size_t n = 0; n < (size_t)Y_ROWS * Y_COLS; n++)
        samples[n] = 0.4 * blurred[n];
    write_samples("dark.npy", samples, Y_ROWS, Y_COLS);
    free(samples);
    char *summary =
        OUTPUT("estimate", "x.npy", "y.npy", "x.npy", "dark.npy", OPTIONS, "--gain", "fit");
    expect_contains(summary, "gain          of plane 1: 1\n");
    expect_contains(summary, "gain          of plane 2: 0.");
    free(summary);
    json_t *json = json_of_file("j.json");
    const json_t *plane = json_array_get(json_object_get(json, "planes"), 1);
    assert_true(fabs(json_number(plane, "gain") - 0.4) < 0.002);
    json_decref(json);
    FAILS(2, "--gain has no meaning with --solver division", "estimate", "x.npy", "y.npy", "-k",
          "5", "-o", "k.npy", "--solver", "division", "--gain", "fit");
    FAILS(2, "--gain works on the statistics", "estimate", "x.npy", "y.npy", "-k", "5", "-o",
          "k.npy", "--solver", "cg", "--engine", "fft", "--gain", "fit");
}

/* One mask for both pairs, or one for each; and colour. */
static void test_several_pairs(void **state) {
    (void)state;
    const size_t count = spoil("bad.npy", "mask.npy", 10, 0);
    spoil("other.npy", "second.npy", 9, 0);
    SUCCEEDS("estimate", "x.npy", "bad.npy", "x.npy", "bad.npy", OPTIONS, "--mask", "mask.npy");
    assert_int_equal(plane_count("masked"), count);
    SUCCEEDS("estimate", "x.npy", "other.npy", "x.npy", "bad.npy", OPTIONS, "--mask",
             "second.npy,mask.npy", "--nan", "mask");
    assert_true(plane_count("masked") > count);
    FAILS(2, "--mask lists 3 files for 2 pairs", "estimate", "x.npy", "y.npy", "x.npy", "y.npy",
          OPTIONS, "--mask", "a,b,c");
    write_pattern("cx.npy", 40, 41, 3, false, CKN_SAMPLE_F64, 3);
    SUCCEEDS("simulate", "--scene", "./cx.npy", "--kernel", "./true.npy", "--noise", "0.01",
             "--seed", "3", "--blurred", "cy.npy");
    write_pattern("cm.npy", 36, 37, 3, false, CKN_SAMPLE_F64, 9);
    SUCCEEDS("estimate", "cx.npy", "cy.npy", OPTIONS, "--weights", "cm.npy");
    SUCCEEDS("estimate", "cx.npy", "cy.npy", OPTIONS, "--weights", "cm.npy", "--channels", "luma");
    SUCCEEDS("estimate", "cx.npy", "cy.npy", OPTIONS, "--weights", "cm.npy", "--channels", "G");
}

static void test_refusals(void **state) {
    (void)state;
    spoil("bad.npy", "mask.npy", 10, 0);
    FAILS(2,
          "--saturation must be auto, none, or two rising numbers LOW,HIGH, of which one may be "
          "none, not '5,1'",
          ESTIMATE("y.npy", "--saturation", "5,1"));
    FAILS(2, "LOW,HIGH", ESTIMATE("y.npy", "--saturation", "some"));
    FAILS(2, "LOW,HIGH", ESTIMATE("y.npy", "--saturation", "1,"));
    FAILS(2, "--mask 'mask.npy,' has an empty name", ESTIMATE("y.npy", "--mask", "mask.npy,"));
    FAILS(2, "--nan", ESTIMATE("y.npy", "--nan", "keep"));
    FAILS(1, "--mask-sharp mask.npy is 97x86, but x.npy is 101x90",
          ESTIMATE("y.npy", "--mask-sharp", "mask.npy"));
    FAILS(1, "none.npy", ESTIMATE("y.npy", "--mask", "none.npy"));
    write_constant("zero.npy", Y_ROWS, Y_COLS, 0);
    FAILS(1, "the masks leave nothing to fit", ESTIMATE("y.npy", "--mask", "zero.npy"));
    write_constant("minus.npy", Y_ROWS, Y_COLS, -1);
    FAILS(1, "--weights minus.npy: the one at row 0, column 0 (from 0) is -1",
          ESTIMATE("y.npy", "--weights", "minus.npy"));
    write_pattern("five.npy", Y_ROWS, Y_COLS, 5, false, CKN_SAMPLE_F64, 1);
    FAILS(1, "five.npy", ESTIMATE("y.npy", "--mask", "five.npy"));
    FAILS(1, "the division knows no weights", "estimate", "x.npy", "y.npy", "-k", "5", "--device",
          "cpu", "--solver", "division", "-o", "k.npy", "--mask", "mask.npy");
    FAILS(1, "the division cannot leave out outliers", "estimate", "x.npy", "y.npy", "-k", "5",
          "--device", "cpu", "--solver", "division", "-o", "k.npy", "--robust");
    FAILS(2, "--background plane works on the statistics", "estimate", "x.npy", "y.npy", "-k", "5",
          "-o", "k.npy", "--solver", "cg", "--engine", "fft", "--background", "plane");
    FAILS(2, "--background has no meaning with --solver division", "estimate", "x.npy", "y.npy",
          "-k", "5", "-o", "k.npy", "--solver", "division", "--background", "plane");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mask),          cmocka_unit_test(test_mask_sharp),
        cmocka_unit_test(test_nan),           cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_both_clipped),  cmocka_unit_test(test_units),
        cmocka_unit_test(test_plateaus_stay), cmocka_unit_test(test_too_much_clipped),
        cmocka_unit_test(test_mostly_black),  cmocka_unit_test(test_robust),
        cmocka_unit_test(test_background),    cmocka_unit_test(test_placement),
        cmocka_unit_test(test_gain),          cmocka_unit_test(test_several_pairs),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
