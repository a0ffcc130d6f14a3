#include "estimate/family_model.h"

#include "base/memory.h"
#include "estimate/family_shapes.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define SMALLEST 0.1    /* pixels: sizes below make one tap */
#define LEAST_BETA 1.01 /* of a Moffat: below, its sum does not end */
#define MOST_BETA 30.0  /* above, it is a Gaussian to 1 % */
#define AT_LIMIT 1e-3   /* relative to a limit */
#define DEGREE 0.017453292519943295

bool ckn_family_is_signed(ckn_family family) {
    return family >= CKN_FAMILY_UNSHARP;
}

/* ---- theta */

static size_t shape_parameters(ckn_family family) {
    switch (family) {
    case CKN_FAMILY_DISPLACEMENT:
        return 0;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
    case CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS:
        return 3;
    case CKN_FAMILY_LINE:
    case CKN_FAMILY_RECTANGLE:
    case CKN_FAMILY_MOFFAT:
    case CKN_FAMILY_HALF_GAUSSIAN_LINE:
    case CKN_FAMILY_UNSHARP:
    case CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN:
    case CKN_FAMILY_DERIVATIVE:
        return 2;
    default:
        return 1;
    }
}

/* Kernels with a part of a single tap. */
static bool stands_on_a_tap(const ckn_family_model *model) {
    return model->family == CKN_FAMILY_UNSHARP || model->family == CKN_FAMILY_LAPLACIAN ||
           model->family == CKN_FAMILY_DERIVATIVE ||
           (model->family == CKN_FAMILY_GAUSSIAN && model->variant > 0) ||
           (model->family == CKN_FAMILY_HALF_GAUSSIAN_LINE && model->variant > 0);
}

/* A derivative of eight directions: its theta ends in an amount and eighths of a turn. */
static bool is_one_of_eight(const ckn_family_model *model) {
    return model->family == CKN_FAMILY_DERIVATIVE && model->variant == CKN_STENCIL_DIFFERENCE;
}

ckn_family_model ckn_family_model_of(ckn_family family, size_t variant, ckn_shape shape) {
    ckn_family_model model = {.family = family, .variant = variant, .shape = shape};
    model.count = CKN_MODEL_SIZE + shape_parameters(family);
    for (size_t i = 0; i < model.count; i++) {
        model.free[i] = true;
        model.theta[i] = i < CKN_MODEL_SIZE ? 0 : 1;
    }
    model.free[CKN_MODEL_X] = shape.cols > 1 && !stands_on_a_tap(&model);
    model.free[CKN_MODEL_Y] = shape.rows > 1 && !stands_on_a_tap(&model);
    model.linear[CKN_MODEL_GAIN] = true;
    model.linear[CKN_MODEL_AMOUNT] = ckn_family_is_signed(family);
    model.linear[CKN_MODEL_AMOUNT + 1] = family == CKN_FAMILY_DERIVATIVE;
    if (is_one_of_eight(&model))
        model.free[CKN_MODEL_AMOUNT + 1] = model.linear[CKN_MODEL_AMOUNT + 1] = false;
    return model;
}

size_t ckn_family_model_free(const ckn_family_model *model) {
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++)
        count += model->free[i];
    return count;
}

/* ---- what theta means */

/* The parameters, in the order of the struct. */
static const size_t places[] = {
    offsetof(ckn_family_parameters, gain),        offsetof(ckn_family_parameters, center_x),
    offsetof(ckn_family_parameters, center_y),    offsetof(ckn_family_parameters, sigma),
    offsetof(ckn_family_parameters, sigma_minor), offsetof(ckn_family_parameters, angle),
    offsetof(ckn_family_parameters, radius),      offsetof(ckn_family_parameters, length),
    offsetof(ckn_family_parameters, width),       offsetof(ckn_family_parameters, height),
    offsetof(ckn_family_parameters, fwhm),        offsetof(ckn_family_parameters, beta),
    offsetof(ckn_family_parameters, amount)};
enum { FIELDS = sizeof places / sizeof places[0], ANGLE = 5 };

