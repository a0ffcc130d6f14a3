/* What the tests of the public blur share: images of the caller in every layout, with guards, and
 * the blur by the reference. */
#ifndef CKN_TEST_BLUR_REFERENCE_H
#define CKN_TEST_BLUR_REFERENCE_H

#include "support/harness.h"

/* The caller's memory of one image. Bytes between its samples and round them are a pattern. */
typedef enum stored_layout {
    STORED_INTERLEAVED = 0,
    STORED_PLANAR,
    STORED_SPREAD,       /* all strides larger than needed */
    STORED_BOTTOM_UP,    /* interleaved, rows from the last to the first */
    STORED_RIGHT_TO_LEFT /* planar, negative strides of columns and channels */
} stored_layout;
#define STORED_LAYOUTS 5

typedef struct stored_image {
    ckn_image image;
    unsigned char *memory;
    size_t bytes;
} stored_image;

stored_image stored_create(ckn_type type, stored_layout layout, ckn_shape shape, size_t channels);
void stored_destroy(stored_image *stored);
/* The same as somewhere to write to. */
ckn_image_output stored_output(const stored_image *stored);
double stored_get(const stored_image *stored, size_t row, size_t col, size_t channel);
/* From and to dense interleaved numbers, integers by their full range. */
void stored_write(const stored_image *stored, const double *samples);
double *stored_read(const stored_image *stored);
/* Fails where the pattern between the samples is damaged. */
void stored_check_guards(const stored_image *stored, const char *what);
/* 255, 65535, or 0 for real numbers. */
double stored_steps(ckn_type type);

/* Random samples that `type` holds exactly, in [0, 1]. */
double *reference_random(uint64_t seed, size_t count, ckn_type type);
/* The blur that a plan with these options has described, with boxes and Gaussians of its own. */
void reference_blur(const double *in, ckn_shape shape, size_t channels,
                    const ckn_blur_options *options, const ckn_blur_result *described, double *out);
/* With the true Gaussian: sampled, up to 12 sigma. */
void reference_gaussian(const double *in, ckn_shape shape, size_t channels,
                        const ckn_blur_options *options, double *out);
/* 1e-12 where the device keeps what a plan of `type` is given in float64, else 1e-6. */
double reference_tolerance(ckn_type type);

#endif
