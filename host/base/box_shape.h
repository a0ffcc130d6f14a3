/* The one pass of an extended box: from its variance to its taps. */
#ifndef CKN_BASE_BOX_SHAPE_H
#define CKN_BASE_BOX_SHAPE_H

/* The pass is (alpha, 1, ..., 1, alpha) / lambda with 2l+1 ones. */
typedef struct ckn_box_shape {
    double l, alpha, lambda;
} ckn_box_shape;

/* The pass whose variance is exactly this (Gwosdek, Grewenig, Bruhn & Weickert, SSVM 2011). */
ckn_box_shape ckn_box_shape_of(double variance);

#endif
