/* What clipping leaves out of a frame, and why. */
#include "base/view.h"
#include "inspect/clip_marks.h"

typedef struct counter {
    const ckn_clip_pair *pair;
    const ckn_clip_part *part;
    unsigned blurred, sharp; /* marks that leave out */
    ckn_clip_counts *counts;
} counter;

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
        of->counts->blurred_low += (mark & ckn_clip_mark(CKN_MARK_LIMIT, CKN_CLIP_LOW)) != 0;
        of->counts->blurred_high += (mark & ckn_clip_mark(CKN_MARK_LIMIT, CKN_CLIP_HIGH)) != 0;
    }
}

static void count_sharp(const ckn_clip_pair *pair, const ckn_clip_part *part,
                        ckn_clip_counts *counts) {
    counts->sharp = ckn_shape_count(part->sharp);
    for (size_t n = 0; pair->sharp.marks && n < counts->sharp; n++) {
        const size_t row = part->sharp_row + n / part->sharp.cols;
        const size_t col = part->sharp_col + n % part->sharp.cols;
        const unsigned mark = pair->sharp.marks[row * pair->pair->sharp.cols + col];
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
    counter of = {pair, &part, ckn_clip_active(&pair->blurred), ckn_clip_active(&pair->sharp),
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
                              unsigned char *reasons, ckn_error *error) {
    const ckn_clip_pair *pair = &clipping->pairs[index];
    ckn_clip_part part;
    CKN_TRY(ckn_clip_part_of(pair->pair, frame, &part, error));
    reason_writer of = {pair, &part, ckn_clip_active(&pair->blurred), ckn_clip_active(&pair->sharp),
                        reasons};
    return ckn_clip_visit_windows(pair, &part, write_reasons, &of, error);
}
