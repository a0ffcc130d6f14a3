#include "judge/evidence.h"

#include <math.h>

/* Parts of the structure in the residual that a cause takes away: where it is named at once, and
 * where the best of several is. On the pairs of tests/bench/sections/verdicts.py, the right one
 * takes 0.6 to 1, wrong ones up to 0.5. */
#define CERTAIN 0.85
#define LIKELY 0.55
#define LEAST_OF_TILES 0.4 /* of the whole residual: kernels of tiles follow noise */
/* Overlays: a tenth of the tiles holds nearly all of the residual, and not because SHARP has its
 * edges there. */
#define OVERLAY_CONCENTRATION 0.95
#define OVERLAY_EDGES 0.5
#define MIRROR_CORRELATION 0.8
#define AGREEING_TILES 0.4
#define LEAST_MOTION 0.5          /* pixels */
#define MOTION_TO_ERROR 1.0       /* two standard errors and more, of forty tiles; see MOST_LEFT */
#define LEAST_AGREEING 8          /* tiles */
#define MOST_LEFT 0.85            /* of what SHARP leaves where it is not moved */
#define UNRELATED_CORRELATION 0.2 /* squared, of BLURRED with SHARP */
#define BORDER_PART 0.7
#define LARGEST_BORDER 0.4
#define FOLLOWS_EDGES 0.3
#define ONE_SIDED 0.005 /* of the samples: a minimum or a maximum never goes the other way */

typedef struct search {
    ckn_context *context;
    const ckn_verdict_job *job;
    const ckn_judge_samples *samples;
    const ckn_judge_evidence *evidence;
    ckn_judge_finding *finding;
} search;

static bool found(const search *s) {
    return s->finding->cause != CKN_CAUSE_NOTHING;
}

static void set(const search *s, ckn_cause cause, double evidence) {
    s->finding->cause = cause;
    s->finding->evidence = evidence;
}

/* Of the residual's structure: the white rest cannot be taken away. */
static double part_taken(const search *s, double gain) {
    return fmin(fmax(gain / s->evidence->structured, 0), 1);
}

/* What a glance at the samples tells. */
static void look(const search *s) {
    const ckn_judge_evidence *e = s->evidence;
    const size_t levels = ckn_judge_count_levels(s->samples);
    s->finding->levels = levels;
    if (s->job->rgb && ckn_judge_is_grey_copy(s->samples))
        set(s, CKN_CAUSE_GREY_COPY, e->share);
    else if (levels > 0)
        set(s, CKN_CAUSE_QUANTISATION, (double)levels);
    else if (e->concentration > OVERLAY_CONCENTRATION && e->edges < OVERLAY_EDGES)
        set(s, CKN_CAUSE_OVERLAY, e->concentration);
}

/* Whether it is the fit that is to blame: then no cause in the pictures is sought. */
static ckn_code look_at_fit(const search *s, ckn_error *error) {
    double gain;
    CKN_TRY(ckn_judge_refit_same(s->context, s->samples, &gain, error));
    if (isfinite(gain) && part_taken(s, gain) >= CERTAIN)
        set(s, CKN_CAUSE_FIT, part_taken(s, gain));
    return CKN_OK;
}

static ckn_code look_for_curve(const search *s, double *taken, ckn_error *error) {
    double gain;
    CKN_TRY(ckn_judge_curve(s->samples, &gain, error));
    *taken = part_taken(s, gain);
    if (*taken >= CERTAIN)
        set(s, CKN_CAUSE_TONE_CURVE, *taken);
    return CKN_OK;
}

typedef ckn_code refit_fn(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                          ckn_error *error);

/* Takes a cause that explains more than the one before, and at least `least` of the residual. */
static ckn_code try_fit(const search *s, ckn_cause cause, refit_fn *refit, double least,
                        double *best, ckn_error *error) {
    double gain;
    if (*best >= CERTAIN)
        return CKN_OK;
    CKN_TRY(refit(s->context, s->samples, &gain, error));
    const double taken = isfinite(gain) && gain >= least ? part_taken(s, gain) : 0;
    if (taken <= *best)
        return CKN_OK;
    *best = taken;
    set(s, cause, taken);
    return CKN_OK;
}

