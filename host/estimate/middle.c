#include "estimate/middle.h"

#include "base/memory.h"
#include "statistics/terms.h"

#include <stdlib.h>
#include <string.h>

static const char what[] = "the middle of the images";

/* Samples of the whole for one of the middle from which on a copy is made. */
static const size_t worth_copying = 3;

static size_t least(size_t side) {
    return side < CKN_MIDDLE_SIDE ? side : CKN_MIDDLE_SIDE;
}

static ckn_shape middle_shape(ckn_shape y) {
    return (ckn_shape){least(y.rows), least(y.cols)};
}

static ckn_shape middle_start(ckn_shape y) {
    const ckn_shape part = middle_shape(y);
    return (ckn_shape){(y.rows - part.rows) / 2, (y.cols - part.cols) / 2};
}

bool ckn_middle_pays(const ckn_problem *whole) {
    size_t all = 0, part = 0;
    for (size_t i = 0; i < whole->pair_count; i++) {
        all += ckn_shape_count(whole->pairs[i].y_shape);
        part += ckn_shape_count(middle_shape(whole->pairs[i].y_shape));
    }
    return all >= worth_copying * part;
}

/* The two planes of a pair in `memory`, x before y. */
static ckn_code download(const ckn_problem *whole, size_t index, double **memory, ckn_pair *pair,
                         ckn_error *error) {
    const ckn_problem_pair *from = &whole->pairs[index];
    const ckn_shape y = middle_shape(from->y_shape), start = middle_start(from->y_shape);
    const ckn_shape x = {y.rows + whole->kernel.rows - 1, y.cols + whole->kernel.cols - 1};
    const size_t count = ckn_shape_count(x);
    CKN_TRY(ckn_allocate(memory, count + ckn_shape_count(y), sizeof **memory, what, error));
    CKN_TRY(ckn_problem_download(whole, from->x, from->x_shape, start, x, *memory, error));
    CKN_TRY(ckn_problem_download(whole, from->y, from->y_shape, start, y, *memory + count, error));
    *pair = (ckn_pair){.sharp = ckn_view_f64(*memory, x.rows, x.cols),
                       .blurred = ckn_view_f64(*memory + count, y.rows, y.cols)};
    return CKN_OK;
}

/* A term is linear in the position: coefficients of the part from those of the whole. */
static void restrict_term(double *constant, double *slope, size_t start, size_t part,
                          size_t whole) {
    const double factor = ckn_term_slope(whole) / ckn_term_slope(part);
    *constant += *slope * (ckn_term_at(start, whole) - factor * ckn_term_at(0, part));
    *slope *= factor;
}

static void take_background(const ckn_problem_pair *from, ckn_problem_pair *to) {
    const ckn_shape start = middle_start(from->y_shape);
    memcpy(to->background, from->background, sizeof to->background);
    restrict_term(&to->background[0], &to->background[1], start.rows, to->y_shape.rows,
                  from->y_shape.rows);
    restrict_term(&to->background[0], &to->background[2], start.cols, to->y_shape.cols,
                  from->y_shape.cols);
}

static ckn_code take_weights(const ckn_problem_pair *from, ckn_problem_pair *to, ckn_error *error) {
    const ckn_shape start = middle_start(from->y_shape), shape = to->y_shape;
    to->used = ckn_shape_count(shape);
    to->uneven = 0;
    if (!from->weights)
        return CKN_OK;
    CKN_TRY(ckn_allocate(&to->weights, ckn_shape_count(shape), sizeof(double), what, error));
    for (size_t row = 0; row < shape.rows; row++)
        memcpy(to->weights + row * shape.cols,
               from->weights + (start.rows + row) * from->y_shape.cols + start.cols,
               shape.cols * sizeof(double));
    for (size_t n = 0; n < ckn_shape_count(shape); n++) {
        to->used -= to->weights[n] == 0;
        to->uneven += to->weights[n] != 1;
    }
    return CKN_OK;
}

static ckn_code fill(const ckn_problem *whole, const ckn_pair *pairs, ckn_problem *middle,
                     ckn_error *error) {
    middle->units = (ckn_problem_units){1, 1, 0, 0};
    middle->memory_limit = whole->memory_limit;
    middle->largest_weight = whole->largest_weight;
    CKN_TRY(ckn_problem_upload(middle, pairs, error));
    for (size_t i = 0; i < whole->pair_count; i++) {
        take_background(&whole->pairs[i], &middle->pairs[i]);
        CKN_TRY(take_weights(&whole->pairs[i], &middle->pairs[i], error));
    }
    middle->weighings++;
    return CKN_OK;
}

ckn_code ckn_middle_create(const ckn_problem *whole, ckn_problem **middle, ckn_error *error) {
    const size_t count = whole->pair_count;
    ckn_pair *pairs = NULL;
    double **memory = NULL;
    *middle = NULL;
    ckn_code code = ckn_allocate(&pairs, count, sizeof *pairs, what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&memory, count, sizeof *memory, what, error);
    for (size_t i = 0; i < count && code == CKN_OK; i++)
        code = download(whole, i, &memory[i], &pairs[i], error);
    if (code == CKN_OK)
        code = ckn_problem_create(whole->backend, whole->kernel, pairs, count, middle, error);
    if (code == CKN_OK)
        code = fill(whole, pairs, *middle, error);
    for (size_t i = 0; memory && i < count; i++)
        free(memory[i]);
    free(memory);
    free(pairs);
    if (code != CKN_OK) {
        ckn_problem_destroy(*middle);
        *middle = NULL;
    }
    return code;
}
