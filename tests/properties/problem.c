#include "properties/problem.h"

#include "support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kind_names[KINDS] = {
    "plain",    "pedestal 1e3",      "pedestal 1e6",     "tiny",   "huge",
    "denormal", "one bright sample", "mixed magnitudes", "sparse", "integer"};
static const char *const mode_names[MODES] = {"exact", "nnls", "simplex", "auto", "robust"};
static const char *const mask_names[MASKS] = {"no mask", "mask", "mask of sharp", "weights"};

static size_t draw(uint64_t *state, size_t low, size_t high) {
    const size_t count = high - low + 1;
    return count ? low + (size_t)(ckn_test_random(state) % count) : low;
}

static bool happens(uint64_t *state, double probability) {
    return ckn_test_uniform(state, 0, 1) < probability;
}

/* Irwin-Hall: the sum of twelve uniform numbers, near enough to a normal one. */
static double draw_normal(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += ckn_test_uniform(state, 0, 1);
    return sum;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static void draw_shapes(problem *made, uint64_t *state) {
    bool large = happens(state, 0.15);
    for (int axis = 0; axis < 2; axis++) {
        size_t *side = axis ? &made->x_shape.cols : &made->x_shape.rows;
        *side = large ? draw(state, 30, 90) : draw(state, 1, 25);
    }
    made->h_shape.rows = smaller(made->x_shape.rows, draw(state, 1, 9));
    made->h_shape.cols = smaller(made->x_shape.cols, draw(state, 1, 9));
    if (happens(state, 0.05))
        made->x_shape = made->h_shape; /* one sample of y */
    made->y_shape = ckn_shape_valid(made->x_shape, made->h_shape);
}

static double draw_sample(problem_kind kind, uint64_t *state) {
    double unit = ckn_test_uniform(state, 0, 1);
    switch (kind) {
    case KIND_PEDESTAL_1E3:
        return unit + 1e3;
    case KIND_PEDESTAL_1E6:
        return unit + 1e6;
    case KIND_TINY:
        return unit * 1e-30;
    case KIND_HUGE:
        return unit * 1e30;
    case KIND_DENORMAL:
        return unit * 1e-40;
    case KIND_MIXED:
        return unit * pow(10, (double)draw(state, 0, 12) - 6);
    case KIND_SPARSE:
        return happens(state, 0.1) ? unit : 0;
    case KIND_INTEGER:
        return round(unit * 255);
    default:
        return unit;
    }
}

static double rounded(ckn_type type, double value) {
    return type == CKN_FLOAT32 ? (double)(float)value : value;
}

static void draw_sharp(problem *made, uint64_t *state) {
    size_t count = ckn_shape_count(made->x_shape);
    made->x = ckn_test_array(count);
    if (made->kind == KIND_POINT)
        made->x[draw(state, 0, count - 1)] = 1;
    for (size_t i = 0; i < count && made->kind != KIND_POINT; i++)
        made->x[i] = rounded(made->type, draw_sample(made->kind, state));
}

/* A random kernel, signed in two problems of five. */
static double *draw_kernel(const problem *made, uint64_t *state) {
    size_t taps = ckn_shape_count(made->h_shape);
    double *h = ckn_test_array(taps);
    bool is_signed = happens(state, 0.4);
    for (size_t i = 0; i < taps; i++)
        h[i] = is_signed ? draw_normal(state) : ckn_test_uniform(state, 0, 2) / (double)taps;
    return h;
}

static double deviation(const double *values, size_t count) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        square += (values[i] - mean) * (values[i] - mean) / (double)count;
    return sqrt(square);
}

/* y = h * x over the valid support, by the definition, and noise. */
static void blur(problem *made, const double *h, uint64_t *state) {
    const ckn_shape x = made->x_shape, k = made->h_shape, y = made->y_shape;
    made->y = ckn_test_array(ckn_shape_count(y));
    for (size_t p = 0; p < ckn_shape_count(y); p++) {
        long double sum = 0;
        for (size_t t = 0; t < ckn_shape_count(k); t++) {
            size_t row = p / y.cols + k.rows - 1 - t / k.cols;
            size_t col = p % y.cols + k.cols - 1 - t % k.cols;
            sum += (long double)h[t] * made->x[row * x.cols + col];
        }
        made->y[p] = (double)sum;
    }
    double sigma = made->noise * deviation(made->y, ckn_shape_count(y));
    for (size_t p = 0; p < ckn_shape_count(y); p++)
        made->y[p] = rounded(made->type, made->y[p] + sigma * draw_normal(state));
}