static double *field(ckn_family_parameters *value, size_t index) {
    return (double *)(void *)((char *)value + places[index]);
}

static double half_turn(double angle) {
    return angle > 90 ? angle - 180 : angle <= -90 ? angle + 180 : angle;
}

static void fill_blur(const ckn_family_model *model, ckn_family_parameters *value) {
    const double *size = model->theta + CKN_MODEL_SIZE;
    switch (model->family) {
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN: {
        const double half = hypot(size[1], size[2]);
        value->sigma = sqrt(size[0] + half);
        value->sigma_minor = sqrt(size[0] - half); /* NaN where it is no covariance */
        value->angle = 0.5 * atan2(size[2], size[1]) / DEGREE;
        break;
    }
    case CKN_FAMILY_DISC:
        value->radius = size[0];
        break;
    case CKN_FAMILY_LINE:
        value->length = hypot(size[0], size[1]);
        value->angle = half_turn(atan2(size[1], size[0]) / DEGREE);
        break;
    case CKN_FAMILY_DISPLACEMENT:
        break;
    case CKN_FAMILY_RECTANGLE:
        value->width = size[0];
        value->height = size[1];
        break;
    case CKN_FAMILY_MOFFAT:
        value->fwhm = size[0];
        value->beta = 1 / size[1];
        break;
    case CKN_FAMILY_HALF_GAUSSIAN_LINE:
        value->sigma = hypot(size[0], size[1]);
        value->angle = atan2(size[1], size[0]) / DEGREE;
        break;
    default:
        value->sigma = size[0];
        break;
    }
}

static void fill_signed(const ckn_family_model *model, ckn_family_parameters *value) {
    const double *own = model->theta + CKN_MODEL_AMOUNT;
    value->amount = own[0];
    if (is_one_of_eight(model))
        value->angle = 45 * own[1];
    else if (model->family == CKN_FAMILY_DERIVATIVE) {
        value->amount = hypot(own[0], own[1]);
        value->angle = atan2(own[1], own[0]) / DEGREE;
    } else if (model->family != CKN_FAMILY_LAPLACIAN)
        value->sigma = own[1];
    if (model->family == CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS)
        value->sigma_minor = own[2];
}

ckn_family_parameters ckn_family_model_parameters(const ckn_family_model *model) {
    ckn_family_parameters value;
    for (size_t i = 0; i < FIELDS; i++)
        *field(&value, i) = NAN;
    value.gain = model->theta[CKN_MODEL_GAIN];
    value.center_x = model->theta[CKN_MODEL_X];
    value.center_y = model->theta[CKN_MODEL_Y];
    if (ckn_family_is_signed(model->family))
        fill_signed(model, &value);
    else
        fill_blur(model, &value);
    return value;
}

/* ---- ranges */

/* Of a size; *count of them. */
typedef struct range {
    double value, low, high;
} range;

static size_t list_ranges(const ckn_family_model *model, range *ranges) {
    const ckn_family_parameters value = ckn_family_model_parameters(model);
    const double largest = 4 * hypot((double)model->shape.cols, (double)model->shape.rows);
    const double sizes[] = {value.sigma, value.sigma_minor, value.radius, value.length,
                            value.width, value.height,      value.fwhm};
    const bool has_minor = model->family == CKN_FAMILY_ELLIPTIC_GAUSSIAN ||
                           model->family == CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS;
    size_t count = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (!isnan(sizes[i]) || (i == 1 && has_minor))
            ranges[count++] = (range){sizes[i], SMALLEST, largest};
    }
    if (model->family == CKN_FAMILY_MOFFAT)
        ranges[count++] = (range){value.beta, LEAST_BETA, MOST_BETA};
    return count;
}

enum { MOST_RANGES = 8 };

bool ckn_family_model_valid(const ckn_family_model *model) {
    range ranges[MOST_RANGES];
    const size_t count = list_ranges(model, ranges);
    const double x = model->theta[CKN_MODEL_X], y = model->theta[CKN_MODEL_Y];
    for (size_t i = 0; i < model->count; i++) {
        if (!isfinite(model->theta[i]))
            return false;
    }
    if (!(x >= -0.5 && x <= (double)model->shape.cols - 0.5 && y >= -0.5 &&
          y <= (double)model->shape.rows - 0.5))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!(ranges[i].value >= ranges[i].low && ranges[i].value <= ranges[i].high))
            return false;
    }
    return true;
}

