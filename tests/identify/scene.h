/* Pairs of small pictures whose kernel and displacement are known, for ckn_identify(). */
#ifndef CKN_TEST_IDENTIFY_SCENE_H
#define CKN_TEST_IDENTIFY_SCENE_H

#include "estimate/fixture.h"

typedef enum kernel_kind {
    KERNEL_GAUSSIAN,
    KERNEL_MOTION,
    KERNEL_RANDOM,
    KERNEL_SIGNED,
    KERNEL_SHARPENING,
    KERNEL_DELTA,
    KERNEL_KINDS
} kernel_kind;

/* SHARP and BLURRED of one size; BLURRED is moved, and saw what lies beyond SHARP's border. */
typedef struct scene {
    ckn_shape shape, h_shape;
    double *x, *y, *h;
    ckn_pair pair;
} scene;

/* A new array (freed with free()) of h_shape taps. */
double *scene_kernel(kernel_kind kind, ckn_shape shape, uint64_t *random);
/* Takes `h` over. White noise, or a smooth scene with edges; BLURRED lies (row, col) pixels down
 * and right of where 'same' puts it, and has noise of that deviation. */
scene scene_make(uint64_t seed, ckn_shape shape, bool white, ckn_shape h_shape, double *h,
                 ptrdiff_t row, ptrdiff_t col, double noise);
void scene_release(scene *made);

/* No errors, names and verdict: they take most of the time. */
ckn_identify_options scene_options(ckn_shape given);
/* Succeeds, or fails the test. To be destroyed. */
ckn_answer *scene_identify(const ckn_pair *pairs, size_t count,
                           const ckn_identify_options *options);

#endif