/* Room for a plane in one of several layouts, all else in it NaN; *view describes the plane. */
static void *lay_out(ckn_view *view, ckn_type type, ckn_shape shape, uint64_t *state) {
    const ptrdiff_t rows = (ptrdiff_t)shape.rows, cols = (ptrdiff_t)shape.cols;
    const size_t room = 3 * (shape.rows + 3) * (shape.cols + 5);
    const size_t size = type == CKN_FLOAT32 ? sizeof(float) : sizeof(double);
    double *memory = ckn_test_array(room); /* as large as either type needs */
    for (size_t i = 0; i < room; i++) {
        if (type == CKN_FLOAT32)
            ((float *)memory)[i] = NAN;
        else
            memory[i] = (double)NAN;
    }
    ptrdiff_t start = 0, row_stride = cols, col_stride = 1;
    switch (draw(state, 0, 5)) {
    case 1: /* a channel of an interleaved image */
        start = 1, row_stride = 3 * cols, col_stride = 3;
        break;
    case 2: /* columns are dense */
        row_stride = 1, col_stride = rows;
        break;
    case 3: /* a part of a larger one */
        start = 2 * (cols + 5) + 4, row_stride = cols + 5;
        break;
    case 4: /* turned by half a turn */
        start = rows * cols - 1, row_stride = -cols, col_stride = -1;
        break;
    case 5: /* upside down */
        start = (rows - 1) * cols, row_stride = -cols;
        break;
    default:
        break;
    }
    *view = (ckn_view){(char *)memory + start * (ptrdiff_t)size,
                       type,
                       shape.rows,
                       shape.cols,
                       row_stride,
                       col_stride};
    return memory;
}

static void put(const ckn_view *view, size_t row, size_t col, double value) {
    ptrdiff_t at = (ptrdiff_t)row * view->row_stride + (ptrdiff_t)col * view->col_stride;
    if (view->type == CKN_FLOAT32)
        ((float *)view->data)[at] = (float)value;
    else
        ((double *)view->data)[at] = value;
}

/* A view of a dense plane, or of one of `outer` size that holds it from (top, left) on, and
 * `beyond` around it. */
static void *show(ckn_view *view, ckn_type type, const double *plane, ckn_shape inner,
                  ckn_shape outer, size_t top, size_t left, double beyond, uint64_t *state) {
    void *memory = lay_out(view, type, outer, state);
    for (size_t row = 0; row < outer.rows; row++) {
        for (size_t col = 0; col < outer.cols; col++) {
            bool inside = row - top < inner.rows && col - left < inner.cols;
            put(view, row, col, inside ? plane[(row - top) * inner.cols + col - left] : beyond);
        }
    }
    return memory;
}

/* What of y sees sample (row, col) of x. */
static void leave_out_windows(problem *made, size_t row, size_t col) {
    const ckn_shape y = made->y_shape, k = made->h_shape;
    for (size_t p = 0; p < y.rows; p++) {
        for (size_t q = 0; q < y.cols; q++) {
            if (row >= p && row < p + k.rows && col >= q && col < q + k.cols)
                made->weights[p * y.cols + q] = 0;
        }
    }
}

