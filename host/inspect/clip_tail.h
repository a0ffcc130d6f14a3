/* The ends of the range of an image: how its samples pile up there, and whether that looks like
 * clipping. */
#ifndef CKN_INSPECT_CLIP_TAIL_H
#define CKN_INSPECT_CLIP_TAIL_H

#include "inspect/clipping.h"

#include <stdbool.h>

enum { CKN_CLIP_LOW = 0, CKN_CLIP_HIGH = 1, CKN_CLIP_ENDS = 2 };

/* One end. Distances are from the limit into the range. */
typedef struct ckn_clip_tail {
    double limit;      /* NaN: no sample is there */
    double at;         /* samples at the limit or beyond */
    double inside;     /* all others */
    double gap;        /* distance of the nearest of these */
    double bordering;  /* how many of these border on the limit */
    double reach;      /* a distance that holds a few of them, */
    double near, far;  /* how many it holds, and how many from there to three times it */
    bool typed;        /* it is a limit of the type, or one that the file names */
    double level_step; /* between two levels of these samples; 0: real numbers */
} ckn_clip_tail;

/* Both ends of the samples of `source` that count: a NULL `weights` means all, a 0 in it leaves a
 * sample out, and so does NaN. Two passes over the image, the second where an end has a pile. */
ckn_code ckn_clip_tails_measure(const ckn_clip_source *source, const ckn_view *weights,
                                ckn_clip_tail tails[CKN_CLIP_ENDS], ckn_error *error);

/* Whether there are more samples at the limit than any level beside it has. */
bool ckn_clip_tail_is_pile(const ckn_clip_tail *tail);
/* Whether they look cut off, too: the image goes on inside of the limit, and does not crowd towards
 * it as smooth ground does. */
bool ckn_clip_tail_is_cut(const ckn_clip_tail *tail);

/* Copies a row as double; NaN where `weights` (data NULL: none) is 0. */
void ckn_clip_read_row(const ckn_view *view, const ckn_view *weights, size_t row, double *samples);

#endif
