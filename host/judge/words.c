#include "judge/evidence.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

const char *ckn_verdict_kind_name(ckn_verdict_kind kind) {
    static const char *const names[] = {"named", "unnamed", "identical", "none"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

static const struct {
    const char *name;
    const char *words; /* after "3.1 % of the change remains" */
} causes[CKN_CAUSE_COUNT] = {
    [CKN_CAUSE_NOTHING] = {"nothing", ""},
    [CKN_CAUSE_FIT] = {"fit", ": prior, constraint or an early end keep a better kernel away"},
    [CKN_CAUSE_LARGER_FRAME] = {"larger frame",
                                " for a larger kernel: give a larger --kernel-size"},
    [CKN_CAUSE_GREY_COPY] = {"grey copy",
                             "; BLURRED is a grey copy of a colour picture: try --channels luma"},
    [CKN_CAUSE_OVERLAY] = {"overlay", " in a few places: something lies over BLURRED (text?)"},
    [CKN_CAUSE_TONE_CURVE] = {"tone curve",
                              " and is a curve of the brightness (gamma, contrast, clipping?)"},
    [CKN_CAUSE_LINEAR_LIGHT] = {"linear light", ", as BLURRED was blurred in linear light: try "
                                                "--linear"},
    [CKN_CAUSE_ILLUMINATION] = {"illumination",
                                " and varies slowly over the field (vignette, illumination?)"},
    [CKN_CAUSE_MIRRORED] = {"mirrored", "; BLURRED is "},
    [CKN_CAUSE_MOVED] = {"scaled or rotated", "; BLURRED is "},
    [CKN_CAUSE_UNRELATED] = {"unrelated", "; the pictures seem to be unrelated"},
    [CKN_CAUSE_QUANTISATION] = {"quantisation", "; BLURRED has only "},
    [CKN_CAUSE_VARYING] = {"varying kernel", "; the kernel varies over the field"},
    [CKN_CAUSE_BORDER] = {"border", " near the border (periodic, reflected?)"},
    [CKN_CAUSE_EDGES] = {"edges", " and follows edges (median, minimum, bilateral, thresholds?)"},
    [CKN_CAUSE_UNKNOWN] = {"unknown", " and is no noise"},
};

const char *ckn_cause_name(ckn_cause cause) {
    return (unsigned)cause < CKN_CAUSE_COUNT ? causes[cause].name : "unknown";
}

/* What the words of a cause leave open. */
static void write_rest(const ckn_judge_finding *finding, char *rest, size_t size) {
    const ckn_judge_motion *motion = &finding->motion;
    rest[0] = '\0';
    if (finding->cause == CKN_CAUSE_MIRRORED)
        snprintf(rest, size, "%s", finding->mirror);
    else if (finding->cause == CKN_CAUSE_MOVED)
        snprintf(rest, size, "scaled by about %.3f and rotated by about %.1f degrees",
                 motion->scale, motion->degrees);
    else if (finding->cause == CKN_CAUSE_QUANTISATION)
        snprintf(rest, size, "%zu values (posterised?)", finding->levels);
}

/* "99.7": as many nines as there are. */
static const char *percent(double part, char *text, size_t size) {
    const double rest = 100 * (1 - part);
    const int digits = rest > 0 && rest < 1 ? (int)fmin(ceil(-log10(rest)) + 1, 6) : 1;
    snprintf(text, size, "%.*f", digits, 100 * part);
    return text;
}

static void write_explained(const ckn_verdict_job *job, const ckn_judge_evidence *evidence,
                            ckn_verdict *verdict) {
    char share[32];
    if (job->name)
        snprintf(verdict->text, sizeof verdict->text, "%s", job->name);
    else if (evidence->structured == 0)
        snprintf(verdict->text, sizeof verdict->text, "no named kernel; explained to the noise");
    else
        snprintf(verdict->text, sizeof verdict->text,
                 "no named kernel; %s %% of the change explained",
                 percent(evidence->explained, share, sizeof share));
    if (evidence->noise)
        snprintf(verdict->reason, sizeof verdict->reason,
                 "%s (largest correlation %.3f within %d samples)", evidence->noise,
                 evidence->correlation, CKN_JUDGE_REACH);
    else
        snprintf(verdict->reason, sizeof verdict->reason,
                 "what remains is %.2g %% of the change (largest correlation %.3f)",
                 100 * (1 - evidence->explained), evidence->correlation);
}

/* The figure that speaks for a cause. */
static void write_evidence(const ckn_judge_evidence *e, const ckn_judge_finding *finding,
                           char *text, size_t size) {
    const double part = 100 * finding->evidence;
    switch (finding->cause) {
    case CKN_CAUSE_FIT:
        snprintf(text, size, "plain least squares takes %.0f %% of it away", part);
        return;
    case CKN_CAUSE_LARGER_FRAME:
        snprintf(text, size, "a larger frame takes %.0f %% of it away", part);
        return;
    case CKN_CAUSE_GREY_COPY:
        snprintf(text, size, "the channels of BLURRED are equal, those of SHARP are not");
        return;
    case CKN_CAUSE_OVERLAY:
        snprintf(text, size, "a tenth of the field holds %.1f %% of it", part);
        return;
    case CKN_CAUSE_TONE_CURVE:
        snprintf(text, size, "a curve takes %.0f %% of it away", part);
        return;
    case CKN_CAUSE_LINEAR_LIGHT:
        snprintf(text, size, "decoded sRGB takes %.0f %% of it away", part);
        return;
    case CKN_CAUSE_ILLUMINATION:
        snprintf(text, size, "a smooth field takes %.0f %% of it away", part);
        return;
    case CKN_CAUSE_MIRRORED:
        snprintf(text, size, "the correlation of BLURRED with SHARP so turned is %.2f",
                 finding->evidence);
        return;
    case CKN_CAUSE_MOVED:
        snprintf(text, size,
                 "%zu of %zu tiles lie where scale and rotation put them, up to %.1f pixels away; "
                 "SHARP so moved leaves %.0f %% of what it leaves unmoved",
                 finding->motion.agreeing, finding->motion.tiles, finding->motion.largest,
                 100 * finding->motion.left);
        return;
    case CKN_CAUSE_UNRELATED:
        snprintf(text, size, "SHARP explains %.1f %% of BLURRED, by its brightness", part);
        return;
    case CKN_CAUSE_QUANTISATION:
        snprintf(text, size, "it has %zu different values", finding->levels);
        return;
    case CKN_CAUSE_VARYING:
        snprintf(text, size, "a kernel of its own for each part of the field takes %.0f %% away",
                 part);
        return;
    case CKN_CAUSE_BORDER:
        snprintf(text, size, "%.0f %% of it lies in %.0f %% of the field", part,
                 100 * e->border_area);
        return;
    case CKN_CAUSE_EDGES:
        snprintf(text, size,
                 "its strength correlates with SHARP's gradient by %.2f; %.1f %% of BLURRED is "
                 "brighter than SHARP, %.1f %% darker",
                 finding->evidence, 100 * e->brighter, 100 * e->darker);
        return;
    default:
        snprintf(text, size, "no cause was found; a tenth of the field holds %.0f %% of it",
                 100 * e->concentration);
    }
}

void ckn_judge_write(const ckn_verdict_job *job, const ckn_judge_evidence *evidence,
                     const ckn_judge_finding *finding, ckn_verdict *verdict) {
    char rest[96], figure[200];
    if (verdict->kind == CKN_VERDICT_IDENTICAL) {
        snprintf(verdict->text, sizeof verdict->text, "the pictures are identical");
        snprintf(verdict->reason, sizeof verdict->reason, "every sample of BLURRED is SHARP's");
        return;
    }
    if (finding->cause == CKN_CAUSE_NOTHING) {
        write_explained(job, evidence, verdict);
        return;
    }
    write_rest(finding, rest, sizeof rest);
    write_evidence(evidence, finding, figure, sizeof figure);
    if (finding->cause == CKN_CAUSE_UNRELATED && !(evidence->variance > 0)) {
        snprintf(verdict->text, sizeof verdict->text,
                 "no convolution explains this pair: BLURRED has one value throughout");
        snprintf(verdict->reason, sizeof verdict->reason, "it tells nothing of a kernel");
        return;
    }
    const double remaining = 100 * verdict->remaining;
    snprintf(verdict->text, sizeof verdict->text, "%s: %.*f %% of the change remains%s%s",
             verdict->kind == CKN_VERDICT_NONE ? "no convolution explains this pair"
                                               : "no named kernel",
             remaining < 10, remaining, causes[finding->cause].words, rest);
    const bool white = fabs(evidence->correlation) <= evidence->chance;
    snprintf(verdict->reason, sizeof verdict->reason,
             "%s (largest correlation %.2f within %d samples); %s",
             white ? "the residual is as white as noise" : "the residual is no noise",
             evidence->correlation, CKN_JUDGE_REACH, figure);
}