static void draw_weights(problem *made, ckn_shape outer, uint64_t *state) {
    const size_t top = outer.rows == made->y_shape.rows ? 0 : made->h_shape.rows / 2;
    const size_t left = outer.cols == made->y_shape.cols ? 0 : made->h_shape.cols / 2;
    const size_t count = ckn_shape_count(made->y_shape), of_x = ckn_shape_count(made->x_shape);
    made->weights = ckn_test_array(count);
    for (size_t i = 0; i < count; i++)
        made->weights[i] = made->mask == MASK_WEIGHTS   ? ckn_test_uniform(state, 0.5, 2)
                           : made->mask == MASK_BLURRED ? !happens(state, 0.2)
                                                        : 1;
    if (made->mask == MASK_SHARP) {
        double *kept = ckn_test_array(of_x);
        for (size_t i = 0; i < of_x; i++)
            kept[i] = 1;
        for (size_t i = 0; i < 1 + of_x / 200; i++)
            kept[draw(state, 0, of_x - 1)] = 0;
        for (size_t i = 0; i < of_x; i++) {
            if (kept[i] == 0)
                leave_out_windows(made, i / made->x_shape.cols, i % made->x_shape.cols);
        }
        made->memory[2] = show(&made->pair.sharp_weights, CKN_FLOAT32, kept, made->x_shape,
                               made->x_shape, 0, 0, 0, state);
        free(kept);
    } else if (made->mask != MASK_NONE) {
        made->memory[3] = show(&made->pair.blurred_weights, CKN_FLOAT64, made->weights,
                               made->y_shape, outer, top, left, 1, state);
    }
}

static void describe(problem *made, bool same) {
    snprintf(made->text, sizeof made->text,
             "problem %llu: %s, %s, %zux%zu, kernel %zux%zu, %s, %s, noise %g, %s",
             (unsigned long long)made->seed, mode_names[made->mode], kind_names[made->kind],
             made->x_shape.rows, made->x_shape.cols, made->h_shape.rows, made->h_shape.cols,
             made->type == CKN_FLOAT32 ? "float32" : "float64", mask_names[made->mask], made->noise,
             same ? "same" : "valid");
}

problem problem_make(uint64_t seed) {
    static const double noises[] = {0, 0, 1e-3, 0.05};
    uint64_t state = seed * 7919 + 1;
    problem made = {.seed = seed};
    made.kind = (problem_kind)draw(&state, 0, KINDS - 1);
    made.mode = (problem_mode)draw(&state, 0, MODES - 1);
    made.mask = happens(&state, 0.6) ? MASK_NONE : (problem_mask)draw(&state, 1, MASKS - 1);
    made.type = happens(&state, 0.6) && made.kind != KIND_PEDESTAL_1E6 ? CKN_FLOAT32 : CKN_FLOAT64;
    made.noise = noises[draw(&state, 0, 3)];
    draw_shapes(&made, &state);
    draw_sharp(&made, &state);
    double *h = draw_kernel(&made, &state);
    blur(&made, h, &state);
    free(h);
    /* A blurred image of the sharp one's size: what lies outside of the valid part is not used. */
    bool same = happens(&state, 0.3);
    ckn_shape outer = same ? made.x_shape : made.y_shape;
    size_t top = same ? made.h_shape.rows / 2 : 0, left = same ? made.h_shape.cols / 2 : 0;
    made.memory[0] =
        show(&made.pair.sharp, made.type, made.x, made.x_shape, made.x_shape, 0, 0, 0, &state);
    made.memory[1] =
        show(&made.pair.blurred, made.type, made.y, made.y_shape, outer, top, left, 7, &state);
    draw_weights(&made, outer, &state);
    describe(&made, same);
    return made;
}

void problem_release(problem *made) {
    for (size_t i = 0; i < 4; i++)
        free(made->memory[i]);
    free(made->x);
    free(made->y);
    free(made->weights);
    *made = (problem){0};
}

ckn_estimate_options problem_options(const problem *made) {
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = made->h_shape.rows;
    options.kernel_cols = made->h_shape.cols;
    options.robust = made->mode == MODE_ROBUST;
    if (made->mode == MODE_AUTO || made->mode == MODE_ROBUST)
        return options;
    options.background = CKN_BACKGROUND_NONE;
    options.prior = CKN_PRIOR_NONE;
    options.solver = made->mode == MODE_EXACT ? CKN_SOLVER_EXACT : CKN_SOLVER_NNLS;
    options.constraint = made->mode == MODE_EXACT  ? CKN_CONSTRAINT_NONE
                         : made->mode == MODE_NNLS ? CKN_CONSTRAINT_NONNEG
                                                   : CKN_CONSTRAINT_SIMPLEX;
    return options;
}
