#include "blur/pixels.h"

#include "base/memory.h"

#include <stdint.h>

ckn_image ckn_image_of_output(const ckn_image_output *output) {
    return (ckn_image){output->data,       output->type,          output->rows,
                       output->cols,       output->channels,      output->row_stride,
                       output->col_stride, output->channel_stride};
}

ckn_image ckn_image_interleaved(const void *data, ckn_type type, size_t rows, size_t cols,
                                size_t channels) {
    return (ckn_image){
        data, type, rows, cols, channels, (ptrdiff_t)(cols * channels), (ptrdiff_t)channels, 1};
}

ckn_image ckn_image_planar(const void *data, ckn_type type, size_t rows, size_t cols,
                           size_t channels) {
    return (ckn_image){
        data, type, rows, cols, channels, (ptrdiff_t)cols, 1, (ptrdiff_t)(rows * cols)};
}

ckn_image_output ckn_image_output_interleaved(void *data, ckn_type type, size_t rows, size_t cols,
                                              size_t channels) {
    return (ckn_image_output){
        data, type, rows, cols, channels, (ptrdiff_t)(cols * channels), (ptrdiff_t)channels, 1};
}

ckn_image_output ckn_image_output_planar(void *data, ckn_type type, size_t rows, size_t cols,
                                         size_t channels) {
    return (ckn_image_output){
        data, type, rows, cols, channels, (ptrdiff_t)cols, 1, (ptrdiff_t)(rows * cols)};
}

ckn_code ckn_image_check(const ckn_image *image, const char *what, ckn_error *error) {
    if (!image || !image->data)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s has no data", what);
    if ((unsigned)image->type > CKN_UINT16)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s has the unknown sample type %d; use CKN_FLOAT32, CKN_FLOAT64, "
                        "CKN_UINT8 or CKN_UINT16",
                        what, (int)image->type);
    if (image->channels < 1 || image->channels > 4)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s has %zu channels; 1 to 4 are possible", what,
                        image->channels);
    size_t count;
    if (image->rows < 1 || image->cols < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s is empty (%zu x %zu)", what, image->cols,
                        image->rows);
    if (!ckn_multiply(image->rows, image->cols, &count) || count > SIZE_MAX / 256)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s is too large (%zu x %zu)", what, image->cols,
                        image->rows);
    return CKN_OK;
}

static bool interleaved(const ckn_image *image) {
    return image->channel_stride == 1 && image->col_stride == (ptrdiff_t)image->channels;
}

bool ckn_pixels_plain(const ckn_image *image, ckn_type real, ckn_alpha alpha) {
    const bool rows = interleaved(image) || (image->channels == 1 && image->col_stride == 1);
    return rows && image->type == real && alpha == CKN_ALPHA_NONE;
}

/* A row of samples: of the image, and of the dense array, each with its distance from one to the
 * next. */
typedef struct run {
    ptrdiff_t offset, step; /* in the image's data */
    size_t first, dense_step;
    size_t count;
} run;

/* Reading and writing a run, for every type of sample (Sample), scale of integers and type of
 * number (Real). Written out by type, so that compilers can make vectors of the loops. */
#define READ(name, Sample, Real, SCALED)                                                           \
    static void name(const void *data, void *dense, const run *r) {                                \
        const Sample *from = (const Sample *)data + r->offset;                                     \
        Real *to = (Real *)dense + r->first;                                                       \
        for (size_t i = 0; i < r->count; i++) {                                                    \
            const Sample sample = from[(ptrdiff_t)i * r->step];                                    \
            to[i * r->dense_step] = SCALED;                                                        \
        }                                                                                          \
    }
READ(u8_to_f32, uint8_t, float, (float)sample / 255.0F)
READ(u16_to_f32, uint16_t, float, (float)sample / 65535.0F)
READ(f32_to_f32, float, float, sample)
READ(f64_to_f32, double, float, (float)sample)
READ(u8_to_f64, uint8_t, double, sample / 255.0)
READ(u16_to_f64, uint16_t, double, sample / 65535.0)
READ(f32_to_f64, float, double, (double)sample)
READ(f64_to_f64, double, double, sample)

/* To nearest, clipped to 0 .. most; NaN gives 0. */
#define ROUNDED(Sample, value, most)                                                               \
    (Sample)(value > 0 ? (value < 1 ? value * most + 0.5F : most) : 0)

