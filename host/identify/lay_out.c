/* The kernel as it is given out. ckn_apply() with CKN_SUPPORT_SAME takes the tap ((k-1)/2, (l-1)/2)
 * for displacement 0: a frame that was found lies in zeros of odd sides about it, unless that takes
 * more than the largest size. */
#include "base/memory.h"
#include "identify/identification.h"
#include "statistics/pair_cut.h"

#include <stdlib.h>

typedef struct layout {
    ckn_shape shape;
    size_t row, col; /* of the frame's first tap */
    ptrdiff_t row_offset, col_offset;
} layout;

static size_t odd_side(ckn_interval taps) {
    const ptrdiff_t reach = -taps.low > taps.high ? -taps.low : taps.high;
    return 2 * (size_t)reach + 1;
}

/* The frame alone, with a line of zeros behind an even side. */
static layout end_with_zeros(const ckn_frame *frame) {
    const size_t rows = frame->rows | 1, cols = frame->cols | 1;
    return (layout){{rows, cols},
                    0,
                    0,
                    frame->row_offset + (ptrdiff_t)(rows - frame->rows),
                    frame->col_offset + (ptrdiff_t)(cols - frame->cols)};
}

static layout lay_out(const ckn_identification *job) {
    const ckn_frame *frame = &job->frame;
    const ckn_interval rows = ckn_interval_of_taps(frame->rows, frame->row_offset);
    const ckn_interval cols = ckn_interval_of_taps(frame->cols, frame->col_offset);
    const size_t largest = ckn_support_largest_side(&job->options->support);
    const ckn_shape shape = {odd_side(rows), odd_side(cols)};
    if (!job->is_sought)
        return (layout){{frame->rows, frame->cols}, 0, 0, frame->row_offset, frame->col_offset};
    if (shape.rows > largest || shape.cols > largest)
        return end_with_zeros(frame);
    return (layout){.shape = shape,
                    .row = (size_t)(rows.low + (ptrdiff_t)(shape.rows - 1) / 2),
                    .col = (size_t)(cols.low + (ptrdiff_t)(shape.cols - 1) / 2)};
}

static ckn_code embed(const ckn_identification *job, const layout *to, const double *taps,
                      double **out, ckn_error *error) {
    CKN_TRY(ckn_allocate(out, ckn_shape_count(to->shape), sizeof **out, "the kernel", error));
    for (size_t row = 0; row < job->frame.rows; row++)
        for (size_t col = 0; col < job->frame.cols; col++)
            (*out)[(to->row + row) * to->shape.cols + to->col + col] =
                taps[row * job->frame.cols + col];
    return CKN_OK;
}

ckn_code ckn_identify_lay_out(ckn_identification *job, ckn_error *error) {
    ckn_answer *answer = job->answer;
    ckn_identified *identified = &answer->identified;
    const layout to = lay_out(job);
    identified->frame = job->frame;
    for (size_t i = 0; i < job->pair_count; i++)
        answer->frames[i] = ckn_identify_frame_of_pair(job, i);
    identified->frames = answer->frames;
    identified->kernel_rows = to.shape.rows;
    identified->kernel_cols = to.shape.cols;
    identified->row_offset = to.row_offset;
    identified->col_offset = to.col_offset;
    CKN_TRY(embed(job, &to, job->h, &answer->kernel, error));
    identified->kernel = answer->kernel;
    if (answer->errors) {
        double *own = answer->errors;
        answer->errors = NULL;
        ckn_code code = embed(job, &to, own, &answer->errors, error);
        free(own);
        CKN_TRY(code);
        identified->errors = answer->errors;
    }
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        answer->families[i].value.center_x += (double)to.col;
        answer->families[i].value.center_y += (double)to.row;
    }
    identified->no_errors = answer->no_errors;
    identified->no_tap_errors = answer->no_tap_errors;
    identified->no_families = answer->no_families;
    return CKN_OK;
}
