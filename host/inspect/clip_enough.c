/* How much clipping may leave out, and giving it up where that is too much. */
#include "base/memory.h"
#include "base/view.h"
#include "inspect/clip_marks.h"

#include <stdlib.h>
#include <string.h>

/* Masks that were found keep this part of the samples, and so many a tap. */
static const double least_part = 0.2, least_a_tap = 10;

/* Windows that count but for clipping, and those that clipping leaves. */
typedef struct left_over {
    const ckn_clip_pair *pair;
    const ckn_clip_part *part;
    unsigned blurred, sharp;
    double all, left;
} left_over;

static void count_left(void *user, size_t row, const unsigned char *seen) {
    left_over *of = user;
    const ckn_view *y = &of->pair->pair->blurred, *own = &of->pair->pair->blurred_weights;
    const size_t y_row = of->part->blurred_row + row, y_col = of->part->blurred_col;
    const unsigned char *marks =
        of->pair->blurred.marks ? of->pair->blurred.marks + y_row * y->cols + y_col : NULL;
    for (size_t col = 0; col < of->part->blurred.cols; col++) {
        if (own->data && ckn_view_at(own, y_row, y_col + col) == 0)
            continue;
        of->all++;
        of->left += !(marks && marks[col] & of->blurred) && !(seen[col] & of->sharp);
    }
}

static ckn_code is_enough(const ckn_clipping *clipping, const ckn_clip_part *parts, size_t taps,
                          bool *enough, ckn_error *error) {
    left_over of = {.all = 0};
    for (size_t i = 0; i < clipping->count; i++) {
        of.pair = &clipping->pairs[i];
        of.part = &parts[i];
        of.blurred = ckn_clip_active(&of.pair->blurred);
        of.sharp = ckn_clip_active(&of.pair->sharp);
        CKN_TRY(ckn_clip_visit_windows(of.pair, of.part, count_left, &of, error));
    }
    *enough = of.left >= least_part * of.all && of.left >= least_a_tap * (double)taps;
    return CKN_OK;
}

static bool excludes_any(const ckn_clipping *clipping) {
    for (size_t i = 0; i < clipping->count; i++)
        if (ckn_clip_active(&clipping->pairs[i].sharp) ||
            ckn_clip_active(&clipping->pairs[i].blurred))
            return true;
    return false;
}

static void keep_ends(ckn_clip_image *image) {
    for (int end = 0; end < CKN_CLIP_ENDS; end++)
        if (image->ends[end].state == CKN_END_CLIPPED)
            image->ends[end].state = CKN_END_KEPT;
}

/* One step of giving up: what sees SHARP's clipped samples, what is near a limit, all of it. */
static void give_up_step(ckn_clipping *clipping, int step) {
    for (size_t i = 0; i < clipping->count; i++) {
        ckn_clip_pair *pair = &clipping->pairs[i];
        if (step == 0)
            keep_ends(&pair->sharp);
        else if (step == 1)
            ckn_clip_unmark(&pair->blurred, ckn_view_shape(&pair->pair->blurred), CKN_MARKS_NEAR);
        else
            keep_ends(&pair->blurred);
    }
}

ckn_code ckn_clip_keep_enough(ckn_clipping *clipping, const ckn_clip_part *parts, size_t taps,
                              ckn_error *error) {
    enum { STEPS = 3 };
    for (int step = 0; step < STEPS && excludes_any(clipping); step++) {
        bool enough = false;
        CKN_TRY(is_enough(clipping, parts, taps, &enough, error));
        if (enough)
            return CKN_OK;
        give_up_step(clipping, step);
        clipping->gave_up = clipping->gave_up || step == 1;
    }
    return CKN_OK;
}

void ckn_clip_note_states(const ckn_clipping *clipping, unsigned *states) {
    for (size_t i = 0; i < clipping->count; i++)
        states[i] = ckn_clip_active(&clipping->pairs[i].blurred) |
                    ckn_clip_active(&clipping->pairs[i].sharp) << 8;
}

static ckn_code keep_enough(ckn_clipping *clipping, const ckn_frame *frames, size_t taps,
                            ckn_clip_part *parts, unsigned *states, bool *changed,
                            ckn_error *error) {
    ckn_clip_note_states(clipping, states);
    for (size_t i = 0; i < clipping->count; i++)
        CKN_TRY(ckn_clip_part_of(clipping->pairs[i].pair, &frames[i], &parts[i], error));
    CKN_TRY(ckn_clip_keep_enough(clipping, parts, taps, error));
    ckn_clip_note_states(clipping, states + clipping->count);
    *changed = memcmp(states, states + clipping->count, clipping->count * sizeof *states) != 0;
    return CKN_OK;
}

ckn_code ckn_clipping_keep_enough(ckn_clipping *clipping, const ckn_frame *frames, size_t taps,
                                  bool *changed, ckn_error *error) {
    static const char what[] = "the search for clipping";
    ckn_clip_part *parts = NULL;
    unsigned *states = NULL;
    *changed = false;
    if (clipping->mode != CKN_CLIP_AUTO)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&parts, clipping->count, sizeof *parts, what, error));
    ckn_code code = ckn_allocate(&states, clipping->count, 2 * sizeof *states, what, error);
    if (code == CKN_OK)
        code = keep_enough(clipping, frames, taps, parts, states, changed, error);
    free(states);
    free(parts);
    return code;
}
