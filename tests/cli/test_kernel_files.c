/* What `estimate` writes can be used: its kernel gives BLURRED again, and its model and residual
 * are what BLURRED is made of. */
#include "program.h"

#include "files.h"

#include "io/picture_format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU "--device", "cpu"

enum { PAIRS = 20, ROWS = 84, COLS = 96, MARGIN = 30, WIDE = COLS + 2 * MARGIN, MOST = 9 };

/* --- pairs -------------------------------------------------------------------------------- */

typedef struct pair_case {
    const char *size; /* --kernel-size */
    int kind;         /* of the kernel */
    int rows, cols, down, right;
    double noise, background; /* parts of BLURRED's deviation */
} pair_case;

static pair_case make_case(unsigned seed) {
    static const char *const sizes[] = {"auto", "11", "12", "14x10"};
    static const double noises[] = {0, 0.002, 0.02};
    pair_case made = {.size = sizes[seed % 4],
                      .kind = (int)(seed / 4 % 5),
                      .rows = 3 + (int)(6 * pattern(seed, 1)),
                      .cols = 3 + (int)(6 * pattern(seed, 2)),
                      .noise = noises[seed % 3],
                      .background = seed % 5 == 4 ? 0.7 : 0};
    if (seed % 2 == 1) {
        made.down = (int)(17 * pattern(seed, 3)) - 8;
        made.right = (int)(17 * pattern(seed, 4)) - 8;
    }
    return made;
}

/* Gaussian, box, random, unsharp mask, random with signs. */
static void make_kernel(const pair_case *made, unsigned seed, double taps[MOST * MOST]) {
    double sum = 0;
    const int rows = made->rows, cols = made->cols;
    for (int i = 0; i < rows * cols; i++) {
        const int row = i / cols, col = i % cols;
        const double y = row - 0.5 * (rows - 1), x = col - 0.5 * (cols - 1);
        const double bell = exp(-0.5 * (x * x + y * y)), random = pattern(seed + 100, (size_t)i);
        const double kinds[] = {bell, 1, random, bell, random - 0.3};
        taps[i] = kinds[made->kind];
        sum += fabs(taps[i]);
    }
    for (int i = 0; i < rows * cols; i++)
        taps[i] /= made->kind == 3 ? -2 * sum : sum;
    if (made->kind == 3)
        taps[(rows - 1) / 2 * cols + (cols - 1) / 2] += 1.5;
}

/* Detail of several pixels and of one, with light outside of the picture. */
static double scene_at(unsigned seed, int row, int col) {
    const int down = row + MARGIN, right = col + MARGIN;
    const size_t r = (size_t)down, c = (size_t)right;
    return pattern(seed, r * WIDE + c) + pattern(seed, r / 4 * WIDE + c / 4) +
           2 * pattern(seed, r / 9 * WIDE + c / 9);
}

static void blur_scene(const pair_case *made, unsigned seed, double *blurred) {
    double taps[MOST * MOST];
    make_kernel(made, seed, taps);
    for (int row = 0; row < ROWS; row++)
        for (int col = 0; col < COLS; col++) {
            double sum = made->background;
            for (int i = 0; i < made->rows * made->cols; i++)
                sum += taps[i] *
                       scene_at(seed, row - made->down - i / made->cols + (made->rows - 1) / 2,
                                col - made->right - i % made->cols + (made->cols - 1) / 2);
            double noise = -6; /* of twelve, nearly normal */
            for (size_t i = 0; i < 12; i++)
                noise += pattern(seed + 50, (size_t)(row * COLS + col) * 12 + i);
            blurred[row * COLS + col] = sum + made->noise * 0.5 * noise;
        }
}

static void write_pair(const pair_case *made, unsigned seed) {
    double *sharp = calloc(ROWS * COLS, sizeof *sharp),
           *blurred = calloc(ROWS * COLS, sizeof *sharp);
    assert_non_null(sharp);
    assert_non_null(blurred);
    for (int i = 0; i < ROWS * COLS; i++)
        sharp[i] = scene_at(seed, i / COLS, i % COLS);
    blur_scene(made, seed, blurred);
    write_samples("x.npy", sharp, ROWS, COLS);
    write_samples("y.npy", blurred, ROWS, COLS);
    free(sharp);
    free(blurred);
}

/* --- what is compared --------------------------------------------------------------------- */

static bool has_format(const char *name) {
    return strstr(ckn_picture_format_lists().kernels, name) != NULL;
}