#define WRITE(name, Sample, Real, ROUND)                                                           \
    static void name(const void *dense, void *data, const run *r) {                                \
        const Real *from = (const Real *)dense + r->first;                                         \
        Sample *to = (Sample *)data + r->offset;                                                   \
        for (size_t i = 0; i < r->count; i++) {                                                    \
            const Real value = from[i * r->dense_step];                                            \
            to[(ptrdiff_t)i * r->step] = ROUND;                                                    \
        }                                                                                          \
    }
WRITE(f32_as_u8, uint8_t, float, ROUNDED(uint8_t, value, 255.0F))
WRITE(f32_as_u16, uint16_t, float, ROUNDED(uint16_t, value, 65535.0F))
WRITE(f32_as_f32, float, float, value)
WRITE(f32_as_f64, double, float, (double)value)
WRITE(f64_as_u8, uint8_t, double, ROUNDED(uint8_t, value, 255.0))
WRITE(f64_as_u16, uint16_t, double, ROUNDED(uint16_t, value, 65535.0))
WRITE(f64_as_f32, float, double, (float)value)
WRITE(f64_as_f64, double, double, value)

typedef void (*transfer)(const void *from, void *to, const run *r);

/* By [is the number a double?][type of sample]. */
static const transfer readers[2][4] = {
    {f32_to_f32, f64_to_f32, u8_to_f32, u16_to_f32},
    {f32_to_f64, f64_to_f64, u8_to_f64, u16_to_f64},
};
static const transfer writers[2][4] = {
    {f32_as_f32, f32_as_f64, f32_as_u8, f32_as_u16},
    {f64_as_f32, f64_as_f64, f64_as_u8, f64_as_u16},
};

/* Moves row by row, whole rows at once where they are interleaved, else channel by channel. */
static void move_rows(const ckn_image *image, transfer move, const void *from, void *to) {
    const size_t row_count = image->cols * image->channels;
    for (size_t row = 0; row < image->rows; row++) {
        const ptrdiff_t start = (ptrdiff_t)row * image->row_stride;
        if (interleaved(image)) {
            const run all = {start, 1, row * row_count, 1, row_count};
            move(from, to, &all);
            continue;
        }
        for (size_t k = 0; k < image->channels; k++) {
            const run channel = {start + (ptrdiff_t)k * image->channel_stride, image->col_stride,
                                 row * row_count + k, image->channels, image->cols};
            move(from, to, &channel);
        }
    }
}

/* Alphas below are what rounding leaves where there is nothing, or hardly more: colours divided by
 * them would be noise, and 1 / alpha need not be finite. */
#define LEAST_ALPHA 1e-9F

/* Colours times alpha, and back; where alpha is 0 there is no colour. */
#define WEIGHT(name, Real, FACTOR)                                                                 \
    static void name(void *dense, size_t pixels, size_t channels) {                                \
        Real *at = dense;                                                                          \
        for (size_t i = 0; i < pixels; i++, at += channels) {                                      \
            const Real alpha = at[channels - 1];                                                   \
            const Real factor = FACTOR;                                                            \
            for (size_t k = 0; k + 1 < channels; k++)                                              \
                at[k] *= factor;                                                                   \
        }                                                                                          \
    }
WEIGHT(multiply_f32, float, alpha)
WEIGHT(multiply_f64, double, alpha)
WEIGHT(divide_f32, float, alpha >= LEAST_ALPHA ? 1 / alpha : 0)
WEIGHT(divide_f64, double, alpha >= LEAST_ALPHA ? 1 / alpha : 0)

void ckn_pixels_pack(const ckn_image *image, ckn_alpha alpha, ckn_type real, void *dense) {
    const bool wide = real == CKN_FLOAT64;
    move_rows(image, readers[wide][image->type], image->data, dense);
    if (alpha == CKN_ALPHA_LAST)
        (wide ? multiply_f64 : multiply_f32)(dense, image->rows * image->cols, image->channels);
}

void ckn_pixels_unpack(void *dense, ckn_type real, ckn_alpha alpha,
                       const ckn_image_output *output) {
    const bool wide = real == CKN_FLOAT64;
    const ckn_image image = ckn_image_of_output(output);
    if (alpha == CKN_ALPHA_LAST)
        (wide ? divide_f64 : divide_f32)(dense, image.rows * image.cols, image.channels);
    move_rows(&image, writers[wide][image.type], dense, output->data);
}
