/* Parts of ckn_diagnose_pair(): each looks at one thing, and fills its own figures. */
#ifndef CKN_INSPECT_PAIR_DIAGNOSIS_H
#define CKN_INSPECT_PAIR_DIAGNOSIS_H

#include "base/view.h"

/* Sample (r, c) of y is the kernel's sum over the window of x that starts there; `inner` are the
 * middles of these windows, so that inner and y show the same things. NaN is what is masked. */
typedef struct ckn_diagnosis_pair {
    ckn_view x, inner, y;
    ckn_shape kernel;
} ckn_diagnosis_pair;

/* Limits, mean, deviation and noise. */
ckn_code ckn_diagnose_levels(const ckn_view *view, ckn_image_diagnosis *figures, ckn_error *error);
/* Which of the samples at the limits were clipped; after ckn_diagnose_levels() of both. */
ckn_code ckn_diagnose_clipping(const ckn_diagnosis_pair *pair, ckn_image_diagnosis *sharp,
                               ckn_image_diagnosis *blurred, ckn_error *error);
/* gain, offset and their errors. */
ckn_code ckn_diagnose_exposure(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis,
                               ckn_error *error);
/* detail_ratio; after the levels and the exposure. */
void ckn_diagnose_detail(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis);
/* band_x .. passed_y; after the levels. */
ckn_code ckn_diagnose_spectrum(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis,
                               ckn_error *error);

#endif
