/* The pattern `spectrum`: |X| is the same at all frequencies of the band but zero, and nothing is
 * outside. Phases start at random and are then chosen so that the pattern uses its range: what
 * stands out is clipped, and the spectrum made flat again, in turns (van der Ouderaa, Schoukens &
 * Renneboog 1988). */
#include "cli/fourier.h"
#include "cli/random.h"
#include "cli/session.h"
#include "cli/target.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* More rounds gain little: the largest value falls from 4.5 to 1.5 standard deviations in 20. */
#define ROUNDS 20
/* In standard deviations. */
#define CLIP 1.2

/* The frequency of entry `index` of `count`, in cycles per pixel, without its sign. */
static double frequency(size_t index, size_t count) {
    size_t distance = index < count - index ? index : count - index;
    return (double)distance / (double)count;
}

/* Gives all frequencies of the band the magnitude 1, and keeps their phases. */
static void flatten(ckn_complex *spectrum, ckn_shape shape, double limit) {
    for (size_t u = 0; u < shape.rows; u++) {
        for (size_t v = 0; v < shape.cols; v++) {
            ckn_complex *z = &spectrum[u * shape.cols + v];
            bool inside = frequency(u, shape.rows) <= limit && frequency(v, shape.cols) <= limit;
            double magnitude = hypot(z->re, z->im);
            double factor = inside && u + v > 0 && magnitude > 0.0 ? 1.0 / magnitude : 0.0;
            z->re *= factor;
            z->im *= factor;
        }
    }
}

/* The real part, in standard deviations; its mean is zero. Gives the largest magnitude. */
static double standardise(ckn_complex *plane, size_t count) {
    double squares = 0.0, largest = 0.0;
    for (size_t i = 0; i < count; i++)
        squares += plane[i].re * plane[i].re;
    double deviation = sqrt(squares / (double)count);
    for (size_t i = 0; i < count; i++) {
        plane[i] = (ckn_complex){plane[i].re / deviation, 0.0};
        largest = fmax(largest, fabs(plane[i].re));
    }
    return largest;
}

static void clip(ckn_complex *plane, size_t count) {
    for (size_t i = 0; i < count; i++)
        plane[i].re = fmin(fmax(plane[i].re, -CLIP), CLIP);
}

static ckn_code iterate(const ckn_target *target, ckn_shape shape, ckn_complex *plane,
                        double *largest, ckn_error *error) {
    const size_t count = ckn_shape_count(shape);
    const double limit = 0.5 / (double)target->cell;
    for (size_t i = 0; i < count; i++)
        plane[i].re = ckn_random_normal(target->seed, CKN_RANDOM_TARGET, i);
    for (size_t round = 0; round <= ROUNDS; round++) {
        if (round > 0)
            clip(plane, count);
        CKN_TRY(ckn_cli_check_interrupt(error));
        CKN_TRY(ckn_fourier_plane(plane, shape, false, error));
        flatten(plane, shape, limit);
        CKN_TRY(ckn_fourier_plane(plane, shape, true, error));
        *largest = standardise(plane, count);
    }
    return CKN_OK;
}

ckn_code ckn_target_make_spectrum(const ckn_target *target, ckn_shape shape, double *pattern,
                                  ckn_error *error) {
    const size_t count = ckn_shape_count(shape);
    ckn_complex *plane;
    double largest = 1.0;
    CKN_TRY(ckn_allocate(&plane, count, sizeof *plane, "the pattern", error));
    ckn_code code = iterate(target, shape, plane, &largest, error);
    for (size_t i = 0; i < count && code == CKN_OK; i++)
        pattern[i] = 0.5 + 0.5 * plane[i].re / largest;
    free(plane);
    return code;
}
