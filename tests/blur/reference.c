#include "blur/reference.h"

#include "estimate/fixture.h"
#include "support/naive_lines.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN 0xA5
#define MARGIN 64 /* samples in front and behind */

static size_t size_of(ckn_type type) {
    static const size_t sizes[] = {sizeof(float), sizeof(double), 1, 2};
    return sizes[type];
}

double stored_steps(ckn_type type) {
    return type == CKN_UINT8 ? 255.0 : type == CKN_UINT16 ? 65535.0 : 0.0;
}

/* Strides of the layout, and where its first sample stands. */
static ptrdiff_t lay_out(ckn_image *image, stored_layout layout) {
    const ptrdiff_t cols = (ptrdiff_t)image->cols, rows = (ptrdiff_t)image->rows;
    const ptrdiff_t channels = (ptrdiff_t)image->channels;
    switch (layout) {
    case STORED_SPREAD:
        image->channel_stride = 2;
        image->col_stride = 2 * channels + 1;
        image->row_stride = cols * image->col_stride + 5;
        return 0;
    case STORED_PLANAR:
        image->channel_stride = rows * cols;
        image->col_stride = 1;
        image->row_stride = cols;
        return 0;
    case STORED_RIGHT_TO_LEFT:
        image->channel_stride = -rows * cols;
        image->col_stride = -1;
        image->row_stride = cols;
        return (channels - 1) * rows * cols + cols - 1;
    case STORED_BOTTOM_UP:
    case STORED_INTERLEAVED:
        break;
    }
    image->channel_stride = 1;
    image->col_stride = channels;
    image->row_stride = layout == STORED_BOTTOM_UP ? -channels * cols : channels * cols;
    return layout == STORED_BOTTOM_UP ? channels * cols * (rows - 1) : 0;
}

stored_image stored_create(ckn_type type, stored_layout layout, ckn_shape shape, size_t channels) {
    stored_image stored = {
        .image = {.type = type, .rows = shape.rows, .cols = shape.cols, .channels = channels}};
    const ptrdiff_t first = lay_out(&stored.image, layout);
    const size_t samples = shape.rows * (shape.cols * (2 * channels + 1) + 5);
    stored.bytes = (samples + (size_t)2 * MARGIN) * size_of(type);
    stored.memory = malloc(stored.bytes);
    assert_non_null(stored.memory);
    memset(stored.memory, PATTERN, stored.bytes);
    stored.image.data = stored.memory + ((size_t)MARGIN + (size_t)first) * size_of(type);
    return stored;
}

void stored_destroy(stored_image *stored) {
    free(stored->memory);
    stored->memory = NULL;
}

ckn_image_output stored_output(const stored_image *stored) {
    const ckn_image *image = &stored->image;
    const ptrdiff_t first = (const unsigned char *)image->data - stored->memory;
    return (ckn_image_output){.data = stored->memory + first,
                              .type = image->type,
                              .rows = image->rows,
                              .cols = image->cols,
                              .channels = image->channels,
                              .row_stride = image->row_stride,
                              .col_stride = image->col_stride,
                              .channel_stride = image->channel_stride};
}

static ptrdiff_t offset_of(const ckn_image *image, size_t row, size_t col, size_t channel) {
    return (ptrdiff_t)row * image->row_stride + (ptrdiff_t)col * image->col_stride +
           (ptrdiff_t)channel * image->channel_stride;
}

double stored_get(const stored_image *stored, size_t row, size_t col, size_t channel) {
    const ptrdiff_t at = offset_of(&stored->image, row, col, channel);
    const void *data = stored->image.data;
    switch (stored->image.type) {
    case CKN_FLOAT32:
        return (double)((const float *)data)[at];
    case CKN_FLOAT64:
        return ((const double *)data)[at];
    case CKN_UINT8:
        return ((const uint8_t *)data)[at] / 255.0;
    case CKN_UINT16:
        return ((const uint16_t *)data)[at] / 65535.0;
    }
    return (double)NAN;
}

static void put(const stored_image *stored, size_t row, size_t col, size_t channel, double value) {
    const ptrdiff_t at = offset_of(&stored->image, row, col, channel);
    void *data = stored_output(stored).data;
    switch (stored->image.type) {
    case CKN_FLOAT32:
        ((float *)data)[at] = (float)value;
        break;
    case CKN_FLOAT64:
        ((double *)data)[at] = value;
        break;
    case CKN_UINT8:
        ((uint8_t *)data)[at] = (uint8_t)lround(value * 255.0);
        break;
    case CKN_UINT16:
        ((uint16_t *)data)[at] = (uint16_t)lround(value * 65535.0);
        break;
    }
}

void stored_write(const stored_image *stored, const double *samples) {
    const ckn_image *image = &stored->image;
    for (size_t row = 0; row < image->rows; row++) {
        for (size_t col = 0; col < image->cols; col++) {
            for (size_t k = 0; k < image->channels; k++)
                put(stored, row, col, k, *samples++);
        }
    }
}

