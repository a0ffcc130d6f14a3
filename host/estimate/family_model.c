#include "estimate/family_model.h"

#include "estimate/family_shapes.h"

#include <math.h>

#define SMALLEST 0.1 /* pixels: sizes below make one tap */
#define RADIAN 57.295779513082323

static size_t shape_parameters(ckn_family family) {
    switch (family) {
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        return 3;
    case CKN_FAMILY_LINE:
        return 2;
    default:
        return 1;
    }
}

ckn_family_model ckn_family_model_of(ckn_family family, size_t passes, ckn_shape shape) {
    ckn_family_model model = {.family = family, .passes = passes, .shape = shape};
    model.count = CKN_MODEL_SIZE + shape_parameters(family);
    for (size_t i = 0; i < model.count; i++)
        model.free[i] = true;
    model.free[CKN_MODEL_X] = shape.cols > 1;
    model.free[CKN_MODEL_Y] = shape.rows > 1;
    return model;
}

size_t ckn_family_model_free(const ckn_family_model *model) {
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++)
        count += model->free[i];
    return count;
}

ckn_family_parameters ckn_family_model_parameters(const ckn_family_model *model) {
    const double *size = model->theta + CKN_MODEL_SIZE;
    ckn_family_parameters value = {model->theta[CKN_MODEL_GAIN],
                                   model->theta[CKN_MODEL_X],
                                   model->theta[CKN_MODEL_Y],
                                   NAN,
                                   NAN,
                                   NAN,
                                   NAN,
                                   NAN};
    switch (model->family) {
    case CKN_FAMILY_GAUSSIAN:
    case CKN_FAMILY_EXTENDED_BOX:
        value.sigma = size[0];
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN: {
        const double half = hypot(size[1], size[2]);
        value.sigma = sqrt(size[0] + half);
        value.sigma_minor = sqrt(size[0] - half); /* NaN where it is no covariance */
        value.angle = 0.5 * atan2(size[2], size[1]) * RADIAN;
        break;
    }
    case CKN_FAMILY_DISC:
        value.radius = size[0];
        break;
    case CKN_FAMILY_LINE:
        value.length = hypot(size[0], size[1]);
        value.angle = atan2(size[1], size[0]) * RADIAN;
        if (value.angle > 90)
            value.angle -= 180;
        else if (value.angle <= -90)
            value.angle += 180;
        break;
    }
    return value;
}

static bool within(double value, double low, double high) {
    return value >= low && value <= high;
}

bool ckn_family_model_valid(const ckn_family_model *model) {
    const ckn_family_parameters value = ckn_family_model_parameters(model);
    const double width = (double)model->shape.cols, height = (double)model->shape.rows;
    const double largest = 4 * hypot(width, height);
    if (!isfinite(value.gain) || !within(value.center_x, -0.5, width - 0.5) ||
        !within(value.center_y, -0.5, height - 0.5))
        return false;
    switch (model->family) {
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        return within(value.sigma_minor, SMALLEST, largest) && value.sigma <= largest;
    case CKN_FAMILY_DISC:
        return within(value.radius, SMALLEST, largest);
    case CKN_FAMILY_LINE:
        return within(value.length, SMALLEST, largest);
    default:
        return within(value.sigma, SMALLEST, largest);
    }
}

ckn_code ckn_family_model_taps(const ckn_family_model *model, double *taps, ckn_error *error) {
    const ckn_family_parameters value = ckn_family_model_parameters(model);
    return ckn_family_taps(model->family, model->passes, &value, model->shape, taps, error);
}

/* The parameters in the order of the struct. */
enum { FIELDS = 8 };

static void list(const ckn_family_parameters *value, double fields[FIELDS]) {
    const double all[FIELDS] = {value->gain,   value->center_x,    value->center_y,
                                value->sigma,  value->sigma_minor, value->angle,
                                value->radius, value->length};
    for (int i = 0; i < FIELDS; i++)
        fields[i] = all[i];
}

/* Angles are the same after half a turn. */
static double difference(double a, double b, bool angle) {
    return angle ? remainder(a - b, 180) : a - b;
}

ckn_family_parameters ckn_family_model_errors(const ckn_family_model *model,
                                              const double *covariance) {
    double slopes[FIELDS][CKN_MODEL_MOST] = {{0}}, errors[FIELDS];
    for (size_t i = 0; i < model->count; i++) {
        ckn_family_model above = *model, below = *model;
        const double step = 1e-6 * fmax(1e-3, fabs(model->theta[i]));
        double high[FIELDS], low[FIELDS];
        above.theta[i] += step;
        below.theta[i] -= step;
        const ckn_family_parameters up = ckn_family_model_parameters(&above);
        const ckn_family_parameters down = ckn_family_model_parameters(&below);
        list(&up, high);
        list(&down, low);
        for (int field = 0; field < FIELDS; field++)
            slopes[field][i] = difference(high[field], low[field], field == 5) / (2 * step);
    }
    for (int field = 0; field < FIELDS; field++) {
        double variance = 0;
        for (size_t i = 0; i < model->count; i++)
            for (size_t j = 0; j < model->count; j++)
                variance +=
                    slopes[field][i] * slopes[field][j] * covariance[i * CKN_MODEL_MOST + j];
        errors[field] = sqrt(variance);
    }
    return (ckn_family_parameters){errors[0], errors[1], errors[2], errors[3],
                                   errors[4], errors[5], errors[6], errors[7]};
}
