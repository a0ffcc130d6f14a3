/* ckn_identify(), which clkernest.h describes: options, the order of the work, the answer. */
#include "base/clock.h"
#include "base/memory.h"
#include "dense/blas_pool.h"
#include "identify/identification.h"
#include "inspect/clipping.h"

#include <math.h>
#include <stdlib.h>

void ckn_identify_options_init(ckn_identify_options *options) {
    *options = (ckn_identify_options){.errors = 1, .families = 1, .verdict = 1};
    ckn_estimate_options_init(&options->estimate);
    ckn_support_options_init(&options->support);
    options->estimate.kernel_rows = options->estimate.kernel_cols = 0;
    options->estimate.solver = CKN_SOLVER_AUTO;
    options->estimate.engine = CKN_ENGINE_AUTO;
    options->estimate.constraint = CKN_CONSTRAINT_AUTO;
    options->estimate.prior = CKN_PRIOR_AUTO;
}

ckn_code ckn_identify_report(const ckn_identification *job, ckn_phase phase, size_t done,
                             size_t count, ckn_error *error) {
    const ckn_estimate_options *options = &job->options->estimate;
    const ckn_progress progress = {.phase = phase, .iteration = done, .iterations = count};
    if (options->progress && options->progress(options->progress_user, &progress))
        return ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled before the kernel was found");
    return CKN_OK;
}

ckn_frame ckn_identify_frame_of_pair(const ckn_identification *job, size_t index) {
    ckn_frame frame = job->frame;
    frame.row_offset += job->answer->frames[index].row_offset;
    frame.col_offset += job->answer->frames[index].col_offset;
    return frame;
}

/* --- the pairs ---------------------------------------------------------------------------- */

/* Sides that differ by more than any kernel takes, in the same ratio: a resized picture. */
static ckn_code refuse_other_scale(const ckn_pair *pair, size_t largest, ckn_error *error) {
    static const double same_ratio = 0.02;
    const ckn_view *x = &pair->sharp, *y = &pair->blurred;
    const double rows = (double)y->rows / (double)x->rows, cols = (double)y->cols / (double)x->cols;
    if (x->rows - y->rows < largest || x->cols - y->cols < largest ||
        fabs(rows - cols) > same_ratio)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "the blurred image (%zu x %zu) has %.3g times the size of the sharp one (%zu x "
                    "%zu): a convolution does not change the scale; resize one of them, or crop "
                    "the sharp one to what the blurred one shows",
                    y->cols, y->rows, 0.5 * (rows + cols), x->cols, x->rows);
}

/* A valid convolution tells the size of its kernel. A larger one may be given: then the pair is
 * cut. */
static ckn_code refuse_smaller_kernel(const ckn_pair *pair, size_t rows, size_t cols,
                                      ckn_error *error) {
    const ckn_view *x = &pair->sharp, *y = &pair->blurred;
    const bool same = x->rows == y->rows && x->cols == y->cols;
    const ckn_shape valid = ckn_shape_valid(ckn_view_shape(x), (ckn_shape){rows, cols});
    if (same || (y->rows >= valid.rows && y->cols >= valid.cols))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "the blurred image is %zu x %zu; with a sharp image of %zu x %zu and a kernel "
                    "of %zu x %zu it must be %zu x %zu (valid) or %zu x %zu (same)",
                    y->cols, y->rows, x->cols, x->rows, cols, rows, valid.cols, valid.rows, x->cols,
                    x->rows);
}

static ckn_code check_pairs(const ckn_identify_options *options, const ckn_pair *pairs,
                            size_t pair_count, ckn_error *error) {
    const size_t rows = options->estimate.kernel_rows, cols = options->estimate.kernel_cols;
    const size_t largest = ckn_support_largest_side(&options->support);
    const bool moved = options->shift == CKN_SHIFT_GIVEN;
    const ckn_frame point = {1, 1, moved ? options->row_shift : 0, moved ? options->col_shift : 0};
    if (!pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "at least one pair of images is needed");
    if ((rows == 0) != (cols == 0))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a kernel of %zu x %zu: give both sides, or none to have the size found",
                        cols, rows);
    for (size_t i = 0; i < pair_count; i++) {
        ckn_pair cut;
        CKN_TRY(ckn_pair_cut(&pairs[i], &point, &cut, error));
        CKN_TRY(rows == 0 ? refuse_other_scale(&pairs[i], largest, error)
                          : refuse_smaller_kernel(&pairs[i], rows, cols, error));
    }
    return CKN_OK;
}

static ckn_code prepare(ckn_identification *job, const ckn_pair *pairs, ckn_error *error) {
    CKN_TRY(ckn_allocate(&job->answer, 1, sizeof *job->answer, "the answer", error));
    CKN_TRY(ckn_allocate(&job->pairs, job->pair_count, sizeof *job->pairs, "the pairs", error));
    CKN_TRY(ckn_allocate(&job->answer->frames, job->pair_count, sizeof *job->answer->frames,
                         "the answer", error));
    for (size_t i = 0; i < job->pair_count; i++)
        job->pairs[i] = pairs[i];
    job->given = pairs;
    job->estimate = job->options->estimate;
    job->is_sought = job->estimate.kernel_rows == 0;
    return CKN_OK;
}

/* --- the fit ------------------------------------------------------------------------------ */

static void free_planes(double **planes, size_t count) {
    for (size_t i = 0; planes && i < count; i++)
        free(planes[i]);
    free(planes);
}

