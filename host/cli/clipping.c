#include "cli/clipping.h"

#include "base/memory.h"
#include "cli/interrupt.h"
#include "cli/masks.h"

#include <math.h>
#include <stdlib.h>

/* So many standard deviations of the noise from a limit, a sample in 200 is clipped. */
static const double near = 2.5;
/* What is missing in BLURRED where SHARP is clipped must be this sure. */
static const double sure = 4;
static const double least_part = 0.2, least_a_tap = 10;

typedef struct first_fit {
    double **model; /* of every plane, of the valid size */
    ckn_output *outputs;
    double sigma;
} first_fit;

static void release(first_fit *fit, size_t planes) {
    for (size_t i = 0; fit->model && i < planes; i++)
        free(fit->model[i]);
    free(fit->model);
    free(fit->outputs);
}

static bool is_limited(const ckn_cli_limits *limits) {
    return isfinite(limits->low) || isfinite(limits->high);
}

static bool any_limit(const ckn_cli_pairs *pairs) {
    bool any = false;
    for (size_t i = 0; i < pairs->count; i++)
        for (size_t plane = 0; plane < pairs->pairs[i].count; plane++)
            any = any || (pairs->pairs[i].masks[plane].marks &&
                          is_limited(&pairs->pairs[i].masks[plane].limits));
    return any;
}

/* Whether enough samples have none of the reasons but those in `except`. */
static bool is_enough(const ckn_cli_estimate_job *job, unsigned except) {
    double left = 0, all = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++) {
            const size_t samples = pair->valid[plane].rows * pair->valid[plane].cols;
            all += (double)samples;
            left += (double)(samples - ckn_cli_masks_count(pair, plane, ~except));
        }
    }
    return left >= least_part * all && left >= least_a_tap * (double)ckn_cli_estimate_taps(job);
}

static void settle_weights(ckn_cli_pairs *pairs, unsigned except) {
    size_t next = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        ckn_cli_pair *pair = &pairs->pairs[i];
        ckn_cli_masks_settle(pair, except);
        for (size_t plane = 0; plane < pair->count; plane++)
            pairs->planes[next++] = pair->planes[plane];
    }
}

static void forget(ckn_cli_pairs *pairs, unsigned reasons) {
    for (size_t i = 0; i < pairs->count; i++) {
        ckn_cli_pair *pair = &pairs->pairs[i];
        for (size_t plane = 0; plane < pair->count && pair->masks[plane].marks; plane++)
            for (size_t n = 0; n < pair->valid[plane].rows * pair->valid[plane].cols; n++)
                pair->masks[plane].marks[n] &= (unsigned char)~reasons;
    }
}

/* --- the first fit ------------------------------------------------------------------------ */

static ckn_code allocate(const ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    static const char what[] = "the first fit";
    const size_t planes = job->pairs.plane_count;
    CKN_TRY(ckn_allocate(&fit->model, planes, sizeof *fit->model, what, error));
    CKN_TRY(ckn_allocate(&fit->outputs, planes, sizeof *fit->outputs, what, error));
    size_t next = 0;
    for (size_t i = 0; i < job->pairs.count; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++, next++) {
            const ckn_view *valid = &pair->valid[plane];
            CKN_TRY(ckn_allocate(&fit->model[next], valid->rows * valid->cols, sizeof(double), what,
                                 error));
            fit->outputs[next] = ckn_output_f64(fit->model[next], valid->rows, valid->cols);
        }
    }
    return CKN_OK;
}

static ckn_code run_plan(ckn_cli_estimate_job *job, ckn_estimate_plan *plan, first_fit *fit,
                         ckn_error *error) {
    const ckn_output none = {.data = NULL};
    const ckn_output kernel =
        ckn_output_f64(job->kernel, job->options.kernel_rows, job->options.kernel_cols);
    ckn_estimate_result result;
    ckn_uncertainty uncertainty;
    CKN_TRY(ckn_estimate_plan_run(plan, job->pairs.planes, job->pairs.plane_count, kernel,
                                  fit->outputs, &result, error));
    fit->sigma = result.residual_rms;
    if (ckn_estimate_plan_uncertainty(plan, none, &uncertainty, NULL) == CKN_OK &&
        isfinite(uncertainty.noise_sigma))
        fit->sigma = uncertainty.noise_sigma;
    return ckn_cli_check_interrupt(error);
}

