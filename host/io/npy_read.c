#include "io/npy_file.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/npy_header.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PREAMBLE = 8, MOST_HEADER = 1 << 20, MOST_CHANNELS = 4 };

typedef enum npy_kind { KIND_REAL = 0, KIND_SIGNED, KIND_UNSIGNED, KIND_BOOL } npy_kind;

typedef struct npy_type {
    const char *name; /* without the byte order */
    ckn_sample sample;
    size_t size;
    npy_kind kind;
} npy_type;

static const npy_type types[] = {
    {"f4", CKN_SAMPLE_F32, 4, KIND_REAL},     {"f8", CKN_SAMPLE_F64, 8, KIND_REAL},
    {"f2", CKN_SAMPLE_F32, 2, KIND_REAL},     {"u1", CKN_SAMPLE_U8, 1, KIND_UNSIGNED},
    {"u2", CKN_SAMPLE_U16, 2, KIND_UNSIGNED}, {"u4", CKN_SAMPLE_F64, 4, KIND_UNSIGNED},
    {"u8", CKN_SAMPLE_F64, 8, KIND_UNSIGNED}, {"i1", CKN_SAMPLE_F32, 1, KIND_SIGNED},
    {"i2", CKN_SAMPLE_I16, 2, KIND_SIGNED},   {"i4", CKN_SAMPLE_F64, 4, KIND_SIGNED},
    {"i8", CKN_SAMPLE_F64, 8, KIND_SIGNED},   {"b1", CKN_SAMPLE_F32, 1, KIND_BOOL},
};

typedef struct npy_reader {
    ckn_input *input;
    ckn_npy_header header;
    uint64_t data_offset;
    const npy_type *type;
    bool big_endian;
    size_t rows, cols, channels;
    /* Samples that stand together: a row of all channels, or a column where Fortran's order. */
    size_t line_samples;
    unsigned char *line;
} npy_reader;

static bool host_is_big_endian(void) {
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

static uint64_t little_endian(const unsigned char *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* The size of the header's text stands in 2 bytes in version 1 and in 4 since. */
static ckn_code read_header_text(npy_reader *reader, char **text, size_t *length,
                                 ckn_error *error) {
    ckn_input *input = reader->input;
    unsigned char bytes[PREAMBLE + 4];
    CKN_TRY(ckn_input_read(input, bytes, PREAMBLE, error));
    unsigned major = bytes[6];
    if (major < 1 || major > 3)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: has the NPY version %u.%u; 1.0, 2.0 and 3.0 are read", input->path,
                        major, (unsigned)bytes[7]);
    size_t width = major == 1 ? 2 : 4;
    CKN_TRY(ckn_input_read(input, bytes + PREAMBLE, width, error));
    uint64_t announced = little_endian(bytes + PREAMBLE, width);
    reader->data_offset = PREAMBLE + width + announced;
    if (announced > MOST_HEADER || reader->data_offset > input->size)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: is truncated or damaged: it announces an NPY header of %llu bytes",
                        input->path, (unsigned long long)announced);
    *length = (size_t)announced;
    CKN_TRY(ckn_allocate(text, *length, 1, "an NPY header", error));
    return ckn_input_read(input, *text, *length, error);
}

static ckn_code read_header(npy_reader *reader, ckn_error *error) {
    char *text = NULL;
    size_t length = 0;
    ckn_code code = read_header_text(reader, &text, &length, error);
    if (code == CKN_OK) {
        code = ckn_npy_header_parse(text, length, &reader->header, error);
        if (code != CKN_OK && error)
            ckn_fail_prefix(error, "%s", reader->input->path);
    }
    free(text);
    return code;
}

static ckn_code find_type(npy_reader *reader, ckn_error *error) {
    const char *name = reader->header.descr;
    reader->big_endian = host_is_big_endian();
    if (*name && strchr("<>=|", *name)) {
        if (*name == '<' || *name == '>')
            reader->big_endian = *name == '>';
        name++;
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(name, types[i].name) == 0) {
            reader->type = &types[i];
            return CKN_OK;
        }
    }
    return ckn_fail(
        error, CKN_ERROR_UNSUPPORTED,
        "%s: holds samples of the type '%s'; float16, float32, float64, bool and "
        "integers are read: convert it in Python with numpy.save(OUT, numpy.load(IN).astype("
        "'float32'))",
        reader->input->path, reader->header.descr);
}

static ckn_code check_shape(npy_reader *reader, ckn_error *error) {
    const ckn_npy_header *header = &reader->header;
    const char *path = reader->input->path;
    if (header->dimensions != 2 && header->dimensions != 3)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: holds a %zu-D array; images are 2-D (rows, cols) or 3-D (rows, cols, "
                        "channels)",
                        path, header->dimensions);
    reader->rows = header->shape[0];
    reader->cols = header->shape[1];
    reader->channels = header->dimensions == 3 ? header->shape[2] : 1;
    if (reader->rows < 1 || reader->cols < 1)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: holds an empty array (%zu rows, %zu columns)",
                        path, reader->rows, reader->cols);
    if (reader->channels < 1 || reader->channels > MOST_CHANNELS)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: has %zu channels (last dimension); 1 (grey), 2 (grey and alpha), 3 "
                        "(RGB) or 4 (RGBA) are read",
                        path, reader->channels);
    return CKN_OK;
}

/* Before memory is taken: the file must hold what its header announces, neither less nor more; one
 * with holes may announce much. */
