/* The scene "shapes": something of everything that a photograph has, so that every frequency of a
 * kernel is seen: slow gradients, edges in all directions, thin bars, points, and fine texture. */
#include "cli/scene.h"

#include "cli/random.h"

#include <math.h>
#include <stdbool.h>

enum { DISCS = 16, BARS = 10, POINTS = 40 };

/* A rectangle with half lengths a, b turned by (cosine, sine), or a disc of radius a. */
typedef struct figure {
    bool disc;
    double row, col, a, b, cosine, sine, value;
} figure;

typedef struct dice {
    uint64_t seed, next;
} dice;

static double throw_between(dice *throws, double low, double high) {
    double u = ckn_random_uniform(throws->seed, CKN_RANDOM_SHAPES, throws->next++);
    return low + (high - low) * u;
}

static double smaller_side(ckn_shape shape) {
    return (double)(shape.rows < shape.cols ? shape.rows : shape.cols);
}

/* How much of the pixel at (row, col) the figure covers, by its signed distance to the edge. */
static double coverage(const figure *shown, double row, double col) {
    double dy = row - shown->row, dx = col - shown->col;
    double distance;
    if (shown->disc) {
        distance = sqrt(dx * dx + dy * dy) - shown->a;
    } else {
        double along = fabs(dx * shown->cosine + dy * shown->sine) - shown->a;
        double across = fabs(dy * shown->cosine - dx * shown->sine) - shown->b;
        distance = fmax(along, across);
    }
    return fmin(fmax(0.5 - distance, 0.0), 1.0);
}

static size_t clamp_index(double position, size_t count) {
    if (position <= 0.0)
        return 0;
    return position >= (double)count ? count : (size_t)position;
}

static void paint(double *plane, ckn_shape shape, const figure *shown) {
    double reach = (shown->disc ? shown->a : shown->a + shown->b) + 1.0;
    size_t row_end = clamp_index(shown->row + reach + 1.0, shape.rows);
    size_t col_end = clamp_index(shown->col + reach + 1.0, shape.cols);
    for (size_t r = clamp_index(shown->row - reach, shape.rows); r < row_end; r++) {
        for (size_t c = clamp_index(shown->col - reach, shape.cols); c < col_end; c++) {
            double *pixel = &plane[r * shape.cols + c];
            *pixel += coverage(shown, (double)r, (double)c) * (shown->value - *pixel);
        }
    }
}

static figure random_figure(dice *throws, ckn_shape shape) {
    figure made = {.disc = true, .cosine = 1.0};
    made.row = throw_between(throws, 0.0, (double)shape.rows);
    made.col = throw_between(throws, 0.0, (double)shape.cols);
    made.value = throw_between(throws, 0.06, 0.94);
    return made;
}

static void paint_discs(double *plane, ckn_shape shape, dice *throws) {
    double unit = smaller_side(shape);
    for (int i = 0; i < DISCS; i++) {
        figure disc = random_figure(throws, shape);
        disc.a = unit * throw_between(throws, 0.02, 0.14);
        paint(plane, shape, &disc);
    }
}

static void paint_bars(double *plane, ckn_shape shape, dice *throws) {
    double unit = smaller_side(shape);
    for (int i = 0; i < BARS; i++) {
        figure bar = random_figure(throws, shape);
        double angle = throw_between(throws, 0.0, 3.141592653589793);
        bar.disc = false;
        bar.cosine = cos(angle);
        bar.sine = sin(angle);
        bar.a = unit * throw_between(throws, 0.08, 0.3);
        bar.b = fmax(unit * throw_between(throws, 0.004, 0.03), 0.7);
        paint(plane, shape, &bar);
    }
}

static void paint_points(double *plane, ckn_shape shape, dice *throws) {
    for (int i = 0; i < POINTS; i++) {
        figure point = random_figure(throws, shape);
        point.a = throw_between(throws, 0.5, 1.6);
        point.value = i % 2 ? 0.94 : 0.06;
        paint(plane, shape, &point);
    }
}

void ckn_scene_draw_shapes(double *plane, ckn_shape shape, uint64_t seed) {
    for (size_t r = 0; r < shape.rows; r++) {
        for (size_t c = 0; c < shape.cols; c++)
            plane[r * shape.cols + c] =
                0.25 + 0.3 * (double)c / (double)shape.cols + 0.2 * (double)r / (double)shape.rows;
    }
    dice throws = {seed, 0};
    paint_discs(plane, shape, &throws);
    paint_bars(plane, shape, &throws);
    paint_points(plane, shape, &throws);
    for (size_t i = 0; i < ckn_shape_count(shape); i++)
        plane[i] += 0.1 * (ckn_random_uniform(seed, CKN_RANDOM_TEXTURE, i) - 0.5);
}