/* The end of a kernel's name that this build writes. */
static const char *format_of(size_t index) {
    static const char *const ends[] = {"npy", "csv", "tif", "fits"};
    static const char *const names[] = {"NPY", "CSV", "TIFF", "FITS"};
    return has_format(names[index % 4]) ? ends[index % 4] : "npy";
}

static json_t *estimate(const char *kernel, const char *size) {
    char *text = OUTPUT("estimate", "x.npy", "y.npy", CPU, "--json", "-", "-q", "-k", size, "-o",
                        kernel, "--model", "m.npy", "--residual", "r.npy");
    json_t *json = json_of_text(text);
    free(text);
    return json;
}

/* RMS of y - (other + background) where the residual is a number. */
static double remaining(const char *other, double background, size_t *count) {
    ckn_picture y = read_picture("y.npy"), r = read_picture("r.npy"), z = read_picture(other);
    double sum = 0;
    *count = 0;
    assert_true(z.rows == y.rows && z.cols == y.cols && r.rows == y.rows && r.cols == y.cols);
    for (size_t i = 0; i < y.rows * y.cols; i++) {
        const size_t row = i / y.cols, col = i % y.cols;
        if (isnan(sample_at(&r, 0, row, col)))
            continue;
        const double rest = sample_at(&y, 0, row, col) - sample_at(&z, 0, row, col) - background;
        sum += rest * rest;
        ++*count;
    }
    ckn_picture_release(&y);
    ckn_picture_release(&r);
    ckn_picture_release(&z);
    return sqrt(sum / (double)*count);
}

/* y = m + r where both are numbers, which they are at the same places. */
static void check_sum(const char *blurred, const char *model, const char *residual) {
    ckn_picture y = read_picture(blurred), m = read_picture(model), r = read_picture(residual);
    assert_true(m.channels == y.channels && r.channels == y.channels);
    for (size_t i = 0; i < y.channels * y.rows * y.cols; i++) {
        const size_t plane = i / (y.rows * y.cols), row = i / y.cols % y.rows, col = i % y.cols;
        const double value = sample_at(&m, plane, row, col), rest = sample_at(&r, plane, row, col);
        const double whole = sample_at(&y, plane, row, col);
        assert_true(isnan(value) == isnan(rest));
        /* One rounding of what the files hold. */
        assert_true(isnan(value) ||
                    fabs(value + rest - whole) <=
                        (y.type == CKN_FLOAT64 ? 2.3e-16 : 1.2e-7) * (fabs(whole) + fabs(rest)));
    }
    ckn_picture_release(&y);
    ckn_picture_release(&m);
    ckn_picture_release(&r);
}

static double shift_of(const json_t *json, const char *axis) {
    return json_number(json_object_get(json, "shift"), axis);
}

/* Where the taps of a kernel without signs lie on the mean, by the JSON and in truth. */
static void check_centroid(const json_t *json, const pair_case *made, unsigned seed) {
    double taps[MOST * MOST] = {0}, sum = 0, x = 0, y = 0;
    make_kernel(made, seed, taps);
    for (int i = 0; i < made->rows * made->cols; i++) {
        const int right = i % made->cols - (made->cols - 1) / 2 + made->right;
        const int down = i / made->cols - (made->rows - 1) / 2 + made->down;
        sum += taps[i];
        x += taps[i] * right;
        y += taps[i] * down;
    }
    const int rows = (int)json_number(json, "kernel_rows"),
              cols = (int)json_number(json, "kernel_cols");
    const int middle_row = (rows - 1) / 2, middle_col = (cols - 1) / 2;
    assert_true(fabs(json_number(json, "centroid_x") - middle_col + shift_of(json, "x") - x / sum) <
                1e-3);
    assert_true(fabs(json_number(json, "centroid_y") - middle_row + shift_of(json, "y") - y / sum) <
                1e-3);
}

/* --- tests -------------------------------------------------------------------------------- */

static void check_format(const pair_case *made, unsigned seed, size_t format) {
    char kernel[32];
    size_t count;
    snprintf(kernel, sizeof kernel, "k.%s", format_of(format));
    json_t *json = estimate(kernel, made->size);
    const json_t *plane = json_array_get(json_object_get(json, "planes"), 0);
    const double background = json_number(plane, "background_constant");
    const double printed = json_number(json, "residual_rms");
    SUCCEEDS("apply", "x.npy", kernel, CPU, "--support", "same", "-o", "z.npy", "-q");
    const double applied = remaining("z.npy", background, &count);
    if (fabs(applied - printed) > 0.01 * printed + 1e-12)
        print_error("pair %u, %s: %g printed, %g applied\n", seed, kernel, printed, applied);
    assert_true(fabs(applied - printed) <= 0.01 * printed + 1e-12);
    assert_true(count == (size_t)json_number(json, "residual_count"));
    assert_true(fabs(remaining("m.npy", 0, &count) - printed) <= 1e-6 * printed + 1e-12);
    check_sum("y.npy", "m.npy", "r.npy");
    if (made->kind < 3 && made->noise == 0 && background == 0)
        check_centroid(json, made, seed);
    json_decref(json);
}

