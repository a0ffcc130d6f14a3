/* Named kernels, fitted on statistics of a frame that is wider than the kernel's: that there is
 * nothing outside is a part of what a name says. */
#include "base/memory.h"
#include "base/text.h"
#include "estimate/families.h"
#include "identify/identification.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FEWEST_TAPS = 5,  /* that ckn_families_fit() takes */
    MOST_TAPS = 2500, /* more would take longer than the estimate itself */
    MOST_WIDE = 1600, /* taps of a frame that is made wider */
    LEAST_MARGIN = 4
};

/* Why no names are sought; NULL where they are. */
static const char *reason_against(const ckn_identification *job) {
    const ckn_answer *answer = job->answer;
    if (job->estimate.solver == CKN_SOLVER_DIVISION)
        return "the division has no errors to fit by";
    if (answer->no_errors[0])
        return answer->no_errors;
    if (ckn_equations_bytes((ckn_shape){job->frame.rows, job->frame.cols}) >
        ckn_equations_limit(job->estimate.memory_limit))
        return "not enough memory for the statistics";
    if (job->frame.rows * job->frame.cols > MOST_TAPS)
        return "the kernel has more than 2500 taps";
    return NULL;
}

/* Lines to add on each side: half of a side, so that what was cut at the noise is inside. A line of
 * one tap of an image of one row has no neighbours. */
static size_t margin_of(size_t side, size_t image) {
    const size_t margin = side / 2 > LEAST_MARGIN ? side / 2 : LEAST_MARGIN;
    const size_t most = image / 4 > side ? (image / 4 - side) / 2 : 0;
    return margin < most ? margin : most;
}

/* Predicted seconds that the statistics of a frame made wider may take: weights that mask many
 * windows make them dear. */
static const double patience = 0.25;

static bool is_too_large(const ckn_identification *job, size_t rows, size_t cols) {
    const ckn_shape shape = {rows, cols};
    const ckn_frame_sums *sums = job->search.sums;
    return rows * cols > MOST_WIDE || (sums && ckn_frame_sums_predict(sums, shape) > patience) ||
           ckn_equations_bytes(shape) > ckn_equations_limit(job->estimate.memory_limit);
}

static ckn_frame wide_frame(const ckn_identification *job) {
    ckn_frame frame = job->frame;
    size_t rows = SIZE_MAX, cols = SIZE_MAX;
    for (size_t i = 0; i < job->pair_count; i++) {
        const ckn_view *y = &job->pairs[i].blurred;
        rows = y->rows < rows ? y->rows : rows;
        cols = y->cols < cols ? y->cols : cols;
    }
    size_t down = margin_of(frame.rows, rows), right = margin_of(frame.cols, cols);
    while (down + right > 0 && is_too_large(job, frame.rows + 2 * down, frame.cols + 2 * right)) {
        down -= down > 0 && down >= right;
        right -= right > 0 && right > down;
    }
    frame.rows += 2 * down;
    frame.cols += 2 * right;
    return frame;
}

static bool holds(const ckn_frame_sums *sums, const ckn_frame *frame) {
    const ckn_frame *outer = ckn_frame_sums_frame(sums);
    const ckn_rectangle part = ckn_part_of_frame(outer, frame);
    return part.row < outer->rows && part.col < outer->cols &&
           part.row + frame->rows <= outer->rows && part.col + frame->cols <= outer->cols;
}

/* The wide frame on the pairs as they were fitted, whose displacement 0 is the frame's middle. */
static ckn_frame on_fitted_pairs(const ckn_identification *job, const ckn_frame *wide) {
    return (ckn_frame){wide->rows, wide->cols, wide->row_offset - job->frame.row_offset,
                       wide->col_offset - job->frame.col_offset};
}

/* Sums that hold the wide frame, and where it lies in them: those of the search, or others where
 * there are none, or where samples were left out as outliers since. */
