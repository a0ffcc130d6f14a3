/* The one detector of clipping: which samples of pairs were cut off at a limit, at both ends, in
 * both images, and what that leaves of a fit.
 *
 * It works in two steps. ckn_clipping_create() looks at the images alone. Samples that pile up at
 * the limit of their type, at one that the file names, or at the extreme value that occurs are a
 * candidate. BLURRED is clipped for certain where such a pile looks cut off and stands over detail
 * of SHARP; these samples get the weight 0 at once. ckn_clipping_refine() is given a first model, h
 * * SHARP + background. It finds whether the model goes beyond the limit where BLURRED stands at
 * it, so that other candidates are clipped as well, or some that seemed clipped are not. Leaving
 * out just what reached a limit would keep, of all samples near it, those whose noise points away
 * from it: so all that comes within the noise of a limit is left out. SHARP's clipped samples
 * matter only where BLURRED has light that the model lacks. Where too little would be left,
 * everything stays.
 */
#ifndef CKN_INSPECT_CLIPPING_H
#define CKN_INSPECT_CLIPPING_H

#include "base/status.h"

#include <stdbool.h>

typedef struct ckn_clipping ckn_clipping;

/* Looks at `count` pairs, each of one plane, before they are cut to a frame. `sharp` and `blurred`
 * hold a source for each pair; NULL: nothing is known but the planes. What the pairs' own weights
 * leave out has no say. The pairs and their weights must outlive the object; the sources need not.
 */
ckn_code ckn_clipping_create(const ckn_pair *pairs, size_t count, const ckn_clip_source *sharp,
                             const ckn_clip_source *blurred, ckn_clip_mode mode,
                             ckn_clipping **clipping, ckn_error *error);
void ckn_clipping_destroy(ckn_clipping *clipping);

/* *pair = pair `index` with weights that leave out what is clipped, beside the pair's own, for
 * any frame. They belong to the object, and change with ckn_clipping_refine(). */
ckn_code ckn_clipping_weigh(ckn_clipping *clipping, size_t index, ckn_pair *pair, ckn_error *error);

/* *cut = what ckn_pair_cut() gives of pair `index`, with weights that leave out what is clipped.
 * All of it is in those of the blurred image, so that a model of windows that see clipped samples
 * of SHARP is made of these as they are. The weights belong to the object, until the next call for
 * this pair. */
ckn_code ckn_clipping_weigh_windows(ckn_clipping *clipping, size_t index, const ckn_frame *frame,
                                    ckn_pair *cut, ckn_error *error);

/* Whether a model could change anything: there is a candidate. */
bool ckn_clipping_wants_model(const ckn_clipping *clipping);

typedef struct ckn_clip_model {
    const ckn_frame *frames; /* one for each pair, as ckn_pair_cut() takes it */
    const ckn_view *planes;  /* h * SHARP + background on the valid windows of the frame: the size
                              * of the blurred image that ckn_pair_cut() gives. Excluded windows
                              * count, too */
    double sigma;            /* standard deviation of the noise of BLURRED, as the fit has it */
    size_t taps;             /* of the fit that follows; ten samples a tap must be left */
} ckn_clip_model;

/* *changed tells whether the weights are other ones than before. */
ckn_code ckn_clipping_refine(ckn_clipping *clipping, const ckn_clip_model *model, bool *changed,
                             ckn_error *error);

/* The same without a model, where a frame is known: keeps as many samples as such a fit needs. */
ckn_code ckn_clipping_keep_enough(ckn_clipping *clipping, const ckn_frame *frames, size_t taps,
                                  bool *changed, ckn_error *error);

/* Whether clipped samples stay in the fit because too little would be left without them. */
bool ckn_clipping_gave_up(const ckn_clipping *clipping);
ckn_clip_verdict ckn_clipping_verdict_of_blurred(const ckn_clipping *clipping, size_t index);
ckn_clip_verdict ckn_clipping_verdict_of_sharp(const ckn_clipping *clipping, size_t index);
/* The limits at which samples are left out. */
ckn_clip_limits ckn_clipping_limits_of_blurred(const ckn_clipping *clipping, size_t index);
/* Those at which SHARP's samples pile up, whether that matters or not. */
ckn_clip_limits ckn_clipping_limits_of_sharp(const ckn_clipping *clipping, size_t index);
/* Why each window of this frame is left out, row by row; 0: it is not, at least not for clipping.
 */
ckn_code ckn_clipping_reasons(const ckn_clipping *clipping, size_t index, const ckn_frame *frame,
                              unsigned char *reasons, ckn_error *error);
/* Counts in this frame of pair `index`. */
ckn_code ckn_clipping_count(const ckn_clipping *clipping, size_t index, const ckn_frame *frame,
                            ckn_clip_counts *counts, ckn_error *error);

#endif
