#include "io/picture.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static ckn_type type_of(ckn_sample sample) {
    return sample == CKN_SAMPLE_F64 ? CKN_FLOAT64 : CKN_FLOAT32;
}

static size_t type_bytes(ckn_type type) {
    return type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
}

size_t ckn_sample_bytes(ckn_sample sample) {
    return type_bytes(type_of(sample));
}

static double full_range_of(ckn_sample sample) {
    switch (sample) {
    case CKN_SAMPLE_U8:
        return 255;
    case CKN_SAMPLE_U16:
        return 65535;
    case CKN_SAMPLE_I16: /* where nothing says otherwise, values as they are */
    case CKN_SAMPLE_F32:
    case CKN_SAMPLE_F64:
        break;
    }
    return 1;
}

ckn_code ckn_picture_create(ckn_picture *picture, size_t rows, size_t cols, size_t channels,
                            bool has_alpha, ckn_sample sample, ckn_error *error) {
    memset(picture, 0, sizeof *picture);
    if (rows < 1 || cols < 1 || channels < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "an image of %zu x %zu with %zu channels is empty", cols, rows, channels);
    size_t count;
    size_t planes = channels + has_alpha;
    if (!ckn_multiply(rows, cols, &count) || !ckn_multiply(count, planes, &count) ||
        count > PTRDIFF_MAX / sizeof(double))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "an image of %zu x %zu with %zu planes is too "
                        "large",
                        cols, rows, planes);
    CKN_TRY(ckn_allocate(&picture->data, count, ckn_sample_bytes(sample), "an image", error));
    picture->rows = rows;
    picture->cols = cols;
    picture->channels = channels;
    picture->has_alpha = has_alpha;
    picture->sample = sample;
    picture->type = type_of(sample);
    picture->full_range = full_range_of(sample);
    return CKN_OK;
}

void ckn_picture_release(ckn_picture *picture) {
    free(picture->data);
    free(picture->cards);
    memset(picture, 0, sizeof *picture);
}

size_t ckn_picture_plane_count(const ckn_picture *picture) {
    return picture->channels + picture->has_alpha;
}

static size_t plane_bytes(const ckn_picture *picture) {
    return picture->rows * picture->cols * type_bytes(picture->type);
}

size_t ckn_picture_bytes(const ckn_picture *picture) {
    return ckn_picture_plane_count(picture) * plane_bytes(picture);
}

static void *plane_data(const ckn_picture *picture, size_t plane) {
    return (unsigned char *)picture->data + plane * plane_bytes(picture);
}

ckn_view ckn_picture_view(const ckn_picture *picture, size_t plane) {
    return (ckn_view){plane_data(picture, plane),
                      picture->type,
                      picture->rows,
                      picture->cols,
                      (ptrdiff_t)picture->cols,
                      1};
}

ckn_output ckn_picture_output(ckn_picture *picture, size_t plane) {
    return (ckn_output){plane_data(picture, plane),
                        picture->type,
                        picture->rows,
                        picture->cols,
                        (ptrdiff_t)picture->cols,
                        1};
}