double *stored_read(const stored_image *stored) {
    const ckn_image *image = &stored->image;
    double *samples = ckn_test_array(image->rows * image->cols * image->channels), *to = samples;
    for (size_t row = 0; row < image->rows; row++) {
        for (size_t col = 0; col < image->cols; col++) {
            for (size_t k = 0; k < image->channels; k++)
                *to++ = stored_get(stored, row, col, k);
        }
    }
    return samples;
}

void stored_check_guards(const stored_image *stored, const char *what) {
    const ckn_image *image = &stored->image;
    const size_t size = size_of(image->type);
    unsigned char *copy = malloc(stored->bytes);
    assert_non_null(copy);
    memcpy(copy, stored->memory, stored->bytes);
    const ptrdiff_t first = (const unsigned char *)image->data - stored->memory;
    for (size_t row = 0; row < image->rows; row++) {
        for (size_t col = 0; col < image->cols; col++) {
            for (size_t k = 0; k < image->channels; k++)
                memset(copy + first + offset_of(image, row, col, k) * (ptrdiff_t)size, PATTERN,
                       size);
        }
    }
    for (size_t i = 0; i < stored->bytes; i++) {
        if (copy[i] != PATTERN)
            ckn_test_fail("%s: byte %zu, no part of the image, was written", what, i);
    }
    free(copy);
}

double *reference_random(uint64_t seed, size_t count, ckn_type type) {
    double *samples = ckn_test_random_array(seed, count, 0.0, 1.0);
    const double steps = stored_steps(type);
    for (size_t i = 0; steps > 0.0 && i < count; i++)
        samples[i] = round(samples[i] * steps) / steps;
    return samples;
}

/* A new array of 2 reach + 1 taps. */
static double *taps_of(const ckn_blur_axis *axis, double sigma, size_t *reach) {
    *reach = axis->reach;
    if (axis->method != CKN_BLUR_BOX)
        return ckn_naive_gaussian(sigma, axis->reach);
    const ckn_extended_box box =
        ckn_naive_corrected_box(sigma, axis->box.passes, axis->box.stride, axis->box.correction);
    size_t count;
    double *taps = ckn_naive_box_taps(&box, &count);
    *reach = count / 2;
    return taps;
}

static void premultiply(double *samples, size_t pixels, size_t channels, bool back) {
    for (size_t i = 0; i < pixels; i++) {
        double *at = samples + i * channels;
        const double alpha = at[channels - 1];
        for (size_t k = 0; k + 1 < channels; k++)
            at[k] = !back ? at[k] * alpha : alpha > 0.0 ? at[k] / alpha : 0.0;
    }
}

typedef struct both_axes {
    double *taps[2];
    size_t reach[2];
} both_axes;

/* Releases the taps. */
static void filter_both(const double *in, ckn_shape shape, size_t channels,
                        const ckn_blur_options *options, both_axes *axes, double *out) {
    const size_t pixels = ckn_shape_count(shape), count = pixels * channels;
    const bool alpha = options->alpha == CKN_ALPHA_LAST;
    double *rows = ckn_test_array(count), *start = ckn_test_array(count);
    memcpy(start, in, count * sizeof *in);
    if (alpha)
        premultiply(start, pixels, channels, false);
    const ckn_lines along[] = {{shape, channels, CKN_AXIS_ROWS, options->boundary},
                               {shape, channels, CKN_AXIS_COLS, options->boundary}};
    ckn_naive_lines(start, &along[0], axes->taps[0], axes->reach[0], rows);
    ckn_naive_lines(rows, &along[1], axes->taps[1], axes->reach[1], out);
    if (alpha)
        premultiply(out, pixels, channels, true);
    free(rows);
    free(start);
    free(axes->taps[0]);
    free(axes->taps[1]);
}

void reference_blur(const double *in, ckn_shape shape, size_t channels,
                    const ckn_blur_options *options, const ckn_blur_result *described,
                    double *out) {
    both_axes axes;
    axes.taps[0] = taps_of(&described->x, options->sigma_x, &axes.reach[0]);
    axes.taps[1] = taps_of(&described->y, options->sigma_y, &axes.reach[1]);
    filter_both(in, shape, channels, options, &axes, out);
}

void reference_gaussian(const double *in, ckn_shape shape, size_t channels,
                        const ckn_blur_options *options, double *out) {
    both_axes axes;
    const double sigmas[] = {options->sigma_x, options->sigma_y};
    for (size_t i = 0; i < 2; i++) {
        axes.reach[i] = (size_t)ceil(12.0 * sigmas[i]);
        axes.taps[i] = ckn_naive_gaussian(sigmas[i], axes.reach[i]);
    }
    filter_both(in, shape, channels, options, &axes, out);
}

double reference_tolerance(ckn_type type) {
    ckn_device_info info;
    ckn_context_device(ckn_test_context(), &info);
    return info.kind == CKN_DEVICE_CPU_BACKEND && type == CKN_FLOAT64 ? 1e-12 : 1e-6;
}
