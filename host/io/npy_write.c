#include "io/npy_file.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/sample_scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Magic, version and length of the text; with the text a multiple of 64, so that the samples are
 * aligned where the file is mapped into memory. Two sizes of 20 digits and a comment fit into 256.
 */
enum { PREAMBLE = 10, ALIGNMENT = 64, MOST_HEADER = 256, MOST_COMMENT = 64 };

static const struct {
    const char *descr;
    size_t size;
} types[] = {
    [CKN_SAMPLE_U8] = {"|u1", 1},  [CKN_SAMPLE_U16] = {"<u2", 2}, [CKN_SAMPLE_F32] = {"<f4", 4},
    [CKN_SAMPLE_F64] = {"<f8", 8}, [CKN_SAMPLE_I16] = {"<i2", 2},
};

static ckn_code write_bytes(FILE *stream, const void *bytes, size_t size, ckn_error *error) {
    if (fwrite(bytes, 1, size, stream) != size)
        return ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", strerror(errno));
    return CKN_OK;
}

static ckn_code write_header(FILE *stream, ckn_sample sample, const size_t shape[3],
                             const char *comment, ckn_error *error) {
    char header[MOST_HEADER + 1];
    char planes[32] = "";
    if (shape[2] > 1)
        snprintf(planes, sizeof planes, ", %zu", shape[2]);
    int length = snprintf(header + PREAMBLE, sizeof header - PREAMBLE,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %zu%s), }%s%.*s",
                          types[sample].descr, shape[0], shape[1], planes, *comment ? "  # " : "",
                          MOST_COMMENT, comment);
    size_t used = PREAMBLE + (size_t)length + 1; /* with the line break */
    size_t total = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + used - 1, ' ', total - used);
    header[total - 1] = '\n';
    static const unsigned char version[2] = {1, 0};
    memcpy(header, CKN_NPY_MAGIC, PREAMBLE - 4);
    memcpy(header + PREAMBLE - 4, version, sizeof version);
    header[8] = (char)((total - PREAMBLE) & 255U);
    header[9] = (char)((total - PREAMBLE) >> 8);
    return write_bytes(stream, header, total, error);
}

static void encode(unsigned char *bytes, double value, ckn_sample sample, double full) {
    uint64_t bits = 0;
    uint32_t bits32;
    float single = (float)value;
    switch (sample) {
    case CKN_SAMPLE_U8:
        bits = ckn_sample_round(value, 255);
        break;
    case CKN_SAMPLE_U16:
        bits = ckn_sample_round(value, 65535);
        break;
    case CKN_SAMPLE_I16:
        bits = (uint64_t)ckn_sample_round_signed(value, full);
        break;
    case CKN_SAMPLE_F32:
        memcpy(&bits32, &single, sizeof bits32);
        bits = bits32;
        break;
    case CKN_SAMPLE_F64:
        memcpy(&bits, &value, sizeof bits);
        break;
    }
    for (size_t i = 0; i < types[sample].size; i++)
        bytes[i] = (unsigned char)(bits >> 8 * i & 255U);
}

static ckn_code write_samples(FILE *stream, const ckn_view *planes, size_t plane_count,
                              ckn_sample sample, double full, ckn_error *error) {
    unsigned char *line = NULL;
    size_t size = types[sample].size;
    CKN_TRY(ckn_allocate(&line, planes->cols, plane_count * size, "a row of an NPY file", error));
    ckn_code code = CKN_OK;
    for (size_t row = 0; code == CKN_OK && row < planes->rows; row++) {
        for (size_t plane = 0; plane < plane_count; plane++) {
            for (size_t col = 0; col < planes->cols; col++)
                encode(line + (col * plane_count + plane) * size,
                       ckn_view_at(&planes[plane], row, col), sample, full);
        }
        code = write_bytes(stream, line, planes->cols * plane_count * size, error);
    }
    free(line);
    return code;
}

ckn_code ckn_npy_write_planes(FILE *stream, const ckn_view *planes, size_t plane_count,
                              ckn_sample sample, double full, const char *comment,
                              ckn_error *error) {
    const size_t shape[3] = {planes->rows, planes->cols, plane_count};
    CKN_TRY(write_header(stream, sample, shape, comment, error));
    return write_samples(stream, planes, plane_count, sample, full, error);
}

ckn_code ckn_npy_write(FILE *stream, const ckn_picture *picture, ckn_error *error) {
    size_t count = ckn_picture_plane_count(picture);
    ckn_view *planes = NULL;
    CKN_TRY(ckn_allocate(&planes, count, sizeof *planes, "the planes of an image", error));
    for (size_t plane = 0; plane < count; plane++)
        planes[plane] = ckn_picture_view(picture, plane);
    ckn_code code = ckn_npy_write_planes(stream, planes, count, picture->sample,
                                         picture->full_range, "", error);
    free(planes);
    return code;
}
