#include "io/picture.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "io/fits_file.h"
#include "io/jpeg_file.h"
#include "io/kernel_picture.h"
#include "io/npy_file.h"
#include "io/output_path.h"
#include "io/picture_format.h"
#include "io/tiff_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of a kernel's file, at most; further ones are left out. */
enum { MOST_ITEMS = 12 };

static ckn_code write_npy(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                          ckn_error *error) {
    char comment[CKN_KERNEL_OFFSET_SIZE + 16] = "", offset[CKN_KERNEL_OFFSET_SIZE];
    const ckn_kernel_offset place = ckn_kernel_offset_of_metadata(metadata);
    ckn_kernel_offset_text(place, offset);
    if (!ckn_kernel_offset_is_zero(place))
        snprintf(comment, sizeof comment, "%s: %s", CKN_KERNEL_OFFSET_KEY, offset);
    return ckn_npy_write_planes(stream, kernel, 1, CKN_SAMPLE_F64, 1, comment, error);
}

/* The kernel as a picture of the same samples in float64. */
static ckn_code copy_kernel(const ckn_view *kernel, ckn_picture *picture, ckn_error *error) {
    CKN_TRY(
        ckn_picture_create(picture, kernel->rows, kernel->cols, 1, false, CKN_SAMPLE_F64, error));
    ckn_output output = ckn_picture_output(picture, 0);
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++)
            ckn_output_set(&output, row, col, ckn_view_at(kernel, row, col));
    }
    return CKN_OK;
}

typedef ckn_code (*picture_writer)(FILE *stream, const ckn_picture *picture,
                                   const ckn_metadata *metadata, ckn_error *error);

static ckn_code write_as_picture(picture_writer write, FILE *stream, const ckn_view *kernel,
                                 const ckn_metadata *metadata, ckn_error *error) {
    ckn_picture picture;
    CKN_TRY(copy_kernel(kernel, &picture, error));
    ckn_code code = write(stream, &picture, metadata, error);
    ckn_picture_release(&picture);
    return code;
}

static ckn_code write_tiff(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                           ckn_error *error) {
    return write_as_picture(ckn_tiff_write, stream, kernel, metadata, error);
}

static ckn_code write_fits(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                           ckn_error *error) {
    return write_as_picture(ckn_fits_write, stream, kernel, metadata, error);
}

/* The formats of kernels, by the name's end. */
static const struct writer {
    const char *extension;
    ckn_code (*write)(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                      ckn_error *error);
    const bool *available; /* NULL: in every build; else in one with that option */
    const char *option;
    unsigned full; /* of a picture: the largest integer; 0 where it keeps numbers */
} writers[] = {
    {".npy", write_npy, NULL, NULL, 0},
    {".csv", ckn_csv_write, NULL, NULL, 0},
    {".tif", write_tiff, &ckn_tiff_available, "CKN_TIFF", 0},
    {".tiff", write_tiff, &ckn_tiff_available, "CKN_TIFF", 0},
    {".fits", write_fits, &ckn_fits_written, "CKN_FITS", 0},
    {".fit", write_fits, &ckn_fits_written, "CKN_FITS", 0},
    {".png", ckn_kernel_picture_png, NULL, NULL, 65535},
    {".jpg", ckn_kernel_picture_jpeg, &ckn_jpeg_available, "CKN_JPEG", 255},
    {".jpeg", ckn_kernel_picture_jpeg, &ckn_jpeg_available, "CKN_JPEG", 255},
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
            "%s: the name of a kernel must end in .npy, .csv, .tif, .fits, .png or .jpg, which "
            "chooses the format, or be - for CSV on standard output",
            path);
    return NULL;
}

bool ckn_kernel_keeps_numbers(const char *path) {
    const struct writer *writer = match_writer(path);
    return writer && writer->full == 0;
}

static ckn_code write_standard_output(const ckn_view *kernel, const ckn_metadata *place,
                                      ckn_error *error) {
    ckn_code code = ckn_csv_write(stdout, kernel, place, error);
    if (code == CKN_OK && fflush(stdout) != 0)
        code = ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", strerror(errno));
    return code == CKN_OK || !error ? code : ckn_fail_prefix(error, "standard output");
}

ckn_code ckn_kernel_check_path(const char *path, ckn_error *error) {
    if (strcmp(path, "-") == 0)
        return CKN_OK;
    return find_writer(path, error) ? ckn_atomic_check(path, error) : CKN_ERROR_ARGUMENT;
}

static ckn_code write_file(const struct writer *writer, const char *path, const ckn_view *kernel,
                           const ckn_metadata *metadata, ckn_error *error) {
    ckn_atomic_file *file = NULL;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    ckn_code code = writer->write(ckn_atomic_stream(file), kernel, metadata, error);
    if (code == CKN_OK)
        return ckn_atomic_commit(file, error);
    ckn_atomic_abandon(file);
    return error ? ckn_fail_prefix(error, "%s", path) : code;
}

/* The place goes in front, and the rest is metadata of the caller. */
typedef struct placed_metadata {
    char offset[CKN_KERNEL_OFFSET_SIZE];
    ckn_metadata_item items[MOST_ITEMS];
    ckn_metadata all, place; /* both have no items where there is nothing to say */
} placed_metadata;

