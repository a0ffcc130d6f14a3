#include "io/kernel_picture.h"

#include "base/view.h"
#include "io/jpeg_file.h"
#include "io/png_file.h"

#include <math.h>

/* A picture about this high, but not much wider than a screen where the kernel is flat and long. */
enum { HEIGHT = 512, MOST_WIDTH = 4096, MOST_ITEMS = 16 };

typedef struct value_range {
    double min, max; /* of the finite values; 0, 0 where there is none */
} value_range;

static value_range range_of(const ckn_view *kernel) {
    value_range range = {INFINITY, -INFINITY};
    for (size_t row = 0; row < kernel->rows; row++) {
        for (size_t col = 0; col < kernel->cols; col++) {
            double value = ckn_view_at(kernel, row, col);
            if (!isfinite(value))
                continue;
            range.min = fmin(range.min, value);
            range.max = fmax(range.max, value);
        }
    }
    return range.min <= range.max ? range : (value_range){0.0, 0.0};
}

static size_t enlargement(const ckn_view *kernel) {
    size_t by_height = HEIGHT / kernel->rows;
    size_t by_width = MOST_WIDTH / kernel->cols;
    size_t factor = by_height < by_width ? by_height : by_width;
    return factor > 1 ? factor : 1;
}

/* Halved before the difference is taken, which may be too large for a double. */
static double shade(double value, value_range range) {
    if (!(range.min < range.max))
        return 0.5;
    return (value / 2 - range.min / 2) / (range.max / 2 - range.min / 2);
}

static ckn_code draw(const ckn_view *kernel, ckn_sample sample, ckn_picture *picture,
                     ckn_error *error) {
    value_range range = range_of(kernel);
    size_t factor = enlargement(kernel);
    CKN_TRY(ckn_picture_create(picture, kernel->rows * factor, kernel->cols * factor, 1, false,
                               sample, error));
    ckn_output output = ckn_picture_output(picture, 0);
    for (size_t row = 0; row < output.rows; row++) {
        for (size_t col = 0; col < output.cols; col++) {
            double value = ckn_view_at(kernel, row / factor, col / factor);
            ckn_output_set(&output, row, col, shade(value, range));
        }
    }
    return CKN_OK;
}

/* The scale, which the picture loses, goes along. */
static ckn_code write_drawing(FILE *stream, const ckn_view *kernel, ckn_sample sample,
                              const ckn_metadata *metadata,
                              ckn_code (*write)(FILE *stream, const ckn_picture *picture,
                                                const ckn_metadata *metadata, ckn_error *error),
                              ckn_error *error) {
    value_range range = range_of(kernel);
    char scale[80];
    ckn_metadata_item items[MOST_ITEMS];
    size_t count = 0;
    for (; metadata && count < metadata->count && count + 1 < MOST_ITEMS; count++)
        items[count] = metadata->items[count];
    snprintf(scale, sizeof scale, "black %.17g, white %.17g", range.min, range.max);
    items[count++] = (ckn_metadata_item){"Kernel scale", scale};
    const ckn_metadata longer = {items, count};
    ckn_picture picture;
    CKN_TRY(draw(kernel, sample, &picture, error));
    ckn_code code = write(stream, &picture, metadata ? &longer : NULL, error);
    ckn_picture_release(&picture);
    return code;
}

ckn_code ckn_kernel_picture_png(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                                ckn_error *error) {
    return write_drawing(stream, kernel, CKN_SAMPLE_U16, metadata, ckn_png_write, error);
}

ckn_code ckn_kernel_picture_jpeg(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                                 ckn_error *error) {
    return write_drawing(stream, kernel, CKN_SAMPLE_U8, metadata, ckn_jpeg_write, error);
}

void ckn_kernel_picture_note(const char *path, const ckn_view *kernel, unsigned full, char *note,
                             size_t note_size) {
    value_range range = range_of(kernel);
    size_t factor = enlargement(kernel);
    if (!(range.min < range.max)) {
        snprintf(note, note_size,
                 "%s is a picture: every value is %.6g, drawn as mid grey; use .npy or .csv for "
                 "the numbers",
                 path, range.min);
        return;
    }
    snprintf(note, note_size,
             "%s is a picture: values scaled from [%.6g, %.6g] to [0, %u], each tap drawn as "
             "%zu x %zu pixels; use .npy or .csv for the numbers",
             path, range.min, range.max, full, factor, factor);
}
