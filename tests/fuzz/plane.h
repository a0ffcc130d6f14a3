/* Planes of the caller: every layout, in memory that ends where the last sample does, so that
 * AddressSanitizer sees a step too far. */
#ifndef CKN_FUZZ_PLANE_H
#define CKN_FUZZ_PLANE_H

#include "fuzz.h"
#include "input.h"

typedef struct fuzz_plane {
    ckn_view view;
    unsigned char *memory;
    size_t bytes;
} fuzz_plane;

/* What a plane is filled with. */
typedef enum fuzz_content {
    FUZZ_NOISE = 0, /* in [0, 1) */
    FUZZ_SIGNED,
    FUZZ_CONSTANT,
    FUZZ_ZEROS,
    FUZZ_PEAKS,   /* 1 here and there, else 0 */
    FUZZ_MASK,    /* 0 here and there, else 1 */
    FUZZ_RAMP,    /* smooth along both axes */
    FUZZ_STEPS,   /* noise of 8 bits */
    FUZZ_SCALED,  /* noise times a number */
    FUZZ_RAISED,  /* noise and a number */
    FUZZ_EXTREME, /* 1e30 and 1e-30 */
    FUZZ_TOP,     /* noise in the upper third, else 0 */
    FUZZ_BOTTOM,  /* 1 in the lower half, else 0 */
    FUZZ_CONTENTS
} fuzz_content;

/* Float32 or float64, in rows or columns, forwards or backwards, dense or not, as the input has it;
 * every byte is a pattern. rows and cols are at least 1. */
fuzz_plane fuzz_plane_create(fuzz_input *input, size_t rows, size_t cols);
void fuzz_plane_destroy(fuzz_plane *plane);
ckn_output fuzz_plane_output(const fuzz_plane *plane);

/* As the input has it; a few samples may then be numbers of any kind. Returns the content. */
fuzz_content fuzz_plane_fill(const fuzz_plane *plane, fuzz_input *input);
void fuzz_plane_put(const fuzz_plane *plane, size_t row, size_t col, double value);
/* The samples, dense and row-major: a new array. */
double *fuzz_plane_samples(const fuzz_plane *plane);
bool fuzz_plane_is_finite(const fuzz_plane *plane);
/* Fails where a byte between the samples was written. */
void fuzz_plane_check_gaps(const fuzz_plane *plane);

#endif