/* What a larger kernel explains is not unrelated, however little one of this size does. */
static ckn_code look_for_strangers(const search *s, double likeness, ckn_error *error) {
    double best = LIKELY;
    if (likeness >= UNRELATED_CORRELATION || s->evidence->share <= 0.5)
        return CKN_OK;
    CKN_TRY(try_fit(s, CKN_CAUSE_LARGER_FRAME, ckn_judge_refit_larger, 0, &best, error));
    if (!found(s))
        set(s, CKN_CAUSE_UNRELATED, likeness);
    return CKN_OK;
}

static ckn_code look_for_motion(const search *s, ckn_error *error) {
    ckn_judge_motion *motion = &s->finding->motion;
    const double likeness = 1 - s->evidence->reference / s->evidence->variance;
    double mirror;
    CKN_TRY(ckn_judge_find_motion(s->samples, motion, error));
    if (motion->agreeing >= LEAST_AGREEING && motion->agreement >= AGREEING_TILES &&
        motion->largest >= LEAST_MOTION && motion->largest >= MOTION_TO_ERROR * motion->error &&
        motion->left <= MOST_LEFT) {
        set(s, CKN_CAUSE_MOVED, motion->agreement);
        return CKN_OK;
    }
    if (likeness > 0.5)
        return CKN_OK;
    CKN_TRY(ckn_judge_find_mirror(s->samples, &mirror, &s->finding->mirror, error));
    if (mirror < MIRROR_CORRELATION || mirror * mirror <= likeness)
        return look_for_strangers(s, likeness, error);
    set(s, CKN_CAUSE_MIRRORED, mirror);
    return CKN_OK;
}

static ckn_code look_for_illumination(const search *s, double *taken, ckn_error *error) {
    double gain;
    CKN_TRY(ckn_judge_illumination(s->samples, &gain, error));
    *taken = part_taken(s, gain);
    if (*taken >= CERTAIN)
        set(s, CKN_CAUSE_ILLUMINATION, *taken);
    return CKN_OK;
}

/* What takes further fits: the best of all that are likely. Kernels of tiles follow other things,
 * too, and come last. */
static ckn_code look_by_fits(const search *s, double curve, double light, ckn_error *error) {
    double best = fmax(LIKELY, fmax(curve, light));
    if (best > LIKELY)
        set(s, curve > light ? CKN_CAUSE_TONE_CURVE : CKN_CAUSE_ILLUMINATION, best);
    CKN_TRY(try_fit(s, CKN_CAUSE_LARGER_FRAME, ckn_judge_refit_larger, 0, &best, error));
    if (s->job->encoded)
        CKN_TRY(try_fit(s, CKN_CAUSE_LINEAR_LIGHT, ckn_judge_refit_linear, 0, &best, error));
    CKN_TRY(try_fit(s, CKN_CAUSE_TONE_CURVE, ckn_judge_refit_curve, 0, &best, error));
    if (!found(s))
        CKN_TRY(try_fit(s, CKN_CAUSE_VARYING, ckn_judge_refit_tiles, LEAST_OF_TILES, &best, error));
    return CKN_OK;
}

/* What is left to say of the residual. */
static void look_at_places(const search *s) {
    const ckn_judge_evidence *e = s->evidence;
    if (e->border > BORDER_PART && e->border_area < LARGEST_BORDER)
        set(s, CKN_CAUSE_BORDER, e->border);
    else if (e->edges > FOLLOWS_EDGES || fmin(e->brighter, e->darker) < ONE_SIDED)
        set(s, CKN_CAUSE_EDGES, e->edges);
    else
        set(s, CKN_CAUSE_UNKNOWN, (double)NAN);
}