/* No prior: a rough kernel re-convolves as well. */
static ckn_code make_first_fit(ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    ckn_estimate_options options = job->options;
    ckn_estimate_plan *plan = NULL;
    if (options.prior == CKN_PRIOR_AUTO)
        options.prior = CKN_PRIOR_NONE;
    ckn_interrupt_doing("while clipped samples were looked for");
    CKN_TRY(allocate(job, fit, error));
    CKN_TRY(ckn_estimate_plan_create(job->session->context, &options, job->pairs.planes,
                                     job->pairs.plane_count, &plan, error));
    ckn_code code = run_plan(job, plan, fit, error);
    ckn_estimate_plan_destroy(plan);
    return code;
}

/* --- what it tells ------------------------------------------------------------------------ */

/* Sums of what BLURRED has more than the model where only SHARP is clipped. */
typedef struct missing_light {
    double sum, count;
} missing_light;

static void visit_plane(ckn_cli_pair *pair, size_t plane, const double *model, double sigma,
                        missing_light *missing) {
    const ckn_view *valid = &pair->valid[plane];
    const ckn_cli_limits *limits = &pair->masks[plane].limits;
    for (size_t n = 0; n < valid->rows * valid->cols; n++) {
        unsigned char *mark = &pair->masks[plane].marks[n];
        if (model[n] >= limits->high - near * sigma || model[n] <= limits->low + near * sigma)
            *mark |= CKN_CLI_NEAR_LIMIT;
        if (*mark == CKN_CLI_SEES_CLIPPED) {
            missing->sum += ckn_view_at(valid, n / valid->cols, n % valid->cols) - model[n];
            missing->count++;
        }
    }
}

static missing_light look_at(ckn_cli_pairs *pairs, const first_fit *fit) {
    missing_light missing = {0, 0};
    size_t next = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        ckn_cli_pair *pair = &pairs->pairs[i];
        for (size_t plane = 0; plane < pair->count; plane++, next++) {
            if (pair->masks[plane].marks && is_limited(&pair->masks[plane].limits))
                visit_plane(pair, plane, fit->model[next], fit->sigma, &missing);
        }
    }
    return missing;
}

/* What was found by itself is given up where it would leave too little. */
static unsigned give_up(ckn_cli_estimate_job *job, bool automatic) {
    unsigned except = 0;
    if (!automatic)
        return 0;
    if (!is_enough(job, except))
        except |= CKN_CLI_SEES_CLIPPED;
    if (!is_enough(job, except))
        except |= CKN_CLI_NEAR_LIMIT;
    if (!is_enough(job, except))
        except |= CKN_CLI_CLIPPED;
    return except;
}

static ckn_code settle(ckn_cli_estimate_job *job, first_fit *fit, ckn_error *error) {
    const bool automatic = job->arguments->pair.masks.saturation == CKN_CLI_SATURATION_AUTO;
    /* Clipping in SHARP may turn out to matter nothing. */
    const unsigned rough = automatic           ? give_up(job, true)
                           : is_enough(job, 0) ? 0U
                                               : (unsigned)CKN_CLI_SEES_CLIPPED;
    settle_weights(&job->pairs, rough);
    CKN_TRY(make_first_fit(job, fit, error));
    const missing_light missing = look_at(&job->pairs, fit);
    /* Light that SHARP was clipped of is in BLURRED; without it SHARP has just such samples. */
    if (fabs(missing.sum) <= sure * fit->sigma * sqrt(missing.count))
        forget(&job->pairs, CKN_CLI_SEES_CLIPPED);
    const unsigned except = give_up(job, automatic);
    if (except)
        ckn_cli_note(job->session,
                     "clipped samples stay in the fit where leaving them out would keep too few: "
                     "use a smaller kernel, or pictures with less exposure");
    forget(&job->pairs, except);
    settle_weights(&job->pairs, 0);
    return CKN_OK;
}

ckn_code ckn_cli_clipping_settle(ckn_cli_estimate_job *job, ckn_error *error) {
    first_fit fit = {.model = NULL};
    if (!any_limit(&job->pairs))
        return CKN_OK;
    ckn_code code = settle(job, &fit, error);
    release(&fit, job->pairs.plane_count);
    return code;
}