static void test_kernel_gives_blurred(void **state) {
    (void)state;
    for (unsigned seed = 0; seed < PAIRS; seed++) {
        const pair_case made = make_case(seed);
        write_pair(&made, seed);
        check_format(&made, seed, seed / 2);
        for (size_t format = 0; format < 4 && seed < 2; format++)
            check_format(&made, seed, format);
    }
}

/* A kernel of a given size that lies beyond it: the file holds the offset, and the command that the
 * note has works as it is printed. */
static void test_note_has_command(void **state) {
    (void)state;
    const pair_case made = {"7", 2, 5, 5, -9, 14, 0, 0};
    size_t count;
    write_pair(&made, 77);
    json_t *json = estimate("k.csv", "7");
    assert_true(shift_of(json, "x") == 14 && shift_of(json, "y") == -9);
    char *text = OUTPUT("estimate", "x.npy", "y.npy", CPU, "-k", "7", "-o", "k k.csv",
                        "--uncertainty", "u.csv");
    expect_contains(text,
                    "clkernest apply x.npy 'k k.csv' --support same --shift 14,-9 -o model.npy\n");
    free(text);
    SUCCEEDS("apply", "x.npy", "k k.csv", CPU, "--support", "same", "--shift", "14,-9", "-o",
             "model.npy", "-q");
    assert_true(remaining("model.npy", 0, &count) < 1e-9);
    text = file_text("u.csv");
    expect_contains(text, "# Shift: 14,-9\n");
    free(text);
    text = OUTPUT("estimate", "x.npy", "y.npy", CPU, "-o", "k.csv");
    expect_lacks(text, "--shift");
    free(text);
    json_decref(json);
}

/* What is left out of SHARP is not known in the model; of BLURRED it is. */
static void test_masked(void **state) {
    (void)state;
    const pair_case made = {"5", 2, 5, 5, 0, 0, 0.01, 0};
    double *ones = calloc(ROWS * COLS, sizeof *ones);
    assert_non_null(ones);
    for (size_t i = 0; i < (size_t)ROWS * COLS; i++)
        ones[i] = i != 40 * COLS + 50;
    write_pair(&made, 5);
    write_samples("mask.npy", ones, ROWS, COLS);
    free(ones);
    SUCCEEDS("estimate", "x.npy", "y.npy", CPU, "-q", "-k", "5", "--mask-sharp", "mask.npy",
             "--model", "m.npy");
    ckn_picture m = read_picture("m.npy");
    for (size_t row = 2; row < ROWS - 2; row++)
        for (size_t col = 2; col < COLS - 2; col++) {
            const bool sees = row >= 38 && row <= 42 && col >= 48 && col <= 52;
            assert_true(isnan(sample_at(&m, 0, row, col)) == sees);
        }
    assert_true(isnan(sample_at(&m, 0, 1, 50)) && isnan(sample_at(&m, 0, ROWS - 2, 50)));
    ckn_picture_release(&m);
    SUCCEEDS("estimate", "x.npy", "y.npy", CPU, "-q", "-k", "5", "--mask", "mask.npy", "--model",
             "m.npy", "--residual", "r.npy");
    m = read_picture("m.npy");
    assert_true(isfinite(sample_at(&m, 0, 40, 50)));
    ckn_picture_release(&m);
    check_sum("y.npy", "m.npy", "r.npy");
}

static void test_colour(void **state) {
    (void)state;
    write_pattern("c.png", 50, 60, 3, false, CKN_SAMPLE_U8, 3);
    write_text("k.csv", "0.1,0.2,0.1\n0.1,0.2,0.1\n0,0.2,0\n");
    SUCCEEDS("apply", "c.png", "k.csv", CPU, "--support", "same", "-o", "d.png", "-q");
    SUCCEEDS("estimate", "c.png", "d.png", CPU, "-q", "--model", "m.npy", "--residual", "r.npy");
    check_sum("d.png", "m.npy", "r.npy");
    SUCCEEDS("estimate", "c.png", "d.png", CPU, "-q", "--model", "m.npy", "--roi", "10,20,40x25",
             "-k", "3", "--channels", "luma");
    ckn_picture m = read_picture("m.npy");
    assert_true(m.channels == 1 && m.rows == 50 && m.cols == 60);
    assert_true(isnan(sample_at(&m, 0, 20, 30)) && isfinite(sample_at(&m, 0, 21, 11)));
    assert_true(isnan(sample_at(&m, 0, 21, 10)) && isfinite(sample_at(&m, 0, 43, 48)));
    ckn_picture_release(&m);
    FAILS(2, "the name must end in .npy, .tif or .fits", "estimate", "c.png", "d.png", "--model",
          "m.png", CPU);
}

