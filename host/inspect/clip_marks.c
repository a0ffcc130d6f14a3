#include "inspect/clip_marks.h"

#include "base/memory.h"
#include "base/view.h"

#include <stdlib.h>

static void mark_channel(const ckn_view *view, const ckn_clip_image *image, double *samples) {
    for (size_t row = 0; row < view->rows; row++) {
        unsigned char *marks = image->marks + row * view->cols;
        ckn_clip_read_row(view, NULL, row, samples);
        for (int end = 0; end < CKN_CLIP_ENDS; end++) {
            const ckn_clip_end *own = &image->ends[end];
            const unsigned char mark = (unsigned char)ckn_clip_mark(CKN_MARK_LIMIT, end);
            if (own->state == CKN_END_FREE)
                continue;
            for (size_t col = 0; col < view->cols; col++) {
                const double value = samples[col];
                const bool beyond =
                    end == CKN_CLIP_HIGH ? value >= own->limit : value <= own->limit;
                marks[col] |= beyond ? mark : 0;
            }
        }
    }
}

ckn_code ckn_clip_mark_limits(const ckn_clip_source *source, ckn_shape shape, ckn_clip_image *image,
                              ckn_error *error) {
    double *samples = NULL;
    if (image->ends[0].state == CKN_END_FREE && image->ends[1].state == CKN_END_FREE)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&image->marks, shape.rows, shape.cols, "marks of clipping", error));
    CKN_TRY(ckn_allocate(&samples, shape.cols, sizeof *samples, "marks of clipping", error));
    for (size_t channel = 0; channel < source->count; channel++)
        mark_channel(&source->channels[channel], image, samples);
    free(samples);
    return CKN_OK;
}

void ckn_clip_unmark(ckn_clip_image *image, ckn_shape shape, unsigned marks) {
    for (size_t n = 0; image->marks && n < ckn_shape_count(shape); n++)
        image->marks[n] &= (unsigned char)~marks;
}

unsigned ckn_clip_active(const ckn_clip_image *image) {
    unsigned active = 0;
    for (int end = 0; image->marks && end < CKN_CLIP_ENDS; end++)
        if (image->ends[end].state == CKN_END_CLIPPED)
            active |= ckn_clip_mark(CKN_MARK_LIMIT, end) | ckn_clip_mark(CKN_MARK_NEAR, end);
    return active;
}

/* --- windows ------------------------------------------------------------------------------ */

/* Where the samples start that taps of these displacements use, as ckn_pair_cut() has them. */
static void find_start(size_t sharp, size_t blurred, size_t taps, ptrdiff_t offset, size_t *x,
                       size_t *y) {
    const ptrdiff_t origin = (ptrdiff_t)((sharp - blurred + 1) / 2);
    const ptrdiff_t highest = offset - (ptrdiff_t)((taps - 1) / 2) + (ptrdiff_t)taps - 1;
    const ptrdiff_t first = highest > origin ? highest : origin;
    *x = (size_t)(first - highest);
    *y = (size_t)(first - origin);
}

ckn_code ckn_clip_part_of(const ckn_pair *pair, const ckn_frame *frame, ckn_clip_part *part,
                          ckn_error *error) {
    const ckn_view *x = &pair->sharp, *y = &pair->blurred;
    ckn_pair cut;
    CKN_TRY(ckn_pair_cut(pair, frame, &cut, error));
    find_start(x->rows, y->rows, frame->rows, frame->row_offset, &part->sharp_row,
               &part->blurred_row);
    find_start(x->cols, y->cols, frame->cols, frame->col_offset, &part->sharp_col,
               &part->blurred_col);
    part->sharp = ckn_view_shape(&cut.sharp);
    part->blurred = ckn_view_shape(&cut.blurred);
    return CKN_OK;
}

/* The last row and column at which each end was seen, so that a window needs one comparison. */
typedef struct last_seen {
    ptrdiff_t *rows[CKN_CLIP_ENDS]; /* of each column of windows; -1: never */
    unsigned char *seen;
} last_seen;

/* Row `row` of SHARP's part: sets rows[end][col] where the `taps` samples from col on have it. */
static void see_row(const ckn_clip_pair *pair, const ckn_clip_part *part, size_t row,
                    last_seen *last) {
    const size_t taps = part->sharp.cols - part->blurred.cols + 1;
    const unsigned char *marks =
        pair->sharp.marks + (part->sharp_row + row) * pair->pair->sharp.cols + part->sharp_col;
    for (int end = 0; end < CKN_CLIP_ENDS; end++) {
        const unsigned mark = ckn_clip_mark(CKN_MARK_LIMIT, end);
        size_t left = 0; /* windows that still see the last mark */
        for (size_t col = part->sharp.cols; col-- > 0;) {
            if (marks[col] & mark)
                left = taps;
            if (left == 0)
                continue;
            /* The mark stands at col + taps - left; the window that starts at col reaches it. */
            left--;
            if (col < part->blurred.cols)
                last->rows[end][col] = (ptrdiff_t)row;
        }
    }
}

static void visit_rows(const ckn_clip_pair *pair, const ckn_clip_part *part, last_seen *last,
                       ckn_clip_row_fn visit, void *user) {
    const size_t taps = part->sharp.rows - part->blurred.rows + 1;
    for (size_t row = 0; row < part->sharp.rows; row++) {
        if (pair->sharp.marks)
            see_row(pair, part, row, last);
        if (row + 1 < taps)
            continue;
        const ptrdiff_t first = (ptrdiff_t)(row + 1 - taps);
        for (size_t col = 0; col < part->blurred.cols && pair->sharp.marks; col++) {
            last->seen[col] = 0;
            for (int end = 0; end < CKN_CLIP_ENDS; end++)
                if (last->rows[end][col] >= first)
                    last->seen[col] |= (unsigned char)ckn_clip_mark(CKN_MARK_LIMIT, end);
        }
        visit(user, (size_t)first, last->seen);
    }
}

ckn_code ckn_clip_visit_windows(const ckn_clip_pair *pair, const ckn_clip_part *part,
                                ckn_clip_row_fn visit, void *user, ckn_error *error) {
    static const char what[] = "marks of clipping";
    const size_t cols = part->blurred.cols;
    ptrdiff_t *rows = NULL;
    last_seen last = {.seen = NULL};
    CKN_TRY(ckn_allocate(&rows, cols, CKN_CLIP_ENDS * sizeof *rows, what, error));
    ckn_code code = ckn_allocate(&last.seen, cols, 1, what, error);
    for (int end = 0; end < CKN_CLIP_ENDS; end++)
        last.rows[end] = rows + (size_t)end * cols;
    for (size_t n = 0; n < CKN_CLIP_ENDS * cols; n++)
        rows[n] = -1;
    if (code == CKN_OK)
        visit_rows(pair, part, &last, visit, user);
    free(last.seen);
    free(rows);
    return code;
}
