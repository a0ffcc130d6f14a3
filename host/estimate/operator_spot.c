/* A look at what an engine computed, by the definition: a library that transforms may fail without
 * a word. */
#include "estimate/normal_operator.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 8 }; /* samples of the spot: as few as show garbage, which is everywhere */

/* The spot of one pair, on the host. */
typedef struct spot {
    ckn_shape shape, at;
    double *x; /* what its windows see */
    double *y, *r;
} spot;

static void release(spot *own) {
    free(own->x);
    free(own->y);
    free(own->r);
}

static ckn_shape seen_by(const spot *own, ckn_shape kernel) {
    return (ckn_shape){own->shape.rows + kernel.rows - 1, own->shape.cols + kernel.cols - 1};
}

static ckn_code download(const ckn_problem *problem, const ckn_problem_pair *pair, bool with_y,
                         spot *own, ckn_error *error) {
    static const char what[] = "the check of a transform";
    const ckn_shape seen = seen_by(own, problem->kernel);
    const size_t count = ckn_shape_count(own->shape);
    CKN_TRY(ckn_allocate(&own->x, ckn_shape_count(seen), sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&own->y, count, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&own->r, count, sizeof(double), what, error));
    CKN_TRY(ckn_problem_download(problem, pair->x, pair->x_shape, own->at, seen, own->x, error));
    CKN_TRY(
        ckn_problem_download(problem, pair->r, pair->y_shape, own->at, own->shape, own->r, error));
    if (!with_y)
        return CKN_OK;
    return ckn_problem_download(problem, pair->y, pair->y_shape, own->at, own->shape, own->y,
                                error);
}

/* (h * x)(p, q) within the spot. */
static double convolve(const spot *own, ckn_shape kernel, const double *h, size_t p, size_t q) {
    const size_t width = seen_by(own, kernel).cols;
    double sum = 0;
    for (size_t i = 0; i < kernel.rows; i++) {
        const double *row = own->x + (p + kernel.rows - 1 - i) * width + q + kernel.cols - 1;
        for (size_t j = 0; j < kernel.cols; j++)
            sum += h[i * kernel.cols + j] * *(row - j);
    }
    return sum;
}

/* The largest difference between r and what it should be. NaN where r is that. */
static double largest_error(const ckn_problem *problem, const ckn_problem_pair *pair,
                            const spot *own, const double *h) {
    double largest = 0;
    for (size_t p = 0; p < own->shape.rows; p++) {
        for (size_t q = 0; q < own->shape.cols; q++) {
            const size_t n = p * own->shape.cols + q;
            const size_t window = (p + own->at.rows) * pair->y_shape.cols + (q + own->at.cols);
            const double root = pair->weights ? sqrt(pair->weights[window]) : 1;
            const double wanted = convolve(own, problem->kernel, h, p, q) - own->y[n];
            const double error = fabs(own->r[n] - root * wanted);
            largest = error <= largest ? largest : error; /* NaN wins */
        }
    }
    return largest;
}

/* Of a transform in float32: a few units in the last place of what it adds up, which is at most
 * ||h|| ||x||, and of y. */
static ckn_code find_tolerance(const ckn_problem *problem, const ckn_problem_pair *pair,
                               const double *h, double *tolerance, ckn_error *error) {
    static const double unit = 0x1p-24, units = 256;
    double x_square = 0, h_square = 0;
    CKN_TRY(problem->backend->ops->dot(problem->backend, pair->x, pair->x,
                                       ckn_shape_count(pair->x_shape), &x_square, error));
    for (size_t tap = 0; tap < ckn_problem_taps(problem); tap++)
        h_square += h[tap] * h[tap];
    *tolerance = unit * units *
                 (sqrt(h_square) * sqrt(x_square) + problem->largest_y * problem->units.y_scale) *
                 sqrt(problem->largest_weight);
    return CKN_OK;
}

static ckn_code check_pair(ckn_operator *op, const ckn_problem_pair *pair, const double *h,
                           bool with_y, ckn_error *error) {
    const ckn_shape valid = pair->y_shape;
    spot own = {
        .shape = {valid.rows < SIDE ? valid.rows : SIDE, valid.cols < SIDE ? valid.cols : SIDE}};
    own.at = (ckn_shape){(valid.rows - own.shape.rows) / 2, (valid.cols - own.shape.cols) / 2};
    double tolerance = 0;
    CKN_TRY(find_tolerance(op->problem, pair, h, &tolerance, error));
    ckn_code code = download(op->problem, pair, with_y, &own, error);
    if (code == CKN_OK && !(largest_error(op->problem, pair, &own, h) <= tolerance))
        code = ckn_fail(error, CKN_ERROR_OPENCL,
                        "the engine %s computed a wrong convolution on this device: a library or "
                        "the driver failed without saying so; try again, or use --engine direct",
                        op->ops->name);
    release(&own);
    return code;
}

ckn_code ckn_operator_check_spot(ckn_operator *op, const double *h, bool subtracted_y,
                                 ckn_error *error) {
    for (size_t i = 0; i < op->problem->pair_count; i++)
        CKN_TRY(check_pair(op, &op->problem->pairs[i], h, subtracted_y, error));
    return CKN_OK;
}
