/* The verdict on the pair, of the kernel that was fitted. */
#include "base/memory.h"
#include "identify/identification.h"
#include "statistics/pair_cut.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_SIZE = 256 };

/* Name and parameters; the tap of displacement 0 leaves a picture where it is. */
static const char *describe_name(const ckn_identification *job, char *text) {
    const ckn_family_fit *first = &job->answer->families[0];
    const ckn_frame *frame = &job->frame;
    if (!job->answer->identified.families || !first->fits)
        return NULL;
    const double x = -(double)ckn_interval_of_taps(frame->cols, frame->col_offset).low;
    const double y = -(double)ckn_interval_of_taps(frame->rows, frame->row_offset).low;
    ckn_family_describe(first, x, y, 0, text, NAME_SIZE);
    return text;
}

static bool is_rgb(const ckn_identification *job) {
    const size_t *pictures = job->options->pictures;
    return pictures && job->pair_count >= 3 && pictures[0] == pictures[1] &&
           pictures[1] == pictures[2];
}

static ckn_code judge(ckn_identification *job, const ckn_verdict_plane *planes, ckn_error *error) {
    ckn_answer *answer = job->answer;
    char name[NAME_SIZE];
    const ckn_verdict_job what = {
        .planes = planes,
        .plane_count = job->pair_count,
        .kernel = ckn_view_f64(job->h, job->frame.rows, job->frame.cols),
        .frame = job->frame,
        .name = describe_name(job, name),
        .step = answer->identified.quality ? answer->quality.step : 0,
        .sharp_loss = job->options->sharp_loss,
        .blurred_loss = job->options->blurred_loss,
        .rgb = is_rgb(job),
        .encoded = job->options->encoded,
    };
    return ckn_judge(job->context, &what, &answer->verdict, error);
}

/* Small pictures allow small frames only. A kernel that such a frame cuts leaves what looks like a
 * vignette, or like edges; whether it is one, these pictures do not tell. */
static bool may_be_cut(const ckn_identification *job, const ckn_verdict *verdict) {
    const ckn_support_result *support = &job->answer->identified.support;
    const size_t side = job->frame.rows > job->frame.cols ? job->frame.rows : job->frame.cols;
    const bool at_limit = job->is_sought && support->truncated && !job->search.shortened;
    const bool vague = verdict->cause == CKN_CAUSE_ILLUMINATION ||
                       verdict->cause == CKN_CAUSE_EDGES || verdict->cause == CKN_CAUSE_BORDER ||
                       verdict->cause == CKN_CAUSE_UNKNOWN || verdict->cause == CKN_CAUSE_UNRELATED;
    static const double most_of_it = 0.8;
    return at_limit && vague && verdict->explained >= most_of_it &&
           side < job->options->support.first_rows && side < job->options->support.first_cols;
}

static void call_it_cut(const ckn_identification *job, ckn_verdict *verdict) {
    verdict->kind = CKN_VERDICT_UNNAMED;
    verdict->cause = CKN_CAUSE_LARGER_FRAME;
    snprintf(
        verdict->text, sizeof verdict->text,
        "no named kernel; %.0f %% of the change explained, by as many taps as pictures of this "
        "size allow",
        100 * verdict->explained);
    snprintf(
        verdict->reason, sizeof verdict->reason,
        "the kernel is probably larger than %zux%zu: use larger pictures, or give --kernel-size",
        job->frame.cols, job->frame.rows);
}

ckn_code ckn_identify_judge(ckn_identification *job, ckn_error *error) {
    ckn_answer *answer = job->answer;
    ckn_verdict_plane *planes = NULL;
    ckn_error reason = {CKN_OK, ""};
    if (!job->options->verdict || job->estimate.solver == CKN_SOLVER_DIVISION)
        return CKN_OK;
    CKN_TRY(ckn_identify_report(job, CKN_PHASE_VERDICT, 0, 1, error));
    CKN_TRY(ckn_allocate(&planes, job->pair_count, sizeof *planes, "a verdict", error));
    for (size_t i = 0; i < job->pair_count; i++)
        planes[i] = (ckn_verdict_plane){.sharp = answer->pairs[i].sharp,
                                        .blurred = answer->pairs[i].blurred,
                                        .weights = answer->pairs[i].blurred_weights,
                                        .fit = answer->fits[i]};
    ckn_code code = judge(job, planes, &reason);
    free(planes);
    if (code == CKN_ERROR_DATA) /* all is masked in the middle: there is none */
        return CKN_OK;
    if (code != CKN_OK)
        return ckn_fail(error, code, "%s", reason.message);
    if (answer->verdict.kind == CKN_VERDICT_NONE && may_be_cut(job, &answer->verdict))
        call_it_cut(job, &answer->verdict);
    answer->identified.verdict = &answer->verdict;
    return CKN_OK;
}
