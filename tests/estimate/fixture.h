/* What the tests of the public calls share: a context on the device under test and pairs whose
 * kernel is known. */
#ifndef CKN_TEST_ESTIMATE_FIXTURE_H
#define CKN_TEST_ESTIMATE_FIXTURE_H

#include "support/harness.h"

/* The context on the device that CKN_TEST_DEVICE names, opened once. */
ckn_context *ckn_test_context(void);
int ckn_test_close_context(void **state); /* a cmocka group teardown */

/* x, a kernel h, and y = h * x over the valid support, all made by naive loops. */
typedef struct known_pair {
    ckn_shape x_shape, h_shape, y_shape;
    double *x, *h, *y;
} known_pair;

/* White noise in [0, 1) (well conditioned) and a random kernel of sum 1, positive unless `signed_`.
 */
known_pair known_pair_noise(uint64_t seed, ckn_shape x_shape, ckn_shape h_shape, bool signed_);
/* A smooth scene with edges that goes on beyond its borders, and a Gaussian of `sigma`. */
known_pair known_pair_scene(ckn_shape x_shape, ckn_shape h_shape, double sigma);
void known_pair_release(known_pair *pair);
ckn_pair known_pair_views(const known_pair *pair);

/* Options for the pair's kernel size; FISTA with the direct engine, which needs no plan. */
ckn_estimate_options known_pair_options(const known_pair *pair);

/* Normalised Gaussian sampled at the integers, centred. */
void fill_gaussian(double *h, ckn_shape shape, double sigma);

#endif
