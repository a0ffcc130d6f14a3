#include "cli/kernel_shape.h"

#include "base/memory.h"
#include "cli/suggest.h"
#include "io/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_NAMES "gaussian|box|disc|motion"
#define SUBSAMPLES 32 /* a side of a pixel, for areas */
#define LARGEST 10000.0

/* A positive number up to a comma or the end of the text. */
static const char *read_positive(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    bool good = end != text && isfinite(*value) && *value > 0.0 && *value <= LARGEST;
    return good ? end : NULL;
}

static bool read_parameters(const char *text, ckn_kernel_spec *spec) {
    const char *rest = read_positive(text, &spec->size);
    if (!rest)
        return false;
    if (spec->kind != CKN_KERNEL_MOTION)
        return *rest == '\0';
    if (*rest != ',')
        return false;
    char *end;
    spec->angle = strtod(rest + 1, &end);
    return end != rest + 1 && *end == '\0' && isfinite(spec->angle);
}

static ckn_code refuse(const char *text, ckn_error *error) {
    char name[32], hint[96];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, ":"), text);
    ckn_cli_suggest_word(KERNEL_NAMES, name, hint, sizeof hint);
    if (ckn_cli_word_position(KERNEL_NAMES, name) >= 0)
        hint[0] = '\0';
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "--kernel must be gaussian:SIGMA, box:SIDE, disc:RADIUS, motion:LENGTH,DEGREES "
                    "(sizes above 0, up to %g) or a kernel file, not '%s'%s",
                    LARGEST, text, hint);
}

ckn_code ckn_kernel_spec_parse(const char *text, ckn_kernel_spec *spec, ckn_error *error) {
    *spec = (ckn_kernel_spec){CKN_KERNEL_FILE, 0.0, 0.0, text};
    const char *colon = strchr(text, ':');
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, ":"), text);
    int kind = ckn_cli_word_position(KERNEL_NAMES, name);
    if (kind >= 0) {
        spec->kind = (ckn_kernel_kind)kind;
        return colon && read_parameters(colon + 1, spec) ? CKN_OK : refuse(text, error);
    }
    /* Any other word is a file; without one of that name it is more likely a slip of the hand. */
    if (access(text, F_OK) != 0 && (colon || !strpbrk(text, "./")))
        return refuse(text, error);
    return CKN_OK;
}

/* Width and height of the area that the kernel covers. */
static void extent(const ckn_kernel_spec *spec, double *width, double *height) {
    double radians = spec->angle * (3.14159265358979323846 / 180.0);
    double cosine = fabs(cos(radians)), sine = fabs(sin(radians));
    *width = *height = 0.0;
    switch (spec->kind) {
    case CKN_KERNEL_GAUSSIAN:
        *width = *height = 2.0 * ceil(4.0 * spec->size) + 1.0;
        break;
    case CKN_KERNEL_BOX:
        *width = *height = spec->size;
        break;
    case CKN_KERNEL_DISC:
        *width = *height = 2.0 * spec->size;
        break;
    case CKN_KERNEL_MOTION:
        *width = spec->size * cosine + sine;
        *height = spec->size * sine + cosine;
        break;
    case CKN_KERNEL_FILE:
        break;
    }
}

/* The rounding of sines must not cost a pixel. */
#define SLACK 1e-9

static size_t odd_size(double length) {
    size_t size = (size_t)ceil(length - SLACK);
    return size % 2 ? size : size + 1;
}

ckn_code ckn_kernel_spec_shape(const ckn_kernel_spec *spec, ckn_shape wanted, ckn_shape *shape,
                               ckn_error *error) {
    *shape = wanted;
    if (spec->kind == CKN_KERNEL_FILE) {
        if (wanted.rows)
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "--kernel-size has no meaning with a kernel from a file, which has its "
                            "own size");
        return CKN_OK;
    }
    double width, height;
    extent(spec, &width, &height);
    if (!wanted.rows) {
        /* A box has no tail: its own side is the whole kernel, odd or even. */
        bool even_box = spec->kind == CKN_KERNEL_BOX && floor(width) == width;
        size_t rows = even_box ? (size_t)height : odd_size(height);
        *shape = (ckn_shape){rows, even_box ? rows : odd_size(width)};
        return CKN_OK;
    }
    bool fits = width <= (double)wanted.cols + SLACK && height <= (double)wanted.rows + SLACK;
    if (!fits && spec->kind != CKN_KERNEL_GAUSSIAN)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--kernel-size %zux%zu would cut the kernel, which is %.4g wide and %.4g "
                        "high",
                        wanted.cols, wanted.rows, width, height);
    return CKN_OK;
}

static bool is_inside(const ckn_kernel_spec *spec, double cosine, double sine, double x, double y) {
    /* Not so small that it would slip between the samples. */
    double size = fmax(spec->size, 2.0 / SUBSAMPLES);
    switch (spec->kind) {
    case CKN_KERNEL_BOX:
        return fabs(x) <= size / 2.0 && fabs(y) <= size / 2.0;
    case CKN_KERNEL_DISC:
        return x * x + y * y <= size * size;
    case CKN_KERNEL_MOTION:
        return fabs(x * cosine + y * sine) <= size / 2.0 && fabs(y * cosine - x * sine) <= 0.5;
    default:
        return false;
    }
}

/* Part of the pixel round (x, y) that the area covers. */
static double covered(const ckn_kernel_spec *spec, double x, double y) {
    double radians = spec->angle * (3.14159265358979323846 / 180.0);
    double cosine = cos(radians), sine = sin(radians);
    size_t inside = 0;
    for (int i = 0; i < SUBSAMPLES; i++) {
        for (int j = 0; j < SUBSAMPLES; j++)
            inside += is_inside(spec, cosine, sine, x + (j + 0.5) / SUBSAMPLES - 0.5,
                                y + (i + 0.5) / SUBSAMPLES - 0.5);
    }
    return (double)inside / (SUBSAMPLES * SUBSAMPLES);
}

/* Relative to the tap nearest to the centre, so that a narrow Gaussian on an even number of taps
 * does not vanish altogether. */
static double gaussian(double sigma, ckn_shape shape, double x, double y) {
    double nearest = (shape.rows % 2 ? 0.0 : 0.25) + (shape.cols % 2 ? 0.0 : 0.25);
    return exp((nearest - x * x - y * y) / (2.0 * sigma * sigma));
}

static void sample(const ckn_kernel_spec *spec, ckn_shape shape, double *taps) {
    double sum = 0.0;
    for (size_t r = 0; r < shape.rows; r++) {
        for (size_t c = 0; c < shape.cols; c++) {
            double y = (double)r - ((double)shape.rows - 1.0) / 2.0;
            double x = (double)c - ((double)shape.cols - 1.0) / 2.0;
            double value = spec->kind == CKN_KERNEL_GAUSSIAN ? gaussian(spec->size, shape, x, y)
                                                             : covered(spec, x, y);
            taps[r * shape.cols + c] = value;
            sum += value;
        }
    }
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        taps[i] /= sum;
}

ckn_code ckn_kernel_spec_make(const ckn_kernel_spec *spec, ckn_shape *shape, double **taps,
                              ckn_error *error) {
    if (spec->kind == CKN_KERNEL_FILE)
        return ckn_kernel_read(spec->path, taps, &shape->rows, &shape->cols, error);
    size_t count;
    if (!ckn_multiply(shape->rows, shape->cols, &count))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the kernel");
    CKN_TRY(ckn_allocate(taps, count, sizeof **taps, "the kernel", error));
    sample(spec, *shape, *taps);
    return CKN_OK;
}
