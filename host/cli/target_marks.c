/* The marks in the corners. Each looks the same when it is turned by half a turn, so that its
 * centre of mass is its centre, and blur leaves it there. */
#include "cli/target.h"

#include <math.h>

/* Samples along each side of a pixel, for smooth edges. */
#define FINE 8

/* Whether the mark is black at (y, x), in units of its radius from its centre. */
typedef bool (*mark_shape)(double y, double x);

static bool is_target_ring(double y, double x) {
    double radius = hypot(x, y);
    return radius < 0.4 || (radius > 0.7 && radius < 1.0);
}

static bool is_ring(double y, double x) {
    double radius = hypot(x, y);
    return radius > 0.5 && radius < 1.0;
}

static bool is_disc(double y, double x) {
    return hypot(x, y) < 1.0;
}

static bool is_bow(double y, double x) {
    return hypot(x, y) < 1.0 && (x < 0.0) == (y < 0.0);
}

typedef struct mark {
    const char *corner, *name;
    mark_shape is_black;
} mark;

static const mark marks[CKN_TARGET_MARKS] = {
    {"top left", "disc in a ring", is_target_ring},
    {"top right", "ring", is_ring},
    {"bottom left", "disc", is_disc},
    {"bottom right", "two quarters of a disc", is_bow},
};

/* How much of the pixel is black. */
static double coverage(const mark *drawn, ckn_target_place centre, double radius, size_t row,
                       size_t col) {
    size_t count = 0;
    for (size_t i = 0; i < FINE; i++) {
        for (size_t j = 0; j < FINE; j++) {
            double y = (double)row - 0.5 + ((double)i + 0.5) / FINE - centre.row;
            double x = (double)col - 0.5 + ((double)j + 0.5) / FINE - centre.col;
            count += drawn->is_black(y / radius, x / radius);
        }
    }
    return (double)count / (FINE * FINE);
}

static void draw_mark(const mark *drawn, ckn_target_place centre, double radius, ckn_shape size,
                      double *plane) {
    /* Marks lie within the margin, so these stay within the picture. */
    size_t first_row = (size_t)(centre.row - radius), last_row = (size_t)(centre.row + radius + 1);
    size_t first_col = (size_t)(centre.col - radius), last_col = (size_t)(centre.col + radius + 1);
    for (size_t r = first_row; r <= last_row; r++) {
        for (size_t c = first_col; c <= last_col; c++)
            plane[r * size.cols + c] -= coverage(drawn, centre, radius, r, c);
    }
}

void ckn_target_draw_marks(const ckn_target_layout *layout, ckn_shape size, double *plane) {
    for (size_t i = 0; i < CKN_TARGET_MARKS; i++)
        draw_mark(&marks[i], layout->marks[i], layout->radius, size, plane);
}

const char *ckn_target_mark_corner(size_t index) {
    return marks[index].corner;
}

const char *ckn_target_mark_name(size_t index) {
    return marks[index].name;
}