/* What the fit gave to the answer. */
static void free_fit(ckn_answer *answer) {
    ckn_identified *identified = &answer->identified;
    free_planes(answer->weights, identified->pair_count);
    free_planes(answer->planes, identified->pair_count);
    free(answer->errors);
    free(answer->runs);
    free(answer->pairs);
    free(answer->fits);
    free(answer->models);
    free(answer->trials);
    answer->weights = answer->planes = NULL;
    answer->errors = NULL;
    answer->runs = NULL;
    answer->pairs = NULL;
    answer->fits = NULL;
    answer->models = NULL;
    answer->trials = NULL;
    identified->models = NULL;
    identified->trials = NULL;
    identified->trial_count = 0;
    identified->quality = NULL;
}

/* A fit on all windows of the frame that leaves so many times the noise that the search saw has
 * met windows at the border which tell of more taps: pictures with a period do that. */
static const double too_much_left = 4;
enum { MOST_WIDENINGS = 3 };

static bool leaves_too_much(const ckn_identification *job) {
    const ckn_support_result *support = &job->answer->identified.support;
    const ckn_solver solver = job->estimate.solver;
    const bool closed = solver == CKN_SOLVER_AUTO || solver == CKN_SOLVER_EXACT;
    const bool free_prior =
        job->estimate.prior == CKN_PRIOR_AUTO || job->estimate.prior == CKN_PRIOR_NONE;
    return job->is_sought && closed && free_prior && !job->search.shortened &&
           !support->truncated && !job->estimate.robust &&
           job->answer->identified.result.residual_rms > too_much_left * support->noise_sigma;
}

/* One line of taps more on each side, where the generous frame has them. */
static ckn_code fit_wider(ckn_identification *job, ckn_error *error) {
    const ckn_frame wider = ckn_frame_search_widen(&job->search, &job->frame, (ckn_shape){1, 1});
    free_fit(job->answer);
    free(job->h);
    free(job->selection);
    job->h = NULL;
    job->selection = NULL;
    job->frame = wider;
    job->estimate.kernel_rows = wider.rows;
    job->estimate.kernel_cols = wider.cols;
    CKN_TRY(ckn_identify_exclude(job, error));
    return ckn_identify_fit(job, error);
}

static ckn_code fit_frame(ckn_identification *job, ckn_error *error) {
    CKN_TRY(ckn_identify_fit(job, error));
    for (size_t n = 0; n < MOST_WIDENINGS && leaves_too_much(job); n++) {
        const ckn_frame before = job->frame;
        CKN_TRY(fit_wider(job, error));
        if (before.rows == job->frame.rows && before.cols == job->frame.cols)
            break;
    }
    return CKN_OK;
}

/* --- the order of the work ---------------------------------------------------------------- */

/* One step of the work, and what it is called in the log. */
typedef struct step {
    ckn_code (*run)(ckn_identification *job, ckn_error *error);
    const char *name;
} step;

static const step before_fit[] = {{ckn_identify_inspect, "clipping"},
                                  {ckn_identify_place, "place and size"},
                                  {ckn_identify_model, "sign and prior"},
                                  {ckn_identify_exclude, "exclusion"}};
static const step after_fit[] = {{fit_frame, "fit"},
                                 {ckn_identify_name, "named kernels"},
                                 {ckn_identify_judge, "verdict"},
                                 {ckn_identify_lay_out, "layout"},
                                 {ckn_identify_count_clipped, "counts"}};

static ckn_code take_steps(ckn_identification *job, const step *steps, size_t count,
                           ckn_error *error) {
    for (size_t i = 0; i < count; i++) {
        const double start = ckn_seconds();
        CKN_TRY(steps[i].run(job, error));
        ckn_log_line(&job->context->backend->log, CKN_LOG_VERBOSE, "%s took %.3g s", steps[i].name,
                     ckn_seconds() - start);
    }
    return CKN_OK;
}

static ckn_code work(ckn_identification *job, const ckn_pair *pairs, ckn_error *error) {
    const double start = ckn_seconds();
    CKN_TRY(prepare(job, pairs, error));
    CKN_TRY(take_steps(job, before_fit, sizeof before_fit / sizeof before_fit[0], error));
    job->answer->identified.seconds_place = ckn_seconds() - start;
    return take_steps(job, after_fit, sizeof after_fit / sizeof after_fit[0], error);
}

static void release(ckn_identification *job) {
    ckn_frame_search_release(&job->search);
    ckn_outliers_destroy(job->outliers);
    ckn_clipping_destroy(job->clipping);
    free(job->pairs);
    free(job->looked_at);
    free(job->selection);
    free(job->h);
}

ckn_code ckn_identify(ckn_context *context, const ckn_identify_options *options,
                      const ckn_pair *pairs, size_t pair_count, ckn_answer **answer,
                      ckn_error *error) {
    *answer = NULL;
    CKN_TRY(check_pairs(options, pairs, pair_count, error));
    ckn_identification job = {.context = context, .options = options, .pair_count = pair_count};
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = work(&job, pairs, error);
    ckn_blas_leave();
    release(&job);
    if (code != CKN_OK) {
        ckn_answer_destroy(job.answer);
        return code;
    }
    *answer = job.answer;
    return CKN_OK;
}

/* --- the answer --------------------------------------------------------------------------- */

const ckn_identified *ckn_answer_get(const ckn_answer *answer) {
    return &answer->identified;
}

static void free_reasons(unsigned char **reasons, size_t count) {
    for (size_t i = 0; reasons && i < count; i++)
        free(reasons[i]);
    free(reasons);
}

void ckn_answer_destroy(ckn_answer *answer) {
    if (!answer)
        return;
    free_fit(answer);
    free_reasons(answer->reasons, answer->identified.pair_count);
    free(answer->clipped);
    free(answer->kernel);
    free(answer->frames);
    free(answer);
}
