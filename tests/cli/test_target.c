/* `target`: what is drawn, and that it determines a kernel far better than a photograph. */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the pattern stands in a picture. */
typedef struct area {
    size_t row, col, rows, cols;
} area;

static area area_of(const json_t *json) {
    return (area){
        (size_t)json_number(json, "pattern_row"), (size_t)json_number(json, "pattern_col"),
        (size_t)json_number(json, "pattern_rows"), (size_t)json_number(json, "pattern_cols")};
}

static void test_binary_cells(void **state) {
    (void)state;
    SUCCEEDS("target", "--size", "150x120", "--cell", "3", "-o", "t.png", "--json", "t.json");
    ckn_picture picture = read_picture("t.png");
    json_t *json = json_of_file("t.json");
    const area cells = area_of(json);
    assert_int_equal(picture.rows, 120);
    assert_int_equal(picture.cols, 150);
    assert_int_equal(picture.sample, CKN_SAMPLE_U8);
    assert_int_equal(json_number(json, "margin"), 16);
    assert_true(cells.rows == 87 && cells.cols == 117); /* of 88 and 118, in whole cells */
    size_t white = 0, changes = 0;
    for (size_t r = 0; r < cells.rows; r++) {
        for (size_t c = 0; c < cells.cols; c++) {
            double value = sample_at(&picture, 0, cells.row + r, cells.col + c);
            assert_true(value == 0.0 || value == 1.0);
            assert_true(value ==
                        sample_at(&picture, 0, cells.row + r / 3 * 3, cells.col + c / 3 * 3));
            white += value == 1.0;
            changes += c >= 3 && value != sample_at(&picture, 0, cells.row + r, cells.col + c - 3);
        }
    }
    /* Each cell is one of 29 x 39 tosses of a coin, and so is each change to the next. */
    assert_true(fabs((double)white / (9 * 29 * 39) - 0.5) < 4 * 0.5 / sqrt(29 * 39));
    assert_true(fabs((double)changes / (9 * 29 * 38) - 0.5) < 4 * 0.5 / sqrt(29 * 38));
    assert_true(fabs(json_number(json, "mean") - (double)white / (9 * 29 * 39)) < 1e-9);
    json_decref(json);
    ckn_picture_release(&picture);
}

/* The darkness of a square round a mark, and its centre. */
static void check_mark(const ckn_picture *picture, const json_t *mark, double patch[41 * 41]) {
    double x = json_number(mark, "x"), y = json_number(mark, "y");
    double radius = json_number(mark, "radius"), sum = 0.0, sum_x = 0.0, sum_y = 0.0;
    assert_true(radius > 10.0 && radius < 20.0);
    for (int i = -20; i <= 20; i++) {
        for (int j = -20; j <= 20; j++) {
            double row = floor(y) + i, col = floor(x) + j;
            bool inside = row >= 0 && col >= 0 && row < 480 && col < 500;
            double dark = inside ? 1.0 - sample_at(picture, 0, (size_t)row, (size_t)col) : 0.0;
            if (hypot(row - y, col - x) > radius + 1)
                assert_true(dark == 0.0 || !inside);
            patch[(i + 20) * 41 + j + 20] = dark;
            sum += dark;
            sum_x += dark * col;
            sum_y += dark * row;
        }
    }
    assert_true(sum > 0.4 * radius * radius);
    assert_true(fabs(sum_x / sum - x) < 0.01 && fabs(sum_y / sum - y) < 0.01);
}

static void test_marks(void **state) {
    (void)state;
    SUCCEEDS("target", "--size", "500x480", "-o", "t.png", "--json", "t.json");
    ckn_picture picture = read_picture("t.png");
    json_t *json = json_of_file("t.json");
    const json_t *marks = json_object_get(json, "marks");
    double patches[4][41 * 41];
    assert_int_equal(json_array_size(marks), 4);
    for (size_t i = 0; i < 4; i++)
        check_mark(&picture, json_array_get(marks, i), patches[i]);
    /* No two are alike, even where one is turned or mirrored: each mark has an amount of black of
     * its own. */
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++) {
            double a = 0.0, b = 0.0;
            for (size_t k = 0; k < 41 * 41; k++) {
                a += patches[i][k];
                b += patches[j][k];
            }
            assert_true(fabs(a - b) > 20.0);
        }
    }
    /* The margin between them is white. */
    for (size_t c = 60; c < 440; c++) {
        for (size_t r = 0; r < 40; r++)
            assert_true(sample_at(&picture, 0, r, c) == 1.0);
    }
    json_decref(json);
    ckn_picture_release(&picture);
    SUCCEEDS("target", "--size", "64x64", "--no-marks", "-o", "t.png", "--json", "t.json");
    json = json_of_file("t.json");
    assert_int_equal(json_array_size(json_object_get(json, "marks")), 0);
    assert_int_equal(json_number(json, "pattern_rows"), 64);
    json_decref(json);
}

/* |X|^2 at one frequency, by its definition. */
static double power_at(const ckn_picture *picture, const area *part, size_t u, size_t v) {
    const double turn = 2.0 * acos(-1.0);
    double re = 0.0, im = 0.0;
    for (size_t r = 0; r < part->rows; r++) {
        for (size_t c = 0; c < part->cols; c++) {
            double angle = turn * ((double)(r * u % part->rows) / (double)part->rows +
                                   (double)(c * v % part->cols) / (double)part->cols);
            double value = sample_at(picture, 0, part->row + r, part->col + c);
            re += value * cos(angle);
            im += value * sin(angle);
        }
    }
    return re * re + im * im;
}

