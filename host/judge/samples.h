/* The middle of every plane that is judged, dense and in double precision. */
#ifndef CKN_JUDGE_SAMPLES_H
#define CKN_JUDGE_SAMPLES_H

#include "base/view.h"

#include <stdbool.h>

/* Planes that are looked at; more say nothing new. */
#define CKN_JUDGE_PLANES 3

typedef struct ckn_judge_plane {
    double *x;         /* SHARP: (rows + k - 1) x (cols + l - 1) */
    double *s;         /* its part that lies where `y` does, at the best whole displacement */
    double *y, *m, *r; /* BLURRED, the model, and y - m (0 where it does not count) */
    double *w;         /* 1 where a sample counts, else 0 */
} ckn_judge_plane;

typedef struct ckn_judge_samples {
    ckn_shape shape;  /* of y, m, r, s and w */
    ckn_shape kernel; /* k x l */
    size_t count;     /* of planes */
    double used;      /* samples that count, of all planes */
    ckn_judge_plane planes[CKN_JUDGE_PLANES];
} ckn_judge_samples;

/* Copies the middles, of at most 1024 x 1024 samples together; makes the model where there is none.
 * Release with ckn_judge_release(), also after a failure. */
ckn_code ckn_judge_load(ckn_context *context, const ckn_verdict_job *job,
                        ckn_judge_samples *samples, ckn_error *error);
void ckn_judge_release(ckn_judge_samples *samples); /* safe on a zeroed one */

static inline size_t ckn_judge_size(const ckn_judge_samples *samples) {
    return samples->shape.rows * samples->shape.cols;
}

/* Samples from one row of `x` to the next. */
static inline size_t ckn_judge_stride(const ckn_judge_samples *samples) {
    return samples->shape.cols + samples->kernel.cols - 1;
}

#endif
