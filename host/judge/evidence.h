/* Figures of what an estimate left, and what they add up to. */
#ifndef CKN_JUDGE_EVIDENCE_H
#define CKN_JUDGE_EVIDENCE_H

#include "judge/samples.h"

/* Correlations are looked at up to this many samples away along each axis. */
#define CKN_JUDGE_REACH 3
#define CKN_JUDGE_LAGS (CKN_JUDGE_REACH + CKN_JUDGE_REACH * (2 * CKN_JUDGE_REACH + 1))

typedef struct ckn_judge_evidence {
    /* Means over the samples that count. */
    double square;           /* of r^2 */
    double change;           /* of (y - s)^2 */
    double reference;        /* of the square that is left of y after the best a s + b */
    double variance;         /* of y */
    double largest;          /* magnitude of y */
    double brighter, darker; /* parts of the samples where y is above s, and below */

    double correlations[CKN_JUDGE_LAGS]; /* of r, not less its mean */
    double correlation;                  /* the one of largest magnitude */
    double chance;                       /* more than this is no chance */
    double of_kernel[CKN_JUDGE_LAGS];    /* those of white noise in SHARP, which h correlates */
    double kernel_norm;                  /* root of the sum of h^2 */
    double sharp_noise;                  /* standard deviation in SHARP, fine texture counted */
    double blocks; /* how much larger differences of r are where blocks of 8 samples meet */

    double concentration;       /* part of sum r^2 in the tenth of the tiles that have most */
    double median;              /* of a tile's mean r^2, over the mean */
    double edges;               /* correlation of log r^2 of tiles with log |gradient of s|^2 */
    double border, border_area; /* parts of sum r^2 and of samples near the border */

    const char *noise; /* why what remains is no fault of the fit; NULL: it may be one */
    double structured; /* part of sum r^2 that is no white noise */
    double share;      /* that part, of `reference` less the white noise */
    double explained;  /* of `change` likewise */
} ckn_judge_evidence;

/* Moments, correlations, blocks. */
ckn_code ckn_judge_measure(const ckn_verdict_job *job, const ckn_judge_samples *samples,
                           ckn_judge_evidence *evidence, ckn_error *error);
/* What goes by tiles of 8 x 8: concentration, edges, border. */
ckn_code ckn_judge_measure_tiles(const ckn_judge_samples *samples, ckn_judge_evidence *evidence,
                                 ckn_error *error);
/* Fills the last four; after both. */
void ckn_judge_weigh(const ckn_verdict_job *job, ckn_judge_evidence *evidence);

/* Whether what remains is more than noise, rounding and losses of files, and a part of the change
 * that matters; after ckn_judge_weigh(). */
bool ckn_judge_is_unexplained(const ckn_judge_evidence *evidence);

/* --- causes: each returns a figure of evidence, mostly the part of the structure in r that it
 * takes away (0 to 1). */

/* The model or SHARP, put through a curve, is BLURRED. */
ckn_code ckn_judge_curve(const ckn_judge_samples *samples, double *gain, ckn_error *error);
/* Sum over planes of (y - curve(m))^2 with the best curve; m as an array of each plane. */
ckn_code ckn_judge_curve_left(const ckn_judge_samples *samples, double *const *m, double *left,
                              ckn_error *error);

/* r is m times a smooth field of the position, and another one. */
ckn_code ckn_judge_illumination(const ckn_judge_samples *samples, double *gain, ckn_error *error);

/* The tiles of BLURRED are displaced, by an affine map of their position. */
typedef struct ckn_judge_motion {
    double scale;     /* of BLURRED against SHARP */
    double degrees;   /* that BLURRED is rotated by, from +x towards +y */
    size_t tiles;     /* that are not flat; 0: too few to tell */
    double found;     /* part of them that resemble a place of SHARP */
    double agreement; /* part of these that the map places within a pixel of what is looked at */
    size_t agreeing;  /* their number */
    double largest;   /* displacement by scale and rotation within the picture, pixels */
    double error;     /* root mean square of those that agree, against the map, pixels */
    double left; /* of BLURRED, after SHARP put through the map, over that after SHARP itself */
} ckn_judge_motion;

ckn_code ckn_judge_find_motion(const ckn_judge_samples *samples, ckn_judge_motion *motion,
                               ckn_error *error);
/* The largest correlation of BLURRED with SHARP mirrored and turned; *how names it. */
ckn_code ckn_judge_find_mirror(const ckn_judge_samples *samples, double *correlation,
                               const char **how, ckn_error *error);

/* Different values of BLURRED: at most CKN_JUDGE_MOST_LEVELS, else 0. */
#define CKN_JUDGE_MOST_LEVELS 24
size_t ckn_judge_count_levels(const ckn_judge_samples *samples);
/* Whether all planes of BLURRED hold the same, and those of SHARP do not. */
bool ckn_judge_is_grey_copy(const ckn_judge_samples *samples);
/* Whether BLURRED is SHARP, sample by sample, in every plane. */
bool ckn_judge_is_identical(const ckn_verdict_job *job);

/* Further fits, by least squares with a constant background: *gain is NAN where the kernel is too
 * large, or there are too few samples, for one. */
ckn_code ckn_judge_refit_same(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                              ckn_error *error);
ckn_code ckn_judge_refit_larger(ckn_context *context, const ckn_judge_samples *samples,
                                double *gain, ckn_error *error);
ckn_code ckn_judge_refit_linear(ckn_context *context, const ckn_judge_samples *samples,
                                double *gain, ckn_error *error);
/* The curve of ckn_judge_curve() taken out of BLURRED before. */
ckn_code ckn_judge_refit_curve(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                               ckn_error *error);
/* Every tile by itself. */
ckn_code ckn_judge_refit_tiles(ckn_context *context, const ckn_judge_samples *samples, double *gain,
                               ckn_error *error);

/* --- words */
typedef struct ckn_judge_finding {
    ckn_cause cause;
    double evidence;
    ckn_judge_motion motion;
    const char *mirror; /* of MIRRORED: how */
    size_t levels;      /* of QUANTISATION */
} ckn_judge_finding;

void ckn_judge_write(const ckn_verdict_job *job, const ckn_judge_evidence *evidence,
                     const ckn_judge_finding *finding, ckn_verdict *verdict);

#endif