static void place_metadata(placed_metadata *placed, ckn_kernel_offset offset,
                           const ckn_metadata *metadata) {
    size_t count = 0;
    if (!ckn_kernel_offset_is_zero(offset)) {
        ckn_kernel_offset_text(offset, placed->offset);
        placed->items[count++] = (ckn_metadata_item){CKN_KERNEL_OFFSET_KEY, placed->offset};
    }
    placed->place = (ckn_metadata){placed->items, count};
    for (size_t i = 0; metadata && i < metadata->count && count < MOST_ITEMS; i++)
        placed->items[count++] = metadata->items[i];
    placed->all = (ckn_metadata){placed->items, count};
}

ckn_code ckn_kernel_write(const char *path, const ckn_view *kernel, const ckn_metadata *metadata,
                          char *note, size_t note_size, ckn_error *error) {
    return ckn_kernel_write_at(path, kernel, (ckn_kernel_offset){0, 0}, metadata, note, note_size,
                               error);
}

ckn_code ckn_kernel_write_at(const char *path, const ckn_view *kernel, ckn_kernel_offset offset,
                             const ckn_metadata *metadata, char *note, size_t note_size,
                             ckn_error *error) {
    placed_metadata placed;
    if (note && note_size > 0)
        note[0] = '\0';
    CKN_TRY(ckn_view_check(kernel, "the kernel", error));
    place_metadata(&placed, offset, metadata);
    if (strcmp(path, "-") == 0)
        return write_standard_output(kernel, &placed.place, error);
    const struct writer *writer = find_writer(path, error);
    if (!writer)
        return CKN_ERROR_ARGUMENT;
    const bool nothing = placed.all.count == 0;
    CKN_TRY(write_file(writer, path, kernel, nothing ? NULL : &placed.all, error));
    if (note && writer->full)
        ckn_kernel_picture_note(path, kernel, writer->full, note, note_size);
    return CKN_OK;
}

/* Only numbers, commas and comments begin like this. */
static bool looks_like_text(const ckn_input *input) {
    size_t start = input->head_size >= 3 && memcmp(input->head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (size_t i = start; i < input->head_size; i++) {
        unsigned char c = input->head[i];
        if (c < ' ' && !(c == '\t' || c == '\r' || c == '\n'))
            return false;
    }
    return true;
}

static ckn_code copy_plane(const ckn_picture *picture, const char *path, double **taps,
                           ckn_error *error) {
    size_t planes = ckn_picture_plane_count(picture);
    if (planes != 1)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: has %zu channels; a kernel is a single one, as in a grey image", path,
                        planes);
    /* Pictures scale integers to [0, 1]; the taps of a kernel are the integers themselves. */
    const bool integers = picture->full_range != 1;
    double *copy = NULL;
    CKN_TRY(ckn_allocate(&copy, picture->rows * picture->cols, sizeof *copy, "a kernel", error));
    ckn_view view = ckn_picture_view(picture, 0);
    for (size_t row = 0; row < view.rows; row++) {
        for (size_t col = 0; col < view.cols; col++) {
            double value = ckn_view_at(&view, row, col);
            copy[row * view.cols + col] = integers ? round(value * picture->full_range) : value;
        }
    }
    *taps = copy;
    return CKN_OK;
}

static ckn_code is_picture(const char *path, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "%s: is a picture of a kernel, which has lost the scale of its taps; use the "
                    "kernel's .npy or .csv file",
                    path);
}

static ckn_code read_picture(const ckn_picture_format *format, ckn_input *input, double **taps,
                             size_t *rows, size_t *cols, ckn_kernel_offset *offset,
                             ckn_error *error) {
    if (format->read && format->numbers == CKN_NUMBERS_NONE)
        return is_picture(input->path, error);
    ckn_picture picture;
    CKN_TRY(ckn_picture_format_read(format, input, &picture, error));
    ckn_code code = format->numbers == CKN_NUMBERS_REAL && picture.full_range != 1
                        ? is_picture(input->path, error)
                        : copy_plane(&picture, input->path, taps, error);
    *rows = picture.rows;
    *cols = picture.cols;
    *offset = picture.offset;
    ckn_picture_release(&picture);
    return code;
}

ckn_code ckn_kernel_read(const char *path, const ckn_read_limits *limits, double **taps,
                         size_t *rows, size_t *cols, ckn_error *error) {
    ckn_kernel_offset offset;
    return ckn_kernel_read_at(path, limits, taps, rows, cols, &offset, error);
}

ckn_code ckn_kernel_read_at(const char *path, const ckn_read_limits *limits, double **taps,
                            size_t *rows, size_t *cols, ckn_kernel_offset *offset,
                            ckn_error *error) {
    ckn_input input;
    *taps = NULL;
    *offset = (ckn_kernel_offset){0, 0};
    *rows = *cols = 0;
    CKN_TRY(ckn_input_open(&input, path, limits, error));
    const ckn_picture_format *format = ckn_picture_format_find(&input);
    ckn_code code;
    if (format)
        code = read_picture(format, &input, taps, rows, cols, offset, error);
    else if (looks_like_text(&input))
        code = ckn_csv_read(&input, taps, rows, cols, offset, error);
    else
        code = ckn_fail(
            error, CKN_ERROR_UNSUPPORTED,
            "%s: is no kernel file that is known; NPY, CSV, TIFF and FITS files are read", path);
    ckn_input_close(&input);
    return code;
}
