/* What a detector of clipping keeps of each pair, and its marks on the open planes. */
#ifndef CKN_INSPECT_CLIP_MARKS_H
#define CKN_INSPECT_CLIP_MARKS_H

#include "base/view.h"
#include "inspect/clip_tail.h"

/* Marks of a sample, one bit for each end: 1 << (2 * kind + end). */
enum { CKN_MARK_LIMIT = 0, CKN_MARK_NEAR = 1 };
enum { CKN_MARKS_LIMIT = 3, CKN_MARKS_NEAR = 12 };

static inline unsigned ckn_clip_mark(int kind, int end) {
    return 1U << (2 * kind + end);
}

typedef enum ckn_end_state {
    CKN_END_FREE = 0,  /* nothing is at this limit, or it looks like no clipping */
    CKN_END_CANDIDATE, /* a model is to tell */
    CKN_END_CLIPPED,   /* samples at it are left out */
    CKN_END_KEPT       /* they are clipped, but leaving them out would keep too little */
} ckn_end_state;

typedef struct ckn_clip_end {
    ckn_end_state state;
    double limit;
    bool follows; /* clipped because the other end is */
} ckn_clip_end;

/* One image of a pair. `marks` are of its open plane, NULL where there are none. */
typedef struct ckn_clip_image {
    ckn_clip_end ends[CKN_CLIP_ENDS];
    unsigned char *marks;
    float *single; /* weights that the marks lead to, in one of these; NULL: not made */
    double *graded;
    double step; /* between two levels; 0: real numbers */
} ckn_clip_image;

typedef struct ckn_clip_pair {
    const ckn_pair *pair;
    ckn_clip_image sharp, blurred;
    float *single; /* weights of a frame's windows, in one of these */
    double *graded;
} ckn_clip_pair;

struct ckn_clipping {
    ckn_clip_mode mode;
    ckn_clip_pair *pairs;
    size_t count;
    bool gave_up; /* leaving out what is near a limit; ends have their own state */
};

/* Marks samples of `view` (of any channel of the source) at the ends that are not free. */
ckn_code ckn_clip_mark_limits(const ckn_clip_source *source, ckn_shape shape, ckn_clip_image *image,
                              ckn_error *error);
/* Removes these marks of an image; they may be NULL. */
void ckn_clip_unmark(ckn_clip_image *image, ckn_shape shape, unsigned marks);

/* Marks of the image that leave samples out at present. */
unsigned ckn_clip_active(const ckn_clip_image *image);

/* A part of a pair that a frame sees: where it starts in the open planes, and its sizes. */
typedef struct ckn_clip_part {
    size_t sharp_row, sharp_col, blurred_row, blurred_col;
    ckn_shape sharp, blurred;
} ckn_clip_part;

ckn_code ckn_clip_part_of(const ckn_pair *pair, const ckn_frame *frame, ckn_clip_part *part,
                          ckn_error *error);

/* Receives the windows of a part row by row: for each column the marks of SHARP's samples that the
 * window sees. */
typedef void (*ckn_clip_row_fn)(void *user, size_t row, const unsigned char *seen);
/* Visits all rows, in time that does not depend on the kernel's size. `marks` of SHARP may be NULL.
 */
ckn_code ckn_clip_visit_windows(const ckn_clip_pair *pair, const ckn_clip_part *part,
                                ckn_clip_row_fn visit, void *user, ckn_error *error);

/* Gives up ends, first of SHARP, until a fit of so many taps keeps enough samples. */
ckn_code ckn_clip_keep_enough(ckn_clipping *clipping, const ckn_clip_part *parts, size_t taps,
                              ckn_error *error);
/* states[i]: the marks of pair i that leave samples out. */
void ckn_clip_note_states(const ckn_clipping *clipping, unsigned *states);

#endif