static ckn_code check_size(const npy_reader *reader, ckn_error *error) {
    const char *path = reader->input->path;
    uint64_t available = reader->input->size - reader->data_offset;
    size_t bytes;
    if (!ckn_multiply(reader->rows, reader->cols, &bytes) ||
        !ckn_multiply(bytes, reader->channels * reader->type->size, &bytes))
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: announces an impossible size (%zu rows, %zu columns, %zu channels)",
                        path, reader->rows, reader->cols, reader->channels);
    if (bytes != available)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: is %s: its header announces %zu bytes of samples, and %llu follow",
                        path, available < bytes ? "truncated" : "damaged", bytes,
                        (unsigned long long)available);
    const ckn_announcement announced = {reader->cols, reader->rows, reader->channels,
                                        ckn_sample_bytes(reader->type->sample)};
    return ckn_read_limit_check(&reader->input->limits, path, announced, error);
}

/* IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction. */
static double decode_half(uint64_t bits) {
    const int exponent = (int)(bits >> 10 & 31U);
    const double fraction = (double)(bits & 1023U), sign = bits >> 15 ? -1.0 : 1.0;
    if (exponent == 31)
        return fraction > 0.0 ? (double)NAN : sign * (double)INFINITY;
    if (exponent == 0)
        return sign * ldexp(fraction, -24);
    return sign * ldexp(1024.0 + fraction, exponent - 25);
}

static double decode_real(uint64_t bits, size_t size) {
    const uint32_t bits32 = (uint32_t)bits;
    float single;
    double value;
    if (size == sizeof(double)) {
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (size != sizeof(float))
        return decode_half(bits);
    memcpy(&single, &bits32, sizeof single);
    return (double)single;
}

/* In two's complement; the conversions of gcc and clang keep the bits. */
static double decode_signed(uint64_t bits, size_t size) {
    switch (size) {
    case 1:
        return (double)(int8_t)bits;
    case 2:
        return (double)(int16_t)bits;
    case 4:
        return (double)(int32_t)bits;
    default:
        return (double)(int64_t)bits;
    }
}

static double decode(const npy_reader *reader, const unsigned char *bytes) {
    const npy_type *type = reader->type;
    const size_t size = type->size;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)bytes[reader->big_endian ? size - 1 - i : i] << 8 * i;
    switch (type->kind) {
    case KIND_REAL:
        return decode_real(bits, size);
    case KIND_SIGNED:
        return decode_signed(bits, size);
    case KIND_BOOL:
        return bits != 0 ? 1.0 : 0.0;
    case KIND_UNSIGNED:
        break;
    }
    return type->sample == CKN_SAMPLE_U8    ? (double)bits / 255.0
           : type->sample == CKN_SAMPLE_U16 ? (double)bits / 65535.0
                                            : (double)bits;
}

static ckn_code read_line(npy_reader *reader, ckn_error *error) {
    return ckn_input_read(reader->input, reader->line, reader->line_samples * reader->type->size,
                          error);
}

/* C order: a line is a row, with the channels of a pixel side by side. */
static ckn_code read_rows(npy_reader *reader, ckn_picture *picture, ckn_error *error) {
    for (size_t row = 0; row < reader->rows; row++) {
        CKN_TRY(read_line(reader, error));
        for (size_t plane = 0; plane < reader->channels; plane++) {
            ckn_output output = ckn_picture_output(picture, plane);
            const unsigned char *bytes = reader->line + plane * reader->type->size;
            for (size_t col = 0; col < reader->cols; col++) {
                ckn_output_set(&output, row, col, decode(reader, bytes));
                bytes += reader->channels * reader->type->size;
            }
        }
    }
    return CKN_OK;
}

/* Fortran's order: a line is a column, and the channels follow each other. */
static ckn_code read_columns(npy_reader *reader, ckn_picture *picture, ckn_error *error) {
    for (size_t plane = 0; plane < reader->channels; plane++) {
        ckn_output output = ckn_picture_output(picture, plane);
        for (size_t col = 0; col < reader->cols; col++) {
            CKN_TRY(read_line(reader, error));
            for (size_t row = 0; row < reader->rows; row++)
                ckn_output_set(&output, row, col,
                               decode(reader, reader->line + row * reader->type->size));
        }
    }
    return CKN_OK;
}

static ckn_code allocate(npy_reader *reader, ckn_picture *picture, ckn_error *error) {
    bool has_alpha = reader->channels == 2 || reader->channels == 4;
    reader->line_samples =
        reader->header.fortran_order ? reader->rows : reader->cols * reader->channels;
    CKN_TRY(ckn_picture_create(picture, reader->rows, reader->cols, reader->channels - has_alpha,
                               has_alpha, reader->type->sample, error));
    ckn_kernel_offset_of_line(reader->header.comment, &picture->offset);
    return ckn_allocate(&reader->line, reader->line_samples, reader->type->size,
                        "the samples of an NPY file", error);
}

static ckn_code read_array(npy_reader *reader, ckn_picture *picture, ckn_error *error) {
    CKN_TRY(read_header(reader, error));
    CKN_TRY(find_type(reader, error));
    CKN_TRY(check_shape(reader, error));
    CKN_TRY(check_size(reader, error));
    ckn_code code = allocate(reader, picture, error);
    if (code != CKN_OK)
        return error ? ckn_fail_prefix(error, "%s", reader->input->path) : code;
    return reader->header.fortran_order ? read_columns(reader, picture, error)
                                        : read_rows(reader, picture, error);
}

ckn_code ckn_npy_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    npy_reader reader = {.input = input};
    memset(picture, 0, sizeof *picture);
    ckn_code code = read_array(&reader, picture, error);
    free(reader.line);
    if (code != CKN_OK)
        ckn_picture_release(picture);
    return code;
}
