#include "problem.h"

#include "base/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int on_progress(void *user, const ckn_progress *progress) {
    fuzz_problem *problem = user;
    FUZZ_CHECK(!isnan(progress->objective), "the objective of iteration %zu is NaN",
               progress->iteration);
    problem->calls++;
    return problem->cancel_at && problem->calls >= problem->cancel_at;
}

/* Few options at a time, since most contradict some other. */
static void read_choices(fuzz_input *input, ckn_estimate_options *options) {
    enum { OF = 6 };
    if (fuzz_rarely(input, 2))
        options->solver = (ckn_solver)fuzz_choice(input, CKN_SOLVER_DIVISION + 1);
    if (fuzz_rarely(input, OF))
        options->engine = (ckn_engine)fuzz_choice(input, CKN_ENGINE_TOEPLITZ + 1);
    if (fuzz_rarely(input, OF))
        options->constraint = (ckn_constraint)fuzz_choice(input, CKN_CONSTRAINT_AUTO + 1);
    if (fuzz_rarely(input, OF))
        options->prior = (ckn_prior)fuzz_choice(input, CKN_PRIOR_AUTO + 1);
    if (fuzz_rarely(input, OF))
        options->lambda_rule = (ckn_lambda_rule)fuzz_choice(input, CKN_LAMBDA_DISCREPANCY + 1);
    if (fuzz_rarely(input, OF))
        options->background = (ckn_background)fuzz_choice(input, CKN_BACKGROUND_PLANE + 1);
    if (fuzz_rarely(input, OF))
        options->gain = (ckn_gain)fuzz_choice(input, CKN_GAIN_FIT + 1);
    options->robust = fuzz_rarely(input, OF);
    options->restart = !fuzz_rarely(input, OF);
}

static void read_numbers(fuzz_input *input, ckn_estimate_options *options) {
    enum { OF = 10 };
    static const size_t limits[] = {0, 1, 1000, 5000, 100000, SIZE_MAX};
    options->iterations = fuzz_rarely(input, OF) ? fuzz_below(input, 80) : 30;
    if (fuzz_rarely(input, OF))
        options->tolerance = fuzz_positive(input);
    if (fuzz_rarely(input, OF))
        options->step = fuzz_positive(input);
    if (fuzz_rarely(input, OF))
        options->lambda = fuzz_positive(input);
    if (fuzz_rarely(input, OF))
        options->gap = fuzz_positive(input);
    if (fuzz_rarely(input, OF))
        options->epsilon = fuzz_positive(input);
    if (fuzz_rarely(input, OF))
        options->inflation = 1 + fuzz_positive(input);
    if (fuzz_rarely(input, OF))
        options->memory_limit = limits[fuzz_below(input, sizeof limits / sizeof limits[0])];
}

/* Of a kernel; seldom none. */
static size_t read_side(fuzz_input *input) {
    const unsigned byte = fuzz_byte(input);
    return byte == 255 ? 0 : 1 + (2 + byte) % 7;
}

static void read_options(fuzz_problem *problem, fuzz_input *input) {
    ckn_estimate_options *options = &problem->options;
    ckn_estimate_options_init(options);
    options->kernel_cols = read_side(input);
    options->kernel_rows = read_side(input);
    read_choices(input, options);
    read_numbers(input, options);
    if (fuzz_rarely(input, 2))
        return;
    options->progress = on_progress;
    options->progress_user = problem;
    if (fuzz_rarely(input, 8))
        problem->cancel_at = 1 + fuzz_below(input, 12);
}

ckn_view fuzz_problem_plane(fuzz_problem *problem, fuzz_input *input, size_t rows, size_t cols,
                            fuzz_content *content) {
    fuzz_plane *plane = &problem->planes[problem->plane_count++];
    *plane = fuzz_plane_create(input, rows, cols);
    *content = fuzz_plane_fill(plane, input);
    return plane->view;
}

static ckn_shape kernel_of(const fuzz_problem *problem) {
    return (ckn_shape){problem->options.kernel_rows, problem->options.kernel_cols};
}

/* Of SHARP's size, of the valid size, or of one that does not fit. */
static ckn_shape shape_of_blurred(const fuzz_problem *problem, fuzz_input *input, ckn_shape sharp) {
    const ckn_shape valid = ckn_shape_valid(sharp, kernel_of(problem));
    if (fuzz_rarely(input, 32))
        return (ckn_shape){1 + fuzz_below(input, 20), 1 + fuzz_below(input, 20)};
    return fuzz_rarely(input, 2) && ckn_shape_count(valid) ? valid : sharp;
}

/* BLURRED becomes SHARP under a kernel of the size, whose taps fall off, and a bit of itself. */
static void convolve_pair(const fuzz_problem *problem, const fuzz_plane *blurred,
                          const ckn_view *sharp) {
    const ckn_shape kernel = kernel_of(problem);
    const ckn_shape shape = ckn_view_shape(&blurred->view);
    const bool same = ckn_shape_equal(shape, ckn_view_shape(sharp));
    const size_t row_shift = same ? (kernel.rows - 1) / 2 : kernel.rows - 1;
    const size_t col_shift = same ? (kernel.cols - 1) / 2 : kernel.cols - 1;
    for (size_t i = 0; i < ckn_shape_count(shape); i++) {
        const size_t row = i / shape.cols, col = i % shape.cols;
        double sum = 1e-3 * ckn_view_at(&blurred->view, row, col);
        for (size_t tap = 0; tap < ckn_shape_count(kernel); tap++) {
            const size_t r = row + row_shift - tap / kernel.cols; /* wraps round where negative */
            const size_t c = col + col_shift - tap % kernel.cols;
            if (r < sharp->rows && c < sharp->cols)
                sum += ckn_view_at(sharp, r, c) / (double)(tap + 2);
        }
        fuzz_plane_put(blurred, row, col, sum);
    }
}

