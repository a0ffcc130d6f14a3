/* The same pairs give the same numbers by ckn_identify() and by the program. */
#include "clkernest.h"
#include "files.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 60, MOST = SIDE * SIDE, KERNEL = 5 };

typedef struct same_case {
    const char *name;
    const char *words[5]; /* that are added to the command */
    size_t pairs;
    ptrdiff_t row, col; /* displacement */
    bool negative, valid, masked;
    double pedestal;
} same_case;

static const same_case cases[] = {
    {"plain", {NULL}, 1, 0, 0, false, false, false, 0},
    {"signed", {NULL}, 1, 0, 0, true, false, false, 0},
    {"displaced", {NULL}, 1, 3, -4, false, false, false, 0},
    {"valid", {NULL}, 1, 0, 0, false, true, false, 0},
    {"masked", {"--mask", "mask.npy"}, 1, 0, 0, false, false, true, 0},
    {"two pairs", {NULL}, 2, 0, 0, false, false, false, 0},
    {"background", {"--background", "plane"}, 1, 0, 0, false, false, false, 0.3},
    {"robust", {"--robust"}, 1, 0, 0, false, false, false, 0},
    {"given", {"-k", "5"}, 1, 0, 0, false, false, false, 0},
    {"given, displaced", {"-k", "5"}, 1, -3, 2, false, false, false, 0},
    {"even", {"-k", "4x6"}, 1, 0, 0, true, false, false, 0},
    {"exact", {"-k", "5", "--solver", "exact"}, 1, 0, 0, true, false, false, 0},
};

typedef struct planes {
    double x[2][MOST], y[2][MOST], mask[MOST];
    ckn_pair pairs[2];
} planes;

/* Samples that a NPY file of float64 holds to the last bit. */
static double scene_at(unsigned seed, ptrdiff_t row, ptrdiff_t col) {
    return pattern(seed, (size_t)((row + 20) * 100 + col + 20));
}

static double convolved_at(const same_case *own, unsigned seed, ptrdiff_t row, ptrdiff_t col) {
    double sum = own->pedestal + 0.01 * pattern(seed + 7, (size_t)(row * 100 + col));
    for (ptrdiff_t i = 0; i < KERNEL; i++)
        for (ptrdiff_t j = 0; j < KERNEL; j++) {
            const double tap = exp(-0.3 * (double)((i - 2) * (i - 2) + (j - 2) * (j - 2))) / 10;
            sum += (own->negative && (i + j) % 2 ? -0.5 * tap : tap) *
                   scene_at(seed, row + 2 - i - own->row, col + 2 - j - own->col);
        }
    return sum;
}

static void make_planes(const same_case *own, planes *made) {
    const size_t margin = own->valid ? 2 : 0, side = SIDE - 2 * margin;
    for (unsigned n = 0; n < own->pairs; n++) {
        char name[16];
        for (size_t i = 0; i < MOST; i++)
            made->x[n][i] = scene_at(n, (ptrdiff_t)(i / SIDE), (ptrdiff_t)(i % SIDE));
        for (size_t i = 0; i < side * side; i++) {
            made->y[n][i] = convolved_at(own, n, (ptrdiff_t)(i / side + margin),
                                         (ptrdiff_t)(i % side + margin));
            made->mask[i] = i % 37 != 0;
        }
        snprintf(name, sizeof name, "x%u.npy", n);
        write_samples(name, made->x[n], SIDE, SIDE);
        snprintf(name, sizeof name, "y%u.npy", n);
        write_samples(name, made->y[n], side, side);
        made->pairs[n] = (ckn_pair){.sharp = ckn_view_f64(made->x[n], SIDE, SIDE),
                                    .blurred = ckn_view_f64(made->y[n], side, side)};
        if (own->masked) {
            write_samples("mask.npy", made->mask, side, side);
            made->pairs[n].blurred_weights = ckn_view_f64(made->mask, side, side);
        }
    }
}

static ckn_identify_options options_of(const same_case *own) {
    ckn_identify_options options;
    ckn_identify_options_init(&options);
    for (size_t i = 0; own->words[i]; i++) {
        const char *word = own->words[i], *value = own->words[i + 1];
        if (!strcmp(word, "-k")) {
            options.estimate.kernel_cols = (size_t)(value[0] - '0');
            options.estimate.kernel_rows = (size_t)(value[value[1] ? 2 : 0] - '0');
        } else if (!strcmp(word, "--robust"))
            options.estimate.robust = 1;
        else if (!strcmp(word, "--background"))
            options.estimate.background = CKN_BACKGROUND_PLANE;
        else if (!strcmp(word, "--solver")) {
            options.estimate.solver = CKN_SOLVER_EXACT;
            options.estimate.constraint = CKN_CONSTRAINT_NONE;
            options.estimate.prior = CKN_PRIOR_NONE;
        }
    }
    return options;
}

static char *run_program(const same_case *own) {
    const char *words[20] = {"estimate", "x0.npy", "y0.npy"};
    size_t count = 3;
    if (own->pairs > 1) {
        words[count++] = "x1.npy";
        words[count++] = "y1.npy";
    }
    for (size_t i = 0; own->words[i]; i++)
        words[count++] = own->words[i];
    words[count++] = "-o";
    words[count++] = "k.npy";
    words[count++] = "--json";
    words[count++] = "-";
    words[count++] = "--device";
    words[count++] = "cpu";
    program_run run = program_start(words);
    if (run.status != 0)
        fail_msg("%s: %s", own->name, run.err);
    char *text = run.out;
    run.out = NULL;
    program_release(&run);
    return text;
}

static void compare(const same_case *own, const ckn_identified *found, const char *text) {
    double *kernel = read_kernel("k.npy", found->kernel_rows, found->kernel_cols);
    json_t *json = json_of_text(text);
    for (size_t i = 0; i < found->kernel_rows * found->kernel_cols; i++)
        if (kernel[i] != found->kernel[i])
            fail_msg("%s: tap %zu is %.17g in the file, and %.17g by the library", own->name, i,
                     kernel[i], found->kernel[i]);
    const double rms = json_number(json, "residual_rms");
    if (fabs(rms - found->result.residual_rms) > 1e-9 * rms)
        fail_msg("%s: RMS %.17g and %.17g", own->name, rms, found->result.residual_rms);
    json_decref(json);
    free(kernel);
}

static void test_same_numbers(void **state) {
    (void)state;
    planes *made = calloc(1, sizeof *made);
    ckn_context *context = NULL;
    ckn_context_options device;
    ckn_error error;
    assert_non_null(made);
    ckn_context_options_init(&device);
    device.device = "cpu";
    assert_int_equal(ckn_context_create(&device, &context, &error), CKN_OK);
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        make_planes(&cases[n], made);
        const ckn_identify_options options = options_of(&cases[n]);
        ckn_answer *answer = NULL;
        char *text = run_program(&cases[n]);
        if (ckn_identify(context, &options, made->pairs, cases[n].pairs, &answer, &error) != CKN_OK)
            fail_msg("%s: %s", cases[n].name, error.message);
        compare(&cases[n], ckn_answer_get(answer), text);
        ckn_answer_destroy(answer);
        free(text);
    }
    ckn_context_destroy(context);
    free(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_numbers)};
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
