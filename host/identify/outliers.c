/* Outliers, before the size of the kernel is known: a robust fit of a trial frame leaves out what
 * is no noise, so that the search of the size sees the rest alone. In a frame that is too small the
 * kernel's own tails look like outliers: where the search then finds a larger one, both are done
 * again. The final fit rejects outliers anew, on the frame that was found. */
#include "base/memory.h"
#include "estimate/plan.h"
#include "identify/identification.h"
#include "statistics/pair_cut.h"

#include <stdlib.h>
#include <string.h>

struct ckn_outliers {
    ckn_pair *pairs;
    double **weights; /* of every pair's BLURRED, before any cut */
    size_t pair_count;
};

static const char what[] = "the search of outliers";

static void fill_weights(const ckn_pair *pair, double *weights) {
    const ckn_view *given = &pair->blurred_weights;
    const size_t cols = pair->blurred.cols;
    for (size_t n = 0; n < pair->blurred.rows * cols; n++)
        weights[n] = given->data ? ckn_view_at(given, n / cols, n % cols) : 1;
}

ckn_code ckn_outliers_create(const ckn_pair *pairs, size_t pair_count, ckn_outliers **outliers,
                             ckn_error *error) {
    ckn_outliers *self = NULL;
    CKN_TRY(ckn_allocate(&self, 1, sizeof *self, what, error));
    *outliers = self;
    CKN_TRY(ckn_allocate(&self->pairs, pair_count, sizeof *self->pairs, what, error));
    CKN_TRY(ckn_allocate(&self->weights, pair_count, sizeof *self->weights, what, error));
    self->pair_count = pair_count;
    for (size_t i = 0; i < pair_count; i++) {
        const ckn_view *y = &pairs[i].blurred;
        CKN_TRY(ckn_allocate(&self->weights[i], y->rows, y->cols * sizeof(double), what, error));
        self->pairs[i] = pairs[i];
        self->pairs[i].blurred_weights = ckn_view_f64(self->weights[i], y->rows, y->cols);
    }
    return CKN_OK;
}

void ckn_outliers_destroy(ckn_outliers *outliers) {
    if (!outliers)
        return;
    for (size_t i = 0; outliers->weights && i < outliers->pair_count; i++)
        free(outliers->weights[i]);
    free(outliers->weights);
    free(outliers->pairs);
    free(outliers);
}

const ckn_pair *ckn_outliers_pairs(const ckn_outliers *outliers) {
    return outliers->pairs;
}

/* What the robust fit left out gets the weight 0; `cut` is a part of the pair's own weights. */
static void mask_rejected(ckn_outliers *self, size_t index, const ckn_pair *cut,
                          const double *used) {
    const ckn_view *part = &cut->blurred_weights;
    double *first = self->weights[index] + ((const double *)part->data - self->weights[index]);
    for (size_t n = 0; n < part->rows * part->cols; n++) {
        const size_t row = n / part->cols, col = n % part->cols;
        if (used[n] == 0)
            first[(ptrdiff_t)row * part->row_stride + (ptrdiff_t)col] = 0;
    }
}

static ckn_code run_robust(ckn_outliers *self, ckn_context *context, const ckn_pair *cut,
                           const ckn_estimate_options *options, double *h, ckn_error *error) {
    ckn_estimate_plan *plan = NULL;
    ckn_estimate_result result;
    const ckn_output kernel = ckn_output_f64(h, options->kernel_rows, options->kernel_cols);
    CKN_TRY(ckn_estimate_plan_create(context, options, cut, self->pair_count, &plan, error));
    ckn_code code =
        ckn_estimate_plan_run(plan, cut, self->pair_count, kernel, NULL, &result, error);
    for (size_t i = 0; i < self->pair_count && code == CKN_OK; i++) {
        const ckn_problem_pair *pair = &ckn_estimate_plan_problem(plan)->pairs[i];
        if (pair->weights)
            mask_rejected(self, i, &cut[i], pair->weights);
    }
    ckn_estimate_plan_destroy(plan);
    return code;
}

ckn_code ckn_outliers_find(ckn_outliers *outliers, ckn_context *context, const ckn_pair *pairs,
                           const ckn_estimate_options *options, const ckn_frame *frame,
                           ckn_error *error) {
    ckn_estimate_options plain = *options;
    ckn_pair *cut = NULL;
    double *h = NULL;
    plain.kernel_rows = frame->rows;
    plain.kernel_cols = frame->cols;
    plain.solver = CKN_SOLVER_EXACT;
    plain.engine = CKN_ENGINE_AUTO;
    plain.constraint = CKN_CONSTRAINT_NONE;
    plain.prior = CKN_PRIOR_NONE;
    plain.lambda_rule = CKN_LAMBDA_AUTO;
    plain.background = CKN_BACKGROUND_CONSTANT;
    ckn_code code = ckn_allocate(&cut, outliers->pair_count, sizeof *cut, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&h, frame->rows, frame->cols * sizeof *h, what, error);
    for (size_t i = 0; i < outliers->pair_count && code == CKN_OK; i++) {
        fill_weights(&pairs[i], outliers->weights[i]);
        code = ckn_pair_cut(&outliers->pairs[i], frame, &cut[i], error);
    }
    if (code == CKN_OK)
        code = run_robust(outliers, context, cut, &plain, h, error);
    free(cut);
    free(h);
    return code;
}
