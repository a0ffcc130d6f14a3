/* What the data say of the kernel before it is estimated: may it be negative, which prior, and how
 * much of it. All from the statistics; no image is touched.
 *
 * Sign. With m taps held at zero by h >= 0, the squares of the residual grow by sigma^2 chi^2(m)
 * where the true kernel is not negative (given which taps are held, the distance to a cone's face
 * is that to a plane: Shapiro, "Towards a unified theory of inequality constrained testing", Int.
 * Stat. Rev. 56, 1988). Where they grow by far more, the kernel has negative taps.
 *
 * Weight. Generalised cross-validation, n ||r||^2 / (n - df)^2 (Golub, Heath & Wahba,
 * Technometrics 21, 1979), df the trace of the hat matrix on the taps that are not held; or the
 * discrepancy principle (Morozov, 1966): as much prior as keeps ||r||^2 at what noise alone makes
 * of it, n sigma^2.
 */
#ifndef CKN_ESTIMATE_SELECTION_H
#define CKN_ESTIMATE_SELECTION_H

#include "estimate/trial.h"

enum { CKN_MOST_TRIALS = 80 }; /* 15 of each prior, and one without */

typedef struct ckn_selection {
    ckn_model model;
    double lambda;      /* model.weight in the units of ckn_estimate_options.lambda */
    double sign_excess; /* how far beyond chi^2(m) the growth is, in its standard deviations; NaN
                         * where the constraint was given */
    double inflation;   /* of the noise, where prior and weight were chosen */
    double degrees_of_freedom;         /* of the fit that was chosen */
    size_t rank;                       /* of G; 0 where it was not looked at */
    double condition;                  /* of G alone; infinite where it is singular */
    ckn_trial trials[CKN_MOST_TRIALS]; /* in the order in which they were made */
    size_t trial_count;
    size_t samples; /* that it was chosen on */
} ckn_selection;

/* Chooses what `options` leave open. The statistics are left with the prior that was chosen. */
ckn_code ckn_select(ckn_problem *problem, const ckn_estimate_options *options,
                    ckn_selection *selection, ckn_error *error);

/* The same for a larger kernel on the samples that `smaller` was chosen on. Only smooth2 and the
 * priors that won or nearly won there are tried, from their weights there on; and nothing is chosen
 * that does not gain `to_gain` in n log(score) over it. */
ckn_code ckn_select_larger(ckn_problem *problem, const ckn_estimate_options *options,
                           const ckn_selection *smaller, double to_gain, ckn_selection *selection,
                           ckn_error *error);
/* The score of what was chosen; infinite where nothing was compared. */
double ckn_selection_score(const ckn_selection *selection);

/* The choice with the help of one that was made on other windows of the same images. Where they
 * are nearly as many it stands, its weight relative to these statistics. Else the choice is made
 * anew; where that takes long, only among priors that came near the best one. */
ckn_code ckn_select_again(ckn_problem *problem, const ckn_estimate_options *options,
                          const ckn_selection *made, ckn_selection *selection, ckn_error *error);

/* Whether a choice among priors is worth its predicted time. */
bool ckn_selection_is_affordable(const ckn_problem *problem);

#endif
