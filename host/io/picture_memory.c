#include "io/picture.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t sample_size(ckn_type type) {
    return type == CKN_FLOAT64 ? sizeof(double) : sizeof(float);
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
    ckn_type type = sample == CKN_SAMPLE_F64 ? CKN_FLOAT64 : CKN_FLOAT32;
    CKN_TRY(ckn_allocate(&picture->data, count, sample_size(type), "an image", error));
    picture->rows = rows;
    picture->cols = cols;
    picture->channels = channels;
    picture->has_alpha = has_alpha;
    picture->sample = sample;
    picture->type = type;
    picture->full_range = sample == CKN_SAMPLE_U8 ? 255 : sample == CKN_SAMPLE_U16 ? 65535 : 1;
    return CKN_OK;
}

void ckn_picture_release(ckn_picture *picture) {
    free(picture->data);
    memset(picture, 0, sizeof *picture);
}

size_t ckn_picture_plane_count(const ckn_picture *picture) {
    return picture->channels + picture->has_alpha;
}

static void *plane_data(const ckn_picture *picture, size_t plane) {
    size_t offset = plane * picture->rows * picture->cols * sample_size(picture->type);
    return (unsigned char *)picture->data + offset;
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
