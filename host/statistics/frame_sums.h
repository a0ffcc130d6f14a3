/* Statistics of a generous frame of taps, of which those of every rectangle of taps inside follow
 * on the same windows. Correlations are cheap for the largest frame, while G has K^2 / 2 entries:
 * so the images are visited once, for the correlations and the border, and G is assembled for the
 * rectangle that is asked for. Where all windows count alike no image is touched again; windows
 * that are masked are taken off one by one, from the planes on the device.
 */
#ifndef CKN_STATISTICS_FRAME_SUMS_H
#define CKN_STATISTICS_FRAME_SUMS_H

#include "statistics/equations.h"
#include "statistics/pair_sums.h"

typedef struct ckn_frame_sums ckn_frame_sums;

/* Visits the parts of the pairs that go with `frame` (ckn_pair_cut()), with their weights.
 * `background` says which terms can be fitted later: NONE, CONSTANT (for AUTO, too) or PLANE.
 * memory_limit: bytes for the statistics of a rectangle, 0: half of the machine's. */
ckn_code ckn_frame_sums_create(ckn_backend *backend, const ckn_pair *pairs, size_t pair_count,
                               const ckn_frame *frame, ckn_background background,
                               size_t memory_limit, ckn_frame_sums **sums, ckn_error *error);
/* The same, of images whose pedestal is left on them: these sums add to those of other images. */
ckn_code ckn_frame_sums_create_raw(ckn_backend *backend, const ckn_pair *pairs, size_t pair_count,
                                   const ckn_frame *frame, ckn_background background,
                                   size_t memory_limit, ckn_frame_sums **sums, ckn_error *error);
void ckn_frame_sums_destroy(ckn_frame_sums *sums); /* NULL allowed */

const ckn_frame *ckn_frame_sums_frame(const ckn_frame_sums *sums);
/* The frame of a rectangle of its taps, and the rectangle of a frame that lies inside. */
ckn_frame ckn_frame_of_part(const ckn_frame *outer, const ckn_rectangle *part);
ckn_rectangle ckn_part_of_frame(const ckn_frame *outer, const ckn_frame *inner);

/* Predicted seconds of the statistics of a rectangle of this shape. */
double ckn_frame_sums_predict(const ckn_frame_sums *sums, ckn_shape shape);
/* The images' problem on the whole frame: its pairs, units and weights. */
const ckn_problem *ckn_frame_sums_problem(const ckn_frame_sums *sums);

/* The sums of a rectangle before any elimination: statistics->gram, b and square, and *terms of
 * every pair where there are any (NULL else). All three are the caller's, after a failure, too. */
ckn_code ckn_frame_sums_add(const ckn_frame_sums *sums, const ckn_rectangle *rectangle,
                            size_t term_count, ckn_equations *statistics, ckn_pair_terms **terms,
                            ckn_error *error);
/* A problem that has the statistics of `rectangle`, and no images; *problem belongs to the caller,
 * and does not outlive the sums' backend. With background AUTO the F-test decides, but for images
 * that were uploaded without their pedestal, which get a constant. */
ckn_code ckn_frame_sums_part(const ckn_frame_sums *sums, const ckn_rectangle *rectangle,
                             ckn_background background, ckn_problem **problem, ckn_error *error);

#endif
