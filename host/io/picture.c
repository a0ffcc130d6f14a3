#include "io/picture.h"

#include "io/atomic_file.h"
#include "io/fits_file.h"
#include "io/jpeg_file.h"
#include "io/npy_file.h"
#include "io/output_path.h"
#include "io/picture_format.h"
#include "io/png_file.h"
#include "io/tiff_file.h"

#include <stdint.h>
#include <string.h>

static ckn_code write_npy(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                          ckn_error *error) {
    (void)metadata;
    return ckn_npy_write(stream, picture, error);
}

/* How a format stores samples. */
typedef enum depth { DEPTH_KEPT = 0, DEPTH_INTEGER, DEPTH_REAL } depth;

/* The formats that are written, by the name's end. */
static const struct writer {
    const char *extension;
    ckn_code (*write)(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                      ckn_error *error);
    const bool *available; /* NULL: in every build; else in one with that option */
    const char *option;
    depth depth;
} writers[] = {
    {".png", ckn_png_write, NULL, NULL, DEPTH_INTEGER},
    {".npy", write_npy, NULL, NULL, DEPTH_KEPT},
    {".jpg", ckn_jpeg_write, &ckn_jpeg_available, "CKN_JPEG", DEPTH_INTEGER},
    {".jpeg", ckn_jpeg_write, &ckn_jpeg_available, "CKN_JPEG", DEPTH_INTEGER},
    {".tif", ckn_tiff_write, &ckn_tiff_available, "CKN_TIFF", DEPTH_KEPT},
    {".tiff", ckn_tiff_write, &ckn_tiff_available, "CKN_TIFF", DEPTH_KEPT},
    {".fits", ckn_fits_write, &ckn_fits_written, "CKN_FITS", DEPTH_REAL},
    {".fit", ckn_fits_write, &ckn_fits_written, "CKN_FITS", DEPTH_REAL},
};

static const struct writer *match_writer(const char *path) {
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (ckn_path_has_extension(path, writers[i].extension))
            return &writers[i];
    }
    return NULL;
}

static const struct writer *find_writer(const char *path, ckn_error *error) {
    const struct writer *writer = match_writer(path);
    if (writer && (!writer->available || *writer->available))
        return writer;
    if (writer)
        ckn_picture_format_absent(path, writer->option, error);
    else
        ckn_fail(
            error, CKN_ERROR_ARGUMENT,
            "%s: the name of an image must end in .png, .npy, .jpg, .tif or .fits, which chooses "
            "the format",
            path);
    return NULL;
}

bool ckn_picture_is_rounded(const char *path, const ckn_picture *picture, double *low,
                            double *high) {
    const struct writer *writer = match_writer(path);
    const ckn_sample sample = picture->sample;
    const bool unsigned_kept = (sample == CKN_SAMPLE_U8 || sample == CKN_SAMPLE_U16) && writer &&
                               writer->depth == DEPTH_KEPT;
    *low = 0;
    *high = 1;
    if (!writer || writer->depth == DEPTH_INTEGER || unsigned_kept)
        return writer != NULL;
    *low = INT16_MIN / picture->full_range;
    *high = INT16_MAX / picture->full_range;
    return sample == CKN_SAMPLE_I16;
}

ckn_code ckn_picture_read(const char *path, const ckn_read_limits *limits, ckn_picture *picture,
                          ckn_error *error) {
    ckn_input input;
    memset(picture, 0, sizeof *picture);
    CKN_TRY(ckn_input_open(&input, path, limits, error));
    ckn_code code =
        ckn_picture_format_read(ckn_picture_format_find(&input), &input, picture, error);
    ckn_input_close(&input);
    return code;
}

static ckn_code count_pages(ckn_input *input, size_t *count, ckn_error *error) {
    const ckn_picture_format *format = ckn_picture_format_find(input);
    if (!format || !format->count_pages || input->has_page)
        return CKN_OK;
    return format->count_pages(input, count, error);
}

ckn_code ckn_picture_count_pages(const char *path, size_t *count, ckn_error *error) {
    ckn_input input;
    *count = 1;
    CKN_TRY(ckn_input_open(&input, path, NULL, error));
    ckn_code code = count_pages(&input, count, error);
    ckn_input_close(&input);
    return code;
}

ckn_code ckn_picture_write(const char *path, const ckn_picture *picture, ckn_error *error) {
    return ckn_picture_write_with(path, picture, NULL, error);
}

ckn_code ckn_picture_write_with(const char *path, const ckn_picture *picture,
                                const ckn_metadata *metadata, ckn_error *error) {
    ckn_atomic_file *file = NULL;
    const struct writer *writer = find_writer(path, error);
    if (!writer)
        return CKN_ERROR_ARGUMENT;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    ckn_code code = writer->write(ckn_atomic_stream(file), picture, metadata, error);
    if (code == CKN_OK)
        return ckn_atomic_commit(file, error);
    ckn_atomic_abandon(file);
    return error ? ckn_fail_prefix(error, "%s", path) : code;
}

ckn_code ckn_picture_check_path(const char *path, ckn_error *error) {
    return find_writer(path, error) ? ckn_atomic_check(path, error) : CKN_ERROR_ARGUMENT;
}

ckn_code ckn_picture_check_exact_path(const char *path, ckn_error *error) {
    const struct writer *writer = match_writer(path);
    if (writer && writer->write == ckn_jpeg_write)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s: JPEG would lose detail that an estimate needs: the name must end in "
                        ".png, .npy, .tif or .fits",
                        path);
    return ckn_picture_check_path(path, error);
}