/* The minor axis of an ellipse may be of no width: a blur along a line. */
bool ckn_family_model_at_limit(const ckn_family_model *model) {
    range ranges[MOST_RANGES];
    const size_t count = list_ranges(model, ranges);
    if (model->family == CKN_FAMILY_ELLIPTIC_GAUSSIAN)
        ranges[1].low = 0;
    for (size_t i = 0; i < count; i++) {
        const double slack = 1 + AT_LIMIT;
        if (!(ranges[i].value > ranges[i].low * slack && ranges[i].value < ranges[i].high / slack))
            return true;
    }
    return false;
}

/* The window, and as much again on every side of it. */
ckn_code ckn_family_model_outside(const ckn_family_model *model, double *part, ckn_error *error) {
    const ckn_shape own = model->shape;
    ckn_family_model wide = *model;
    double *taps = NULL, inside = 0, all = 0;
    wide.shape = (ckn_shape){own.rows > 1 ? 3 * own.rows : 1, own.cols > 1 ? 3 * own.cols : 1};
    const size_t first_row = own.rows > 1 ? own.rows : 0, first_col = own.cols > 1 ? own.cols : 0;
    wide.theta[CKN_MODEL_X] += (double)first_col;
    wide.theta[CKN_MODEL_Y] += (double)first_row;
    CKN_TRY(
        ckn_allocate(&taps, ckn_shape_count(wide.shape), sizeof *taps, "a named kernel", error));
    ckn_code code = ckn_family_model_taps(&wide, taps, error);
    for (size_t tap = 0; code == CKN_OK && tap < ckn_shape_count(wide.shape); tap++) {
        const size_t row = tap / wide.shape.cols, col = tap % wide.shape.cols;
        all += fabs(taps[tap]);
        if (row - first_row < own.rows && col - first_col < own.cols) /* wraps where it is less */
            inside += fabs(taps[tap]);
    }
    *part = all > 0 ? 1 - inside / all : 0;
    free(taps);
    return code;
}

/* ---- taps and errors */

ckn_code ckn_family_model_taps(const ckn_family_model *model, double *taps, ckn_error *error) {
    const ckn_family_parameters value = ckn_family_model_parameters(model);
    return ckn_family_taps(model->family, model->variant, &value, model->shape, taps, error);
}

/* Angles are the same after half a turn, or a whole one. */
static double difference(double a, double b, bool angle) {
    return angle ? remainder(a - b, 180) : a - b;
}

/* What one element of theta does to each parameter. */
static void find_slopes(const ckn_family_model *model, size_t element, double slopes[FIELDS]) {
    ckn_family_model above = *model, below = *model;
    const double step = 1e-6 * fmax(1e-3, fabs(model->theta[element]));
    above.theta[element] += step;
    below.theta[element] -= step;
    ckn_family_parameters up = ckn_family_model_parameters(&above);
    ckn_family_parameters down = ckn_family_model_parameters(&below);
    for (size_t i = 0; i < FIELDS; i++)
        slopes[i] = difference(*field(&up, i), *field(&down, i), i == ANGLE) / (2 * step);
}

ckn_family_parameters ckn_family_model_errors(const ckn_family_model *model,
                                              const double *covariance) {
    double slopes[CKN_MODEL_MOST][FIELDS];
    ckn_family_parameters errors;
    for (size_t i = 0; i < model->count; i++)
        find_slopes(model, i, slopes[i]);
    for (size_t own = 0; own < FIELDS; own++) {
        double variance = 0;
        for (size_t i = 0; i < model->count; i++)
            for (size_t j = 0; j < model->count; j++)
                variance += slopes[i][own] * slopes[j][own] * covariance[i * CKN_MODEL_MOST + j];
        *field(&errors, own) = sqrt(variance);
    }
    return errors;
}
