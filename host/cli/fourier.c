/* Mixed radices, decimation in time (Cooley & Tukey 1965): a line of n = p m samples is p lines of
 * m samples each, and p-point transforms across them. */
#include "cli/fourier.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* A line has fewer factors, as sizes have at most 64 bits. */
enum { MOST_FACTORS = 64, LARGEST_FACTOR = 7 };

/* Columns that are carried together, as many as stand in a cache line or two. */
enum { COLUMNS = 8 };

typedef struct line_plan {
    size_t length, factors;
    size_t factor[MOST_FACTORS]; /* the last one is taken first */
    ckn_complex *roots;          /* exp(-+ 2 pi i j / length) */
    ckn_complex *terms;          /* one of each part, for large factors */
} line_plan;

static bool is_quick(size_t size) {
    for (size_t p = 2; p <= LARGEST_FACTOR; p++) {
        while (size % p == 0)
            size /= p;
    }
    return size == 1;
}

size_t ckn_fourier_size(size_t most) {
    while (!is_quick(most))
        most--;
    return most;
}

static void release_plan(line_plan *plan) {
    free(plan->roots);
    free(plan->terms);
}

static ckn_code make_plan(line_plan *plan, size_t length, bool inverse, ckn_error *error) {
    const double turn = (inverse ? 2.0 : -2.0) * acos(-1.0) / (double)length;
    *plan = (line_plan){.length = length};
    size_t rest = length, largest = 1;
    for (size_t p = 2; rest > 1; p++) {
        /* What is left without a factor up to its root is prime. */
        if (p * p > rest)
            p = rest;
        for (; rest % p == 0; rest /= p)
            plan->factor[plan->factors++] = largest = p;
    }
    CKN_TRY(ckn_allocate(&plan->roots, length, sizeof *plan->roots, "a transform", error));
    CKN_TRY(ckn_allocate(&plan->terms, largest, sizeof *plan->terms, "a transform", error));
    for (size_t j = 0; j < length; j++)
        plan->roots[j] = (ckn_complex){cos(turn * (double)j), sin(turn * (double)j)};
    return CKN_OK;
}

static ckn_complex product(ckn_complex a, ckn_complex b) {
    return (ckn_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* Joins the p transforms of m samples that `out` holds into one of p m samples. */
static void join(const line_plan *plan, size_t p, size_t m, ckn_complex *out) {
    const size_t step = plan->length / (p * m);
    for (size_t k = 0; k < m; k++) {
        for (size_t q = 0; q < p; q++)
            plan->terms[q] = product(out[q * m + k], plan->roots[q * k * step]);
        for (size_t s = 0; s < p; s++) {
            ckn_complex sum = plan->terms[0];
            for (size_t q = 1; q < p; q++) {
                ckn_complex turned =
                    product(plan->terms[q], plan->roots[q * s % p * (plan->length / p)]);
                sum.re += turned.re;
                sum.im += turned.im;
            }
            out[s * m + k] = sum;
        }
    }
}

/* The case p = 2, which most of the work is. */
static void join_two(const line_plan *plan, size_t m, ckn_complex *out) {
    const size_t step = plan->length / (2 * m);
    for (size_t k = 0; k < m; k++) {
        ckn_complex even = out[k], odd = product(out[m + k], plan->roots[k * step]);
        out[k] = (ckn_complex){even.re + odd.re, even.im + odd.im};
        out[m + k] = (ckn_complex){even.re - odd.re, even.im - odd.im};
    }
}

/* Where sample j of a line has to stand so that all parts are dense: its digits, the other way
 * round. */
static size_t reversed(const line_plan *plan, size_t j) {
    size_t position = 0;
    for (size_t i = plan->factors; i-- > 0;) {
        position = position * plan->factor[i] + j % plan->factor[i];
        j /= plan->factor[i];
    }
    return position;
}

static void transform_line(const line_plan *plan, ckn_complex *line) {
    size_t m = 1;
    for (size_t i = 0; i < plan->factors; i++) {
        size_t p = plan->factor[i];
        for (size_t start = 0; start < plan->length; start += p * m) {
            if (p == 2)
                join_two(plan, m, line + start);
            else
                join(plan, p, m, line + start);
        }
        m *= p;
    }
}

/* Where the samples of some lines stand in the plane. */
typedef struct lines {
    size_t count, length, line_stride, sample_stride;
} lines;

static void transform_some(const line_plan *plan, const size_t *order, const lines *some,
                           double scale, ckn_complex *first, ckn_complex *buffer) {
    for (size_t j = 0; j < some->length; j++) {
        for (size_t i = 0; i < some->count; i++)
            buffer[i * some->length + order[j]] =
                first[i * some->line_stride + j * some->sample_stride];
    }
    for (size_t i = 0; i < some->count; i++)
        transform_line(plan, buffer + i * some->length);
    for (size_t j = 0; j < some->length; j++) {
        for (size_t i = 0; i < some->count; i++) {
            ckn_complex z = buffer[i * some->length + j];
            first[i * some->line_stride + j * some->sample_stride] =
                (ckn_complex){scale * z.re, scale * z.im};
        }
    }
}

static ckn_code transform_lines(ckn_complex *plane, const lines *all, bool inverse,
                                ckn_error *error) {
    line_plan plan;
    size_t *order = NULL;
    ckn_complex *buffer = NULL;
    ckn_code code = make_plan(&plan, all->length, inverse, error);
    if (code == CKN_OK)
        code = ckn_allocate(&order, all->length, sizeof *order, "a transform", error);
    if (code == CKN_OK)
        code = ckn_allocate(&buffer, COLUMNS * all->length, sizeof *buffer, "a transform", error);
    if (code == CKN_OK) {
        for (size_t j = 0; j < all->length; j++)
            order[j] = reversed(&plan, j);
        for (size_t i = 0; i < all->count; i += COLUMNS) {
            lines some = *all;
            some.count = all->count - i < COLUMNS ? all->count - i : COLUMNS;
            transform_some(&plan, order, &some, inverse ? 1.0 / (double)all->length : 1.0,
                           plane + i * all->line_stride, buffer);
        }
    }
    release_plan(&plan);
    free(order);
    free(buffer);
    return code;
}

ckn_code ckn_fourier_plane(ckn_complex *plane, ckn_shape shape, bool inverse, ckn_error *error) {
    const lines rows = {shape.rows, shape.cols, shape.cols, 1};
    const lines cols = {shape.cols, shape.rows, 1, shape.cols};
    CKN_TRY(transform_lines(plane, &rows, inverse, error));
    return transform_lines(plane, &cols, inverse, error);
}
