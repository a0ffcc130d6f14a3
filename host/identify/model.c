/* Sign, prior, weight and reach of a kernel whose size was sought, by one criterion on the
 * statistics: generalised cross-validation. The search of the size ends where taps sink below the
 * noise; a prior that knows how the kernel goes on may tell more in a wider frame. */
#include "base/memory.h"
#include "estimate/selection.h"
#include "identify/identification.h"

#include <math.h>
#include <stdlib.h>

/* Lines of taps that a frame is widened by on each side: a fourth of its side, 2 to 8. A Gaussian
 * of sigma 4 under 2 % of noise is found 17 taps long, and 25 hold all that is seen of it. */
static size_t margin_of(size_t side) {
    const size_t margin = side / 4;
    return margin < 2 ? 2 : margin > 8 ? 8 : margin;
}

/* The choice for one frame. */
typedef struct candidate {
    ckn_frame frame;
    ckn_selection selection;
} candidate;

/* What the larger frame must gain in n log(score), which is like twice a log likelihood. With
 * differences as prior, frames of kernels that end where they were found gained up to 4.6 by
 * chance, Gaussians whose tails are in the noise from 5.5 to 160. To l1 and tv, taps that are zero
 * cost next to nothing: there chance gained up to 14.4, discs and motions 27 and more (tests/bench,
 * section default, 2026-11-28). */
static double least_gain(ckn_prior prior) {
    static const double of_differences = 5, of_sparse = 16;
    return prior == CKN_PRIOR_L1 || prior == CKN_PRIOR_TV ? of_sparse : of_differences;
}

/* smaller: what was chosen for a frame inside this one; NULL: nothing yet. */
static ckn_code choose_for(const ckn_identification *job, const candidate *smaller, candidate *own,
                           ckn_error *error) {
    const ckn_frame_sums *sums = job->search.sums;
    const ckn_rectangle part = ckn_part_of_frame(ckn_frame_sums_frame(sums), &own->frame);
    ckn_problem *problem = NULL;
    CKN_TRY(ckn_frame_sums_part(sums, &part, job->estimate.background, &problem, error));
    ckn_code code = smaller
                        ? ckn_select_larger(problem, &job->estimate, &smaller->selection,
                                            least_gain(CKN_PRIOR_SMOOTH2), &own->selection, error)
                        : ckn_select(problem, &job->estimate, &own->selection, error);
    ckn_problem_destroy(problem);
    return code;
}

/* The final fit repeats this choice. */
static ckn_code take(ckn_identification *job, const candidate *chosen, ckn_error *error) {
    job->frame = chosen->frame;
    if (!job->selection)
        CKN_TRY(ckn_allocate(&job->selection, 1, sizeof *job->selection, "the choice", error));
    *job->selection = chosen->selection;
    return CKN_OK;
}

static ckn_code compare_frames(ckn_identification *job, candidate *found, candidate *wider,
                               ckn_error *error) {
    const double count = (double)ckn_problem_used(ckn_frame_sums_problem(job->search.sums));
    CKN_TRY(choose_for(job, NULL, found, error));
    const double score = ckn_selection_score(&found->selection);
    if (!isfinite(score))
        return CKN_OK;
    CKN_TRY(take(job, found, error));
    if (found->selection.model.prior == CKN_PRIOR_NONE ||
        !ckn_frame_search_has_samples(&job->search, &wider->frame))
        return CKN_OK;
    CKN_TRY(choose_for(job, found, wider, error));
    const double gain = count * log(score / ckn_selection_score(&wider->selection));
    ckn_log_line(&job->context->backend->log, CKN_LOG_VERBOSE,
                 "frame of %zu x %zu against %zu x %zu: %.3g gained in n log(score)",
                 wider->frame.cols, wider->frame.rows, found->frame.cols, found->frame.rows, gain);
    if (gain > least_gain(wider->selection.model.prior))
        return take(job, wider, error);
    return CKN_OK;
}

ckn_code ckn_identify_model(ckn_identification *job, ckn_error *error) {
    if (!job->is_sought)
        return CKN_OK;
    job->estimate.kernel_rows = job->frame.rows;
    job->estimate.kernel_cols = job->frame.cols;
    if (job->estimate.solver != CKN_SOLVER_AUTO || job->estimate.prior != CKN_PRIOR_AUTO ||
        job->search.shortened) /* the model, not the noise, ends such a kernel */
        return CKN_OK;
    candidate *both = NULL;
    CKN_TRY(ckn_allocate(&both, 2, sizeof *both, "the choice of a prior", error));
    const ckn_shape margin = {margin_of(job->frame.rows), margin_of(job->frame.cols)};
    both[0].frame = job->frame;
    both[1].frame = ckn_frame_search_widen(&job->search, &job->frame, margin);
    ckn_code code = compare_frames(job, &both[0], &both[1], error);
    free(both);
    job->estimate.kernel_rows = job->frame.rows;
    job->estimate.kernel_cols = job->frame.cols;
    return code;
}
