/* Calibration targets for `target`: a pattern that holds all frequencies in equal strength, within
 * a white margin that has a mark in each corner. */
#ifndef CKN_CLI_TARGET_H
#define CKN_CLI_TARGET_H

#include "base/view.h"

#include <stdint.h>

typedef enum ckn_target_pattern {
    CKN_TARGET_BINARY = 0, /* square cells, black or white at random */
    CKN_TARGET_SPECTRUM    /* greys: |X| the same at all frequencies of a band */
} ckn_target_pattern;

/* The four marks differ, so that a photograph cannot be turned or mirrored without notice. */
enum { CKN_TARGET_MARKS = 4 };

typedef struct ckn_target {
    ckn_target_pattern pattern;
    ckn_shape size; /* of the whole picture */
    size_t cell;    /* side of a cell, pixels; the band of `spectrum` ends at 1 / (2 cell) */
    size_t margin;  /* CKN_TARGET_MARGIN_AUTO: by size */
    bool marks;
    uint64_t seed;
} ckn_target;

#define CKN_TARGET_MARGIN_AUTO SIZE_MAX

/* A place in pixels, (0, 0) being the centre of the top left one. */
typedef struct ckn_target_place {
    double row, col;
} ckn_target_place;

typedef struct ckn_target_layout {
    size_t margin;
    size_t row, col;                          /* where the pattern starts */
    ckn_shape area;                           /* its size */
    double radius;                            /* of the marks; 0: there are none */
    ckn_target_place marks[CKN_TARGET_MARKS]; /* their centres: top left, top right, bottom left,
                                               * bottom right */
} ckn_target_layout;

/* Places pattern and marks; refuses a size that has no room for them. */
ckn_code ckn_target_place_all(const ckn_target *target, ckn_target_layout *layout,
                              ckn_error *error);

/* Fills a dense plane of target->size with values in [0, 1]. Ends early after Ctrl-C:
 * CKN_ERROR_CANCELLED. */
ckn_code ckn_target_draw(const ckn_target *target, const ckn_target_layout *layout, double *plane,
                         ckn_error *error);

/* Parts of the above. */
void ckn_target_draw_marks(const ckn_target_layout *layout, ckn_shape size, double *plane);
/* A dense plane of `shape`, which ckn_fourier_size() gave. */
ckn_code ckn_target_make_spectrum(const ckn_target *target, ckn_shape shape, double *pattern,
                                  ckn_error *error);

/* What stands in corner `index`, in words. */
const char *ckn_target_mark_corner(size_t index);
const char *ckn_target_mark_name(size_t index);

#endif
