#include "cli/estimate_verdict.h"

#include "base/memory.h"
#include "cli/estimate_families.h"
#include "cli/interrupt.h"
#include "cli/json.h"

#include <math.h>
#include <stdlib.h>

static bool is_wanted(const ckn_cli_estimate *arguments) {
    return arguments->report_path || arguments->common.json || !arguments->common.quiet ||
           arguments->strict;
}

static bool is_integer(const ckn_picture *picture) {
    return picture->sample == CKN_SAMPLE_U8 || picture->sample == CKN_SAMPLE_U16;
}

/* Whether both may be in sRGB's encoding, so that linear light is worth a try. */
static bool may_be_encoded(const ckn_cli_estimate_job *job, const ckn_cli_pair *pair) {
    if (job->arguments->pair.linear || pair->sharp.not_srgb || pair->blurred.not_srgb)
        return false;
    const bool sharp = !is_integer(&pair->sharp) || pair->sharp.full_range > 1;
    const bool blurred = !is_integer(&pair->blurred) || pair->blurred.full_range > 1;
    return sharp && blurred;
}

static void fill_plane(const ckn_cli_estimate_job *job, size_t index, const ckn_pair *pair,
                       ckn_verdict_plane *plane) {
    *plane = (ckn_verdict_plane){.sharp = pair->sharp,
                                 .blurred = pair->blurred,
                                 .weights = pair->blurred_weights,
                                 .fit = job->fits[index]};
}

static ckn_code judge(ckn_cli_estimate_job *job, const ckn_verdict_plane *planes,
                      ckn_error *error) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    char name[256];
    const ckn_verdict_job what = {
        .planes = planes,
        .plane_count = job->pairs.plane_count,
        .kernel = ckn_cli_estimate_kernel(job),
        .frame = {job->options.kernel_rows, job->options.kernel_cols, pair->row_shift,
                  pair->col_shift},
        .name = ckn_cli_family_name_text(job, name, sizeof name),
        .step = job->has_quality ? job->quality.step : 0,
        .sharp_loss = pair->sharp.lossy_sigma,
        .blurred_loss = pair->blurred.lossy_sigma,
        .rgb = pair->count == 3,
        .encoded = may_be_encoded(job, pair),
    };
    return ckn_judge(job->session->context, &what, &job->verdict, error);
}

/* A kernel that explains nothing has neither errors nor a name. */
static void withhold(ckn_cli_estimate_job *job) {
    const double none = (double)NAN;
    static const char why[] = "no convolution explains this pair";
    if (!job->no_errors[0])
        snprintf(job->no_errors, sizeof job->no_errors, "%s", why);
    snprintf(job->no_families, sizeof job->no_families, "%s", why);
    job->has_families = false;
    job->uncertainty = (ckn_uncertainty){none, none, none, none, none, none, none};
    if (job->arguments->uncertainty_path)
        ckn_cli_note(job->session, "%s has the errors of a kernel that does not explain the pair",
                     job->arguments->uncertainty_path);
    if (job->arguments->strict)
        job->session->exit_status = CKN_CLI_EXIT_UNEXPLAINED;
}

ckn_code ckn_cli_estimate_verdict(ckn_cli_estimate_job *job, ckn_error *error) {
    if (!is_wanted(job->arguments) || job->result.solver == CKN_SOLVER_DIVISION)
        return CKN_OK;
    ckn_verdict_plane *planes;
    ckn_interrupt_doing("while the kernel was judged");
    CKN_TRY(ckn_allocate(&planes, job->pairs.plane_count, sizeof *planes, "a verdict", error));
    size_t count = 0;
    for (size_t i = 0; i < job->pairs.count; i++)
        for (size_t channel = 0; channel < job->pairs.pairs[i].count; channel++, count++)
            fill_plane(job, count, &job->pairs.pairs[i].planes[channel], &planes[count]);
    ckn_code code = judge(job, planes, error);
    free(planes);
    if (code == CKN_ERROR_DATA) /* all is masked in the middle: there is none */
        return CKN_OK;
    CKN_TRY(code);
    job->has_verdict = true;
    if (job->verdict.kind == CKN_VERDICT_NONE)
        withhold(job);
    return ckn_cli_check_interrupt(error);
}

void ckn_cli_verdict_lines(const ckn_cli_estimate_job *job) {
    const ckn_verdict *verdict = &job->verdict;
    if (!job->has_verdict)
        return;
    ckn_cli_line(job->session, "verdict", "%s", verdict->text);
    if (verdict->kind == CKN_VERDICT_NONE || verdict->cause != CKN_CAUSE_NOTHING)
        ckn_cli_line(job->session, "reason", "%s", verdict->reason);
}

void ckn_cli_verdict_json(ckn_json object, const ckn_cli_estimate_job *job) {
    const ckn_verdict *verdict = &job->verdict;
    const bool has = job->has_verdict;
    ckn_json_text(object, "verdict", has ? ckn_verdict_kind_name(verdict->kind) : NULL);
    ckn_json_text(object, "verdict_text", has ? verdict->text : NULL);
    ckn_json_text(object, "verdict_reason", has ? verdict->reason : NULL);
    ckn_json_text(object, "verdict_cause",
                  has && verdict->cause != CKN_CAUSE_NOTHING ? ckn_cause_name(verdict->cause)
                                                             : NULL);
    ckn_json_real(object, "explained", has ? verdict->explained : (double)NAN);
}