static ckn_code provide_sums(ckn_identification *job, const ckn_frame *wide, ckn_rectangle *part,
                             ckn_error *error) {
    const bool rejected = job->answer->identified.result.rejected > 0;
    const ckn_frame own = on_fitted_pairs(job, wide);
    *part = (ckn_rectangle){0, 0, {wide->rows, wide->cols}};
    if (job->search.sums && !rejected && holds(job->search.sums, wide)) {
        *part = ckn_part_of_frame(ckn_frame_sums_frame(job->search.sums), wide);
        return CKN_OK;
    }
    ckn_frame_sums_destroy(job->search.sums);
    job->search.sums = NULL;
    return ckn_frame_sums_create(job->context->backend, job->answer->pairs, job->pair_count, &own,
                                 job->estimate.background == CKN_BACKGROUND_PLANE
                                     ? CKN_BACKGROUND_PLANE
                                     : CKN_BACKGROUND_CONSTANT,
                                 job->estimate.memory_limit, &job->search.sums, error);
}

/* h of the frame inside the wide one, in the units of its problem; and the square of its residual
 * on those windows. */
static ckn_code embed(const ckn_identification *job, const ckn_frame *wide, ckn_problem *problem,
                      double **h, double *norm, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    const ckn_rectangle inner = ckn_part_of_frame(wide, &job->frame);
    const double unit = problem->units.y_scale / problem->units.x_scale;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    CKN_TRY(ckn_allocate(h, statistics->taps, 2 * sizeof **h, "the named kernels", error));
    for (size_t row = 0; row < job->frame.rows; row++)
        for (size_t col = 0; col < job->frame.cols; col++)
            (*h)[(inner.row + row) * wide->cols + inner.col + col] =
                unit * job->h[row * job->frame.cols + col];
    const double objective = ckn_equations_objective(statistics, *h, *h + statistics->taps);
    *norm = sqrt(2 * objective) / problem->units.y_scale;
    return CKN_OK;
}

static ckn_code fit_names(ckn_identification *job, const ckn_frame *wide, const ckn_rectangle *part,
                          ckn_error *error) {
    const ckn_background background = job->answer->identified.result.background;
    ckn_problem *problem = NULL;
    double *h = NULL, norm = 0;
    CKN_TRY(ckn_frame_sums_part(job->search.sums, part, background, &problem, error));
    ckn_code code = embed(job, wide, problem, &h, &norm, error);
    if (code == CKN_OK) {
        const ckn_fitted fitted = {.h = h,
                                   .constraint = job->answer->identified.result.constraint,
                                   .residual_norm = norm,
                                   .degrees_of_freedom = (double)NAN};
        const ckn_residual_quality *quality = job->answer->identified.quality;
        code = ckn_families_fit(problem, &fitted, quality ? quality->step : 0,
                                job->answer->families, error);
    }
    free(h);
    ckn_problem_destroy(problem);
    return code;
}

/* Centres count from the first tap of the frame. */
static void move_centers(ckn_identification *job, const ckn_frame *wide) {
    const ckn_rectangle inner = ckn_part_of_frame(wide, &job->frame);
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        job->answer->families[i].value.center_x -= (double)inner.col;
        job->answer->families[i].value.center_y -= (double)inner.row;
    }
}

ckn_code ckn_identify_name(ckn_identification *job, ckn_error *error) {
    ckn_answer *answer = job->answer;
    if (!job->options->families)
        return CKN_OK;
    const char *against = reason_against(job);
    ckn_frame wide = wide_frame(job);
    if (!against && wide.rows * wide.cols < FEWEST_TAPS)
        against = "the kernel has fewer than 5 taps";
    if (against) {
        snprintf(answer->no_families, sizeof answer->no_families, "%s", against);
        return CKN_OK;
    }
    ckn_error reason = {CKN_OK, ""};
    CKN_TRY(ckn_identify_report(job, CKN_PHASE_FAMILIES, 0, 1, error));
    ckn_rectangle part;
    ckn_code code = provide_sums(job, &wide, &part, &reason);
    if (code == CKN_ERROR_DATA) { /* masks and clipping leave too few windows of this size */
        wide = job->frame;
        code = provide_sums(job, &wide, &part, &reason);
    }
    if (code == CKN_OK)
        code = fit_names(job, &wide, &part, &reason);
    if (code == CKN_OK) {
        move_centers(job, &wide);
        answer->identified.families = answer->families;
        return CKN_OK;
    }
    if (code != CKN_ERROR_DATA && code != CKN_ERROR_UNSUPPORTED)
        return ckn_fail(error, code, "%s", reason.message);
    ckn_text_printable(answer->no_families, sizeof answer->no_families, reason.message);
    return CKN_OK;
}
