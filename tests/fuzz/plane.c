#include "plane.h"

#include "base/view.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN = 0xA5 };

static size_t sample_size(const ckn_view *view) {
    return view->type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
}

static void choose_strides(fuzz_input *input, ckn_view *view) {
    const unsigned layout = fuzz_byte(input);
    const ptrdiff_t rows = (ptrdiff_t)view->rows, cols = (ptrdiff_t)view->cols;
    view->type = layout & 1U ? CKN_FLOAT32 : CKN_FLOAT64;
    view->col_stride = layout & 2U ? 3 : 1;
    view->row_stride = cols * view->col_stride + (layout & 4U ? 2 : 0);
    if (layout & 8U) {
        view->row_stride = 1;
        view->col_stride = rows;
    }
    if (layout & 16U)
        view->row_stride = -view->row_stride;
    if (layout & 32U)
        view->col_stride = -view->col_stride;
}

/* Samples that stand before the first one along an axis of a negative stride. */
static ptrdiff_t before_first(size_t count, ptrdiff_t stride) {
    return stride < 0 ? -stride * (ptrdiff_t)(count - 1) : 0;
}

fuzz_plane fuzz_plane_create(fuzz_input *input, size_t rows, size_t cols) {
    fuzz_plane plane = {.view = {.rows = rows, .cols = cols}};
    choose_strides(input, &plane.view);
    const ckn_view *view = &plane.view;
    const size_t reach = (rows - 1) * (size_t)labs(view->row_stride) +
                         (cols - 1) * (size_t)labs(view->col_stride) + 1;
    plane.bytes = reach * sample_size(view);
    plane.memory = malloc(plane.bytes);
    FUZZ_CHECK(plane.memory, "no memory for %zu bytes", plane.bytes);
    memset(plane.memory, PATTERN, plane.bytes);
    const ptrdiff_t first =
        before_first(rows, view->row_stride) + before_first(cols, view->col_stride);
    plane.view.data = plane.memory + (size_t)first * sample_size(view);
    return plane;
}

void fuzz_plane_destroy(fuzz_plane *plane) {
    free(plane->memory);
    *plane = (fuzz_plane){.memory = NULL};
}

static ptrdiff_t offset_of(const ckn_view *view, size_t row, size_t col) {
    return (ptrdiff_t)row * view->row_stride + (ptrdiff_t)col * view->col_stride;
}

ckn_output fuzz_plane_output(const fuzz_plane *plane) {
    const ckn_view *view = &plane->view;
    const ptrdiff_t first = (const unsigned char *)view->data - plane->memory;
    return (ckn_output){plane->memory + first, view->type,      view->rows, view->cols,
                        view->row_stride,      view->col_stride};
}

void fuzz_plane_put(const fuzz_plane *plane, size_t row, size_t col, double value) {
    const ptrdiff_t at = offset_of(&plane->view, row, col);
    void *data = fuzz_plane_output(plane).data;
    if (plane->view.type == CKN_FLOAT64)
        ((double *)data)[at] = value;
    else
        ((float *)data)[at] = (float)value;
}

static double sample_of(fuzz_content content, double number, double random, double place) {
    switch (content) {
    case FUZZ_SIGNED:
        return 2 * random - 1;
    case FUZZ_CONSTANT:
        return number;
    case FUZZ_ZEROS:
        return 0;
    case FUZZ_PEAKS:
        return random > 0.95;
    case FUZZ_MASK:
        return random > 0.15;
    case FUZZ_RAMP:
        return place;
    case FUZZ_STEPS:
        return floor(255 * random) / 255;
    case FUZZ_SCALED:
        return random * number;
    case FUZZ_RAISED:
        return random + number;
    case FUZZ_EXTREME:
        return random > 0.5 ? 1e30 : 1e-30;
    case FUZZ_TOP:
        return place < 1.0 / 3 ? random : 0;
    case FUZZ_BOTTOM:
        return place >= 0.5;
    default:
        return random;
    }
}

static void change_some(const fuzz_plane *plane, fuzz_input *input) {
    const unsigned changes = fuzz_byte(input) % 16;
    for (unsigned i = 0; changes < 4 && i < changes; i++) {
        const size_t row = fuzz_below(input, plane->view.rows);
        const size_t col = fuzz_below(input, plane->view.cols);
        fuzz_plane_put(plane, row, col, fuzz_real(input));
    }
}

fuzz_content fuzz_plane_fill(const fuzz_plane *plane, fuzz_input *input) {
    const fuzz_content content = (fuzz_content)fuzz_below(input, FUZZ_CONTENTS);
    const bool counts =
        content == FUZZ_CONSTANT || content == FUZZ_SCALED || content == FUZZ_RAISED;
    const double number = counts ? fuzz_positive(input) : 1;
    const size_t rows = plane->view.rows, cols = plane->view.cols;
    uint64_t state = fuzz_byte(input);
    for (size_t row = 0; row < rows; row++) {
        for (size_t col = 0; col < cols; col++) {
            const double place = (double)(row * cols + 2 * col) / (double)(rows * cols);
            const double random = ckn_test_uniform(&state, 0, 1);
            fuzz_plane_put(plane, row, col, sample_of(content, number, random, place));
        }
    }
    change_some(plane, input);
    return content;
}

double *fuzz_plane_samples(const fuzz_plane *plane) {
    const ckn_view *view = &plane->view;
    double *samples = fuzz_array(view->rows * view->cols);
    for (size_t i = 0; i < view->rows * view->cols; i++)
        samples[i] = ckn_view_at(view, i / view->cols, i % view->cols);
    return samples;
}

bool fuzz_plane_is_finite(const fuzz_plane *plane) {
    const ckn_view *view = &plane->view;
    for (size_t i = 0; i < view->rows * view->cols; i++) {
        if (!isfinite(ckn_view_at(view, i / view->cols, i % view->cols)))
            return false;
    }
    return true;
}

void fuzz_plane_check_gaps(const fuzz_plane *plane) {
    const ckn_view *view = &plane->view;
    const size_t size = sample_size(view);
    const ptrdiff_t first = (const unsigned char *)view->data - plane->memory;
    unsigned char *copy = malloc(plane->bytes);
    FUZZ_CHECK(copy, "no memory for %zu bytes", plane->bytes);
    memcpy(copy, plane->memory, plane->bytes);
    for (size_t i = 0; i < view->rows * view->cols; i++)
        memset(copy + first + offset_of(view, i / view->cols, i % view->cols) * (ptrdiff_t)size,
               PATTERN, size);
    for (size_t i = 0; i < plane->bytes; i++)
        FUZZ_CHECK(copy[i] == PATTERN, "byte %zu, no sample, was written", i);
    free(copy);
}