static bool in_band(size_t index, size_t count, size_t cell) {
    size_t distance = index < count - index ? index : count - index;
    return 2 * cell * distance <= count;
}

/* 45 = 3 3 5 and 42 = 2 3 7: all the transform's ways of joining. 46 and 43 are none of its sizes.
 */
static void expect_flat(const char *cell_text, size_t cell) {
    SUCCEEDS("target", "--pattern", "spectrum", "--size", "46x43", "--no-marks", "--margin", "0",
             "--cell", cell_text, "--bits", "16", "-o", "t.png", "--json", "t.json");
    ckn_picture picture = read_picture("t.png");
    json_t *json = json_of_file("t.json");
    const area part = area_of(json);
    assert_int_equal(picture.sample, CKN_SAMPLE_U16);
    assert_true(part.rows == 42 && part.cols == 45 && part.row == 0 && part.col == 0);
    const double level = power_at(&picture, &part, 0, 1);
    double low = 1.0, high = 0.0;
    for (size_t u = 0; u < part.rows; u++) {
        for (size_t v = 0; v < part.cols; v++) {
            if (u + v == 0)
                continue;
            bool inside = in_band(u, part.rows, cell) && in_band(v, part.cols, cell);
            assert_true(fabs(power_at(&picture, &part, u, v) / level - inside) < 0.01);
            low = fmin(low, sample_at(&picture, 0, u, v));
            high = fmax(high, sample_at(&picture, 0, u, v));
        }
    }
    /* All of the range is used; random phases alone would have a deviation of 0.14. */
    assert_true(low >= 0.0 && high <= 1.0 && high - low > 0.9);
    assert_true(fabs(json_number(json, "mean") - 0.5) < 1e-9);
    assert_true(json_number(json, "std") > (cell == 1 ? 0.32 : 0.2));
    json_decref(json);
    ckn_picture_release(&picture);
}

static void test_flat_spectrum(void **state) {
    (void)state;
    expect_flat("1", 1);
    expect_flat("3", 3);
}

static void test_seeds(void **state) {
    (void)state;
    const char *const patterns[] = {"binary", "spectrum"};
    for (size_t i = 0; i < 2; i++) {
#define DRAW(seed, file)                                                                           \
    "target", "--pattern", patterns[i], "--size", "90x80", "--seed", seed, "-o", file
        SUCCEEDS(DRAW("7", "a.png"));
        SUCCEEDS(DRAW("7", "b.png"));
        SUCCEEDS(DRAW("8", "c.png"));
        assert_true(same_bytes("a.png", "b.png"));
        assert_false(same_bytes("a.png", "c.png"));
    }
}

static double condition_of(const char *picture) {
    SUCCEEDS("simulate", "--scene", picture, "--kernel", "gaussian:2", "--kernel-size", "15",
             "--blurred", "b.npy");
    SUCCEEDS("estimate", picture, "b.npy", "-k", "15", "--json", "e.json", "-q");
    json_t *json = json_of_file("e.json");
    double condition = json_number(json, "condition");
    json_decref(json);
    return condition;
}

/* What the command is for. Without the mean, which one direction of the kernel alone sees, the
 * condition number of a white pattern is near 1; the mean makes it n mean^2 / variance + 1. */
static void test_condition(void **state) {
    (void)state;
    SUCCEEDS("target", "--size", "450x300", "-o", "binary.png");
    SUCCEEDS("target", "--size", "450x300", "--no-marks", "-o", "plain.png");
    SUCCEEDS("target", "--size", "450x300", "--pattern", "spectrum", "-o", "spectrum.png");
    double photograph = condition_of(CLI_SOURCE "/samples/pictures/cat.png");
    double plain = condition_of("plain.png");
    assert_true(photograph > 1e5);
    assert_true(plain > 100.0 && plain < 700.0);
    assert_true(condition_of("binary.png") < photograph / 100);
    assert_true(condition_of("spectrum.png") < photograph / 100);
}

static void test_refused(void **state) {
    (void)state;
    FAILS(2, "missing option: -o FILE for the target", "target");
    FAILS(2, "the name must end in .png", "target", "-o", "t.jpg");
    FAILS(2, "--margin 8 is too narrow for the registration marks: at least 16", "target",
          "--margin", "8", "-o", "u.png");
    FAILS(2,
          "100x40 leaves no room for a pattern of at least 8x8 cells of 1 pixels within a margin "
          "of 17",
          "target", "--size", "100x40", "--margin", "17", "-o", "u.png");
    FAILS(2, "leaves no room", "target", "--size", "1000x1000", "--margin", "1000000", "-o",
          "u.png");
    FAILS(2, "cells of 20 pixels", "target", "--size", "150x150", "--no-marks", "--cell", "20",
          "-o", "u.png");
    FAILS(2, "--cell", "target", "--cell", "0", "-o", "u.png");
    FAILS(1, "nowhere", "target", "-o", "nowhere/t.png");
    FAILS(2, "name the same file", "target", "-o", "u.png", "--json", "u.png");
    assert_false(file_exists("u.png"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary_cells),  cmocka_unit_test(test_marks),
        cmocka_unit_test(test_flat_spectrum), cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_condition),     cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
