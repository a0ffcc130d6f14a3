#include "cli/estimate_verdict.h"

#include "cli/json.h"

#include <math.h>
#include <stdio.h>

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

void ckn_cli_ask_verdict(const ckn_cli_estimate_job *job, ckn_identify_options *options) {
    const ckn_cli_pair *pair = &job->pairs.pairs[0];
    options->verdict = is_wanted(job->arguments);
    options->encoded = may_be_encoded(job, pair);
    options->sharp_loss = pair->sharp.lossy_sigma;
    options->blurred_loss = pair->blurred.lossy_sigma;
}

void ckn_cli_take_verdict(ckn_cli_estimate_job *job, const ckn_identified *found) {
    job->has_verdict = found->verdict != NULL;
    if (!found->verdict)
        return;
    job->verdict = *found->verdict;
    if (job->verdict.kind == CKN_VERDICT_NONE)
        withhold(job);
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
