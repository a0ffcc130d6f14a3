#include "base/memory.h"
#include "cli/estimate_job.h"
#include "cli/interrupt.h"
#include "cli/kernel_words.h"

#include <math.h>
#include <stdlib.h>

/* The errors of all taps take the whole inverse of the normal equations; a figure alone is not
 * worth that for kernels larger than this. */
#define MOST_TAPS_OF_A_FIGURE 4096

#define FAR_TEXT "the iteration ended farther from the optimum than the noise reaches"

static bool are_wanted(const ckn_cli_estimate *arguments) {
    return arguments->uncertainty_path || arguments->report_path || arguments->common.json ||
           !arguments->common.quiet;
}

/* More than this, as a mean of squares in units of the errors, is more than noise: neighbours'
 * errors go together, so that a ring of a few taps scatters widely round 1. */
#define MOST_EXCESS 2.0

/* Whether the summary is to say that the kernel reaches its border, which noise does, too. */
static bool border_is_in_doubt(const ckn_cli_estimate_job *job) {
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    return !job->arguments->common.quiet && job->support.step_count == 0 &&
           !ckn_cli_estimate_iterates(job) && ckn_cli_estimate_taps(job) <= MOST_TAPS_OF_A_FIGURE &&
           ckn_cli_border_part(&kernel) > CKN_CLI_MOST_ON_BORDER;
}

/* The figure shows errors in the place of the course of an iteration. Total variation leaves taps
 * without any, which is a failure only where a file was asked for. */
static bool taps_are_wanted(const ckn_cli_estimate_job *job) {
    const ckn_cli_estimate *arguments = job->arguments;
    bool figure = arguments->report_path && !ckn_cli_estimate_iterates(job) &&
                  ckn_cli_estimate_taps(job) <= MOST_TAPS_OF_A_FIGURE;
    return arguments->uncertainty_path ||
           (job->result.prior != CKN_PRIOR_TV && (figure || border_is_in_doubt(job)));
}

bool ckn_cli_border_is_noise(const ckn_cli_estimate_job *job) {
    if (!job->errors)
        return false;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    ckn_view errors = ckn_view_f64(job->errors, kernel.rows, kernel.cols);
    return ckn_cli_border_excess(&kernel, &errors) <= MOST_EXCESS;
}

static double sum_of_squares(const ckn_view *view, const ckn_view *weights) {
    double sum = 0.0;
    for (size_t r = 0; r < view->rows; r++) {
        for (size_t c = 0; c < view->cols; c++) {
            double value = ckn_view_at(view, r, c);
            if (!weights->data || ckn_view_at(weights, r, c) > 0.0)
                sum += value * value;
        }
    }
    return sum;
}

/* Errors are those of the optimum. With |d|_G^2 = 2 (f(h) - min f) for the distance d to it, every
 * figure linear in h is off by at most |d|_G / sigma of its standard errors, which is at most one
 * where the gap says so. */
static bool is_far_from_optimum(const ckn_cli_estimate_job *job) {
    double square = 0.0, sigma = job->uncertainty.noise_sigma;
    if (!ckn_cli_estimate_iterates(job))
        return false;
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t channel = 0; channel < pair->count; channel++)
            square += sum_of_squares(&pair->valid[channel], &pair->planes[channel].blurred_weights);
    }
    return !(job->result.duality_gap * square <= sigma * sigma);
}

static ckn_code compute(ckn_cli_estimate_job *job, ckn_estimate_plan *plan, ckn_error *error) {
    size_t rows = job->options.kernel_rows, cols = job->options.kernel_cols;
    ckn_output taps = {.data = NULL};
    if (taps_are_wanted(job)) {
        CKN_TRY(ckn_allocate(&job->errors, rows * cols, sizeof *job->errors, "the standard errors",
                             error));
        taps = ckn_output_f64(job->errors, rows, cols);
    }
    ckn_interrupt_doing("while the standard errors were computed");
    return ckn_estimate_plan_uncertainty(plan, taps, &job->uncertainty, error);
}

static void set_unknown(ckn_cli_estimate_job *job) {
    const double none = (double)NAN;
    job->uncertainty = (ckn_uncertainty){none, none, none, none, none, none, none};
}

/* A short line; only rare failures say more. */
static void explain(ckn_cli_estimate_job *job, ckn_code code, const char *message) {
    if (code == CKN_ERROR_DATA)
        message = "the pictures do not determine the kernel";
    else if (code == CKN_ERROR_MEMORY)
        message = "not enough memory for the statistics";
    snprintf(job->no_errors, sizeof job->no_errors, "%s", message);
}

static void withhold(ckn_cli_estimate_job *job) {
    set_unknown(job);
    explain(job, CKN_OK, FAR_TEXT);
    if (job->arguments->uncertainty_path)
        ckn_cli_note(job->session,
                     "%s has the errors of the optimum, but the iteration ended farther from it "
                     "than the noise reaches",
                     job->arguments->uncertainty_path);
}

ckn_code ckn_cli_estimate_errors(ckn_cli_estimate_job *job, ckn_estimate_plan *plan,
                                 ckn_error *error) {
    ckn_error reason = {CKN_OK, ""};
    set_unknown(job);
    if (job->result.solver == CKN_SOLVER_DIVISION || !are_wanted(job->arguments))
        return CKN_OK;
    ckn_code code = compute(job, plan, &reason);
    if (code == CKN_ERROR_CANCELLED)
        return ckn_fail(error, code, "%s", reason.message);
    if (code == CKN_OK) {
        if (is_far_from_optimum(job))
            withhold(job);
        return ckn_cli_check_interrupt(error);
    }
    if (job->arguments->uncertainty_path)
        return ckn_fail(error, code, "--uncertainty: %s", reason.message);
    free(job->errors);
    job->errors = NULL;
    set_unknown(job);
    explain(job, code, reason.message);
    return CKN_OK;
}