/* Cheapest first. */
static ckn_code find_cause(const search *s, ckn_error *error) {
    double curve = 0, light = 0;
    CKN_TRY(look_at_fit(s, error));
    if (!found(s))
        look(s);
    if (!found(s))
        CKN_TRY(look_for_curve(s, &curve, error));
    if (!found(s))
        CKN_TRY(look_for_motion(s, error));
    if (!found(s))
        CKN_TRY(look_for_illumination(s, &light, error));
    if (!found(s))
        CKN_TRY(look_by_fits(s, curve, light, error));
    if (!found(s))
        look_at_places(s);
    return CKN_OK;
}

/* Squares of BLURRED's variation, in variances of the residual, that a kernel explains by chance:
 * one a tap, and a few more for having been chosen among many places. */
#define BY_CHANCE_A_TAP 3
#define BY_CHANCE_OF_PLACES 60

/* BLURRED has one value, but for rounding. */
static bool is_constant(const ckn_judge_evidence *e) {
    static const double rounding = 1e-9; /* of sums over millions of samples */
    return e->variance <= rounding * e->largest * e->largest;
}

/* White noise that has nothing to do with SHARP leaves a white residual, too. */
static bool explains_nothing(const ckn_verdict_job *job, const ckn_judge_samples *samples,
                             const ckn_judge_evidence *e) {
    const double taps = (double)(job->kernel.rows * job->kernel.cols);
    const double explained = fmax(e->variance - e->square, 0);
    return is_constant(e) ||
           explained * samples->used <= (BY_CHANCE_A_TAP * taps + BY_CHANCE_OF_PLACES) * e->square;
}

static ckn_code judge(ckn_context *context, const ckn_verdict_job *job,
                      const ckn_judge_samples *samples, ckn_verdict *verdict, ckn_error *error) {
    ckn_judge_evidence evidence = {0};
    ckn_judge_finding finding = {.cause = CKN_CAUSE_NOTHING, .evidence = NAN};
    const search all = {context, job, samples, &evidence, &finding};
    CKN_TRY(ckn_judge_measure(job, samples, &evidence, error));
    CKN_TRY(ckn_judge_measure_tiles(samples, &evidence, error));
    ckn_judge_weigh(job, &evidence);
    verdict->kind = job->name ? CKN_VERDICT_NAMED : CKN_VERDICT_UNNAMED;
    if (!is_constant(&evidence) && ckn_judge_is_unexplained(&evidence)) {
        CKN_TRY(find_cause(&all, error));
        const bool explicable =
            finding.cause == CKN_CAUSE_LARGER_FRAME || finding.cause == CKN_CAUSE_FIT;
        verdict->kind = explicable ? CKN_VERDICT_UNNAMED : CKN_VERDICT_NONE;
    } else if (explains_nothing(job, samples, &evidence)) {
        verdict->kind = CKN_VERDICT_NONE;
        evidence.explained = 0;
        evidence.variance = is_constant(&evidence) ? 0 : evidence.variance;
        set(&all, CKN_CAUSE_UNRELATED, 0);
    }
    verdict->cause = finding.cause;
    verdict->evidence = finding.evidence;
    verdict->explained = evidence.explained;
    verdict->remaining = 1 - evidence.explained;
    verdict->correlation = evidence.correlation;
    ckn_judge_write(job, &evidence, &finding, verdict);
    return CKN_OK;
}

ckn_code ckn_judge(ckn_context *context, const ckn_verdict_job *job, ckn_verdict *verdict,
                   ckn_error *error) {
    ckn_judge_samples samples = {0};
    *verdict = (ckn_verdict){.evidence = NAN};
    ckn_code code = ckn_judge_load(context, job, &samples, error);
    if (code == CKN_OK && ckn_judge_is_identical(job)) {
        verdict->kind = CKN_VERDICT_IDENTICAL;
        verdict->explained = 1;
        ckn_judge_write(job, NULL, NULL, verdict);
    } else if (code == CKN_OK)
        code = judge(context, job, &samples, verdict, error);
    ckn_judge_release(&samples);
    return code;
}
