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
#define SMALLEST_BOX 1e-3 /* whose area does not vanish */
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

/* Part of the unit interval round x that a box of this side covers. */
static double covered(double side, double x) {
    return fmax(0.0, fmin(x + 0.5, side / 2.0) - fmax(x - 0.5, -side / 2.0));
}

static void sample_box(double side, ckn_shape shape, double *taps) {
    side = fmax(side, SMALLEST_BOX);
    double sum = 0.0;
    for (size_t i = 0; i < ckn_shape_count(shape); i++) {
        size_t row = i / shape.cols, col = i % shape.cols;
        double y = (double)row - ((double)shape.rows - 1.0) / 2.0;
        double x = (double)col - ((double)shape.cols - 1.0) / 2.0;
        taps[i] = covered(side, x) * covered(side, y);
        sum += taps[i];
    }
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        taps[i] /= sum;
}

static ckn_code sample(const ckn_kernel_spec *spec, ckn_shape shape, double *taps,
                       ckn_error *error) {
    ckn_family_parameters value = {.gain = 1.0,
                                   .center_x = ((double)shape.cols - 1.0) / 2.0,
                                   .center_y = ((double)shape.rows - 1.0) / 2.0,
                                   .angle = spec->angle};
    ckn_family family = CKN_FAMILY_GAUSSIAN;
    if (spec->kind == CKN_KERNEL_BOX) {
        sample_box(spec->size, shape, taps);
        return CKN_OK;
    }
    value.sigma = value.radius = value.length = spec->size;
    if (spec->kind == CKN_KERNEL_DISC)
        family = CKN_FAMILY_DISC;
    else if (spec->kind == CKN_KERNEL_MOTION)
        family = CKN_FAMILY_LINE;
    return ckn_family_sample(family, 0, &value, ckn_output_f64(taps, shape.rows, shape.cols),
                             error);
}

ckn_code ckn_kernel_spec_make(const ckn_kernel_spec *spec, const ckn_read_limits *limits,
                              ckn_shape *shape, double **taps, ckn_error *error) {
    if (spec->kind == CKN_KERNEL_FILE)
        return ckn_kernel_read(spec->path, limits, taps, &shape->rows, &shape->cols, error);
    size_t count;
    if (!ckn_multiply(shape->rows, shape->cols, &count))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the kernel");
    CKN_TRY(ckn_allocate(taps, count, sizeof **taps, "the kernel", error));
    return sample(spec, *shape, *taps, error);
}
