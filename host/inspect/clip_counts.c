/* What clipping leaves out of a frame, and why; its weights. */
#include "base/memory.h"
#include "base/view.h"
#include "inspect/clip_marks.h"

#include <stdlib.h>

typedef struct counter {
    const ckn_clip_pair *pair;
    const ckn_clip_part *part;
    unsigned blurred, sharp; /* marks that leave out */
    unsigned clipped;        /* marks of BLURRED's ends that are clipped, left out or not */
    ckn_clip_counts *counts;
} counter;

static unsigned clipped_marks(const ckn_clip_image *image) {
    unsigned marks = 0;
    for (int end = 0; end < CKN_CLIP_ENDS; end++)
        if (image->ends[end].state >= CKN_END_CLIPPED)
            marks |= ckn_clip_mark(CKN_MARK_LIMIT, end);
    return marks;
}

static void count_row(void *user, size_t row, const unsigned char *seen) {
    const counter *of = user;
    const unsigned char *marks = of->pair->blurred.marks;
    const size_t start =
        (of->part->blurred_row + row) * of->pair->pair->blurred.cols + of->part->blurred_col;
    for (size_t col = 0; col < of->part->blurred.cols; col++) {
        const unsigned mark = marks ? marks[start + col] & of->blurred : 0U;
        const bool sees = (seen[col] & of->sharp) != 0, clipped = (mark & CKN_MARKS_LIMIT) != 0;
        of->counts->excluded += mark != 0 || sees;
        of->counts->sees_clipped += sees;
        of->counts->clipped += clipped;
        of->counts->near_limit += mark != 0 && !clipped;
        const unsigned at = marks ? marks[start + col] & of->clipped : 0U;
        of->counts->blurred_low += (at & ckn_clip_mark(CKN_MARK_LIMIT, CKN_CLIP_LOW)) != 0;
        of->counts->blurred_high += (at & ckn_clip_mark(CKN_MARK_LIMIT, CKN_CLIP_HIGH)) != 0;
    }
}

static void count_sharp(const ckn_clip_pair *pair, const ckn_clip_part *part,
                        ckn_clip_counts *counts) {
    const unsigned clipped = clipped_marks(&pair->sharp);
    counts->sharp = ckn_shape_count(part->sharp);
    for (size_t n = 0; pair->sharp.marks && n < counts->sharp; n++) {
        const size_t row = part->sharp_row + n / part->sharp.cols;
        const size_t col = part->sharp_col + n % part->sharp.cols;
        const unsigned mark = pair->sharp.marks[row * pair->pair->sharp.cols + col] & clipped;
        counts->sharp_low += (mark & ckn_clip_mark(CKN_MARK_LIMIT, CKN_CLIP_LOW)) != 0;
        counts->sharp_high += (mark & ckn_clip_mark(CKN_MARK_LIMIT, CKN_CLIP_HIGH)) != 0;
    }
}

ckn_code ckn_clipping_count(const ckn_clipping *clipping, size_t index, const ckn_frame *frame,
                            ckn_clip_counts *counts, ckn_error *error) {
    const ckn_clip_pair *pair = &clipping->pairs[index];
    ckn_clip_part part;
    *counts = (ckn_clip_counts){0};
    CKN_TRY(ckn_clip_part_of(pair->pair, frame, &part, error));
    counts->windows = ckn_shape_count(part.blurred);
    counter of = {pair,
                  &part,
                  ckn_clip_active(&pair->blurred),
                  ckn_clip_active(&pair->sharp),
                  clipped_marks(&pair->blurred),
                  counts};
    CKN_TRY(ckn_clip_visit_windows(pair, &part, count_row, &of, error));
    count_sharp(pair, &part, counts);
    return CKN_OK;
}

typedef struct reason_writer {
    const ckn_clip_pair *pair;
    const ckn_clip_part *part;
    unsigned blurred, sharp;
    unsigned char *reasons;
} reason_writer;

static void write_reasons(void *user, size_t row, const unsigned char *seen) {
    const reason_writer *of = user;
    const unsigned char *marks = of->pair->blurred.marks;
    const size_t cols = of->part->blurred.cols;
    const size_t start =
        (of->part->blurred_row + row) * of->pair->pair->blurred.cols + of->part->blurred_col;
    for (size_t col = 0; col < cols; col++) {
        const unsigned mark = marks ? marks[start + col] & of->blurred : 0U;
        unsigned reason = seen[col] & of->sharp ? CKN_CLIP_SEES_CLIPPED : 0;
        if (mark & CKN_MARKS_LIMIT)
            reason |= CKN_CLIP_CLIPPED;
        else if (mark)
            reason |= CKN_CLIP_NEAR_LIMIT;
        of->reasons[row * cols + col] = (unsigned char)reason;
    }
}

ckn_code ckn_clipping_reasons(const ckn_clipping *clipping, size_t index, const ckn_frame *frame,
                              unsigned char *reasons, /* NOLINT: written by the visitor */
                              ckn_error *error) {
    const ckn_clip_pair *pair = &clipping->pairs[index];
    ckn_clip_part part;
    CKN_TRY(ckn_clip_part_of(pair->pair, frame, &part, error));
    reason_writer of = {pair, &part, ckn_clip_active(&pair->blurred), ckn_clip_active(&pair->sharp),
                        reasons};
    return ckn_clip_visit_windows(pair, &part, write_reasons, &of, error);
}

/* --- weights ------------------------------------------------------------------------------ */

static void fill_weights(const ckn_clip_pair *pair, const ckn_view *own,
                         const unsigned char *reasons, size_t count) {
    for (size_t n = 0; n < count; n++) {
        if (own->data)
            pair->graded[n] = reasons[n] ? 0 : ckn_view_at(own, n / own->cols, n % own->cols);
        else
            pair->single[n] = reasons[n] ? 0 : 1;
    }
}

static ckn_code allocate_weights(ckn_clip_pair *pair, ckn_shape shape, bool graded,
                                 ckn_error *error) {
    static const char what[] = "weights of clipping";
    free(pair->single);
    free(pair->graded);
    pair->single = NULL;
    pair->graded = NULL;
    if (graded)
        return ckn_allocate(&pair->graded, shape.rows, shape.cols * sizeof *pair->graded, what,
                            error);
    return ckn_allocate(&pair->single, shape.rows, shape.cols * sizeof *pair->single, what, error);
}

ckn_code ckn_clipping_weigh_windows(ckn_clipping *clipping, size_t index, const ckn_frame *frame,
                                    ckn_pair *cut, ckn_error *error) {
    ckn_clip_pair *pair = &clipping->pairs[index];
    unsigned char *reasons = NULL;
    CKN_TRY(ckn_pair_cut(pair->pair, frame, cut, error));
    if (!ckn_clip_active(&pair->sharp) && !ckn_clip_active(&pair->blurred))
        return CKN_OK;
    const ckn_shape shape = ckn_view_shape(&cut->blurred);
    const bool graded = cut->blurred_weights.data != NULL;
    CKN_TRY(allocate_weights(pair, shape, graded, error));
    CKN_TRY(ckn_allocate(&reasons, shape.rows, shape.cols, "weights of clipping", error));
    ckn_code code = ckn_clipping_reasons(clipping, index, frame, reasons, error);
    if (code == CKN_OK) {
        fill_weights(pair, &cut->blurred_weights, reasons, ckn_shape_count(shape));
        cut->blurred_weights = graded ? ckn_view_f64(pair->graded, shape.rows, shape.cols)
                                      : ckn_view_f32(pair->single, shape.rows, shape.cols);
    }
    free(reasons);
    return code;
}