static void read_weights(fuzz_problem *problem, fuzz_input *input, ckn_pair *pair) {
    const unsigned given = fuzz_byte(input);
    fuzz_content content;
    if (given & 1U)
        pair->sharp_weights =
            fuzz_problem_plane(problem, input, pair->sharp.rows, pair->sharp.cols, &content);
    if ((given & 2U) == 0)
        return;
    const size_t more = given >= 224;
    pair->blurred_weights =
        fuzz_problem_plane(problem, input, pair->blurred.rows + more, pair->blurred.cols, &content);
    problem->graded = true;
}

static void read_pair(fuzz_problem *problem, fuzz_input *input) {
    ckn_pair *pair = &problem->pairs[problem->pair_count++];
    const size_t least = fuzz_rarely(input, 16) ? 1 : 8;
    const ckn_shape sharp = {least + fuzz_below(input, 13), least + fuzz_below(input, 13)};
    fuzz_content content;
    pair->sharp = fuzz_problem_plane(problem, input, sharp.rows, sharp.cols, &content);
    const ckn_shape blurred = shape_of_blurred(problem, input, sharp);
    pair->blurred = fuzz_problem_plane(problem, input, blurred.rows, blurred.cols, &content);
    const unsigned kind = fuzz_byte(input);
    if (kind & 1U)
        convolve_pair(problem, &problem->planes[problem->plane_count - 1], &pair->sharp);
    if (kind & 2U)
        read_weights(problem, input, pair);
}

void fuzz_problem_create(fuzz_problem *problem, fuzz_input *input) {
    *problem = (fuzz_problem){.plane_count = 0};
    read_options(problem, input);
    const size_t count = 1 + fuzz_below(input, FUZZ_MOST_PAIRS);
    for (size_t i = 0; i < count; i++)
        read_pair(problem, input);
    if (fuzz_rarely(input, 64))
        problem->pair_count = 0;
}

void fuzz_problem_destroy(fuzz_problem *problem) {
    for (size_t i = 0; i < problem->plane_count; i++)
        fuzz_plane_destroy(&problem->planes[i]);
}

static void print_plane(const char *name, const ckn_view *view) {
    if (!view->data)
        return;
    fprintf(stderr, "%s, %zu x %zu (rows x columns), %s:\n", name, view->rows, view->cols,
            view->type == CKN_FLOAT32 ? "float32" : "float64");
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++)
            fprintf(stderr, " %.9g", ckn_view_at(view, row, col));
        fputc('\n', stderr);
    }
}

void fuzz_problem_print(const fuzz_problem *problem) {
    const ckn_estimate_options *o = &problem->options;
    fprintf(
        stderr,
        "kernel %zu x %zu (rows x columns), solver %s, engine %s, constraint %s, prior %s, rule "
        "%s, background %s, gain %d, robust %d, restart %d, iterations %zu, tolerance %g, step "
        "%g, lambda %g, gap %g, epsilon %g, inflation %g, memory %zu\n",
        o->kernel_rows, o->kernel_cols, ckn_solver_name(o->solver), ckn_engine_name(o->engine),
        ckn_constraint_name(o->constraint), ckn_prior_name(o->prior),
        ckn_lambda_rule_name(o->lambda_rule), ckn_background_name(o->background), (int)o->gain,
        o->robust, o->restart, o->iterations, o->tolerance, o->step, o->lambda, o->gap, o->epsilon,
        o->inflation, o->memory_limit);
    for (size_t i = 0; i < problem->pair_count; i++) {
        print_plane("SHARP", &problem->pairs[i].sharp);
        print_plane("BLURRED", &problem->pairs[i].blurred);
        print_plane("weights of SHARP", &problem->pairs[i].sharp_weights);
        print_plane("weights of BLURRED", &problem->pairs[i].blurred_weights);
    }
}

/* Whether a sample of SHARP that a sample of BLURRED sees is masked. */
static bool sees_masked(const ckn_pair *pair, ckn_shape kernel, size_t row, size_t col) {
    for (size_t tap = 0; pair->sharp_weights.data && tap < ckn_shape_count(kernel); tap++) {
        if (ckn_view_at(&pair->sharp_weights, row + tap / kernel.cols, col + tap % kernel.cols) ==
            0)
            return true;
    }
    return false;
}

static double zero_objective_of(const ckn_pair *pair, ckn_shape kernel) {
    const ckn_shape valid = ckn_shape_valid(ckn_view_shape(&pair->sharp), kernel);
    const bool same =
        pair->blurred.rows == pair->sharp.rows && pair->blurred.cols == pair->sharp.cols;
    const size_t top = same ? kernel.rows / 2 : 0, left = same ? kernel.cols / 2 : 0;
    double sum = 0;
    for (size_t i = 0; i < ckn_shape_count(valid); i++) {
        const size_t row = i / valid.cols, col = i % valid.cols;
        const double y = ckn_view_at(&pair->blurred, row + top, col + left);
        if (!sees_masked(pair, kernel, row, col))
            sum += y * y;
    }
    return sum / 2;
}

double fuzz_problem_zero_objective(const fuzz_problem *problem) {
    double sum = 0;
    for (size_t i = 0; i < problem->pair_count; i++)
        sum += zero_objective_of(&problem->pairs[i], kernel_of(problem));
    return sum;
}