static void add_card(char **at, const char *text) {
    memset(*at, ' ', 80);
    memcpy(*at, text, strlen(text));
    *at += 80;
}

/* 60x50 samples of float32 in one block of header and five of data. */
static void write_fits(const char *path, unsigned seed) {
    char *bytes = calloc(6, 2880), *at = bytes;
    assert_non_null(bytes);
    memset(bytes, ' ', 2880);
    static const char *const cards[] = {"SIMPLE  =                    T",
                                        "BITPIX  =                  -32",
                                        "NAXIS   =                    2",
                                        "NAXIS1  =                   60",
                                        "NAXIS2  =                   50",
                                        "CRPIX1  =                 30.5",
                                        "CTYPE1  = 'RA---TAN'",
                                        "BUNIT   = 'adu'",
                                        "SATURATE=             100000.0",
                                        "LONGTEXT= 'one &'",
                                        "CONTINUE  'two'",
                                        "lower   =                    3",
                                        "HISTORY raw \xff",
                                        "HIERARCH ESO SEEING = 0.8",
                                        "EXTNAME = 'one &'",
                                        "CONTINUE  'three'",
                                        "END"};
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
        add_card(&at, cards[i]);
    for (size_t i = 0; i < 3000; i++) {
        const float value = (float)(500 + 100 * pattern(seed, i));
        uint32_t word;
        memcpy(&word, &value, sizeof word);
        for (size_t k = 0; k < 4; k++)
            bytes[2880 + 4 * i + k] = (char)(word >> (24 - 8 * k));
    }
    write_bytes(path, bytes, 6 * 2880);
    free(bytes);
}

static void test_header_goes_along(void **state) {
    (void)state;
    if (!has_format("FITS"))
        skip();
    write_fits("a.fits", 8);
    SUCCEEDS("estimate", "a.fits", "a.fits", CPU, "-q", "-k", "3", "--model", "m.fits",
             "--residual", "r.fits");
    check_sum("a.fits", "m.fits", "r.fits");
    ckn_picture m = read_picture("m.fits");
    assert_true(m.sample == CKN_SAMPLE_F32 && m.saturation == 0);
    assert_non_null(m.cards);
    static const char *const kept[] = {"CRPIX1  =                 30.5 ",
                                       "CTYPE1  = 'RA---TAN' ",
                                       "BUNIT   = 'adu' ",
                                       "LONGTEXT= 'one &' ",
                                       "CONTINUE  'two' ",
                                       "HISTORY raw ? ",
                                       "HIERARCH ESO SEEING = 0.8 ",
                                       "HISTORY Source: a.fits"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        expect_contains(m.cards, kept[i]);
    static const char *const left[] = {"SATURATE", "lower", "EXTNAME", "three", "SIMPLE"};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        expect_lacks(m.cards, left[i]);
    ckn_picture_release(&m);
}

/* The division takes all of BLURRED, but knows its valid part only. */
static void test_division(void **state) {
    (void)state;
    const pair_case made = {"5", 0, 5, 5, 0, 0, 0, 0};
    write_pair(&made, 9);
    SUCCEEDS("estimate", "x.npy", "y.npy", CPU, "-q", "-k", "6", "--solver", "division", "--model",
             "m.npy", "--residual", "r.npy");
    check_sum("y.npy", "m.npy", "r.npy");
    ckn_picture m = read_picture("m.npy");
    assert_true(isnan(sample_at(&m, 0, 2, 50)) && isfinite(sample_at(&m, 0, 3, 50)));
    assert_true(isnan(sample_at(&m, 0, ROWS - 2, 50)) && isfinite(sample_at(&m, 0, ROWS - 3, 50)));
    ckn_picture_release(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernel_gives_blurred),
        cmocka_unit_test(test_note_has_command),
        cmocka_unit_test(test_masked),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_header_goes_along),
        cmocka_unit_test(test_division),
    };
    return cmocka_run_group_tests_name("cli_kernel_files", tests, enter_folder, leave_folder);
}
