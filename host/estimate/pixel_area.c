#include "estimate/pixel_area.h"

#include <math.h>
#include <stddef.h>

#define HALF_DIAGONAL 0.70710678118654757

/* Integral of sqrt(r^2 - u^2) from 0 to u, for 0 <= u <= r. */
static double under_circle(double r, double u) {
    return 0.5 * (u * sqrt(fmax(0, r * r - u * u)) + r * r * asin(fmin(1, u / r)));
}

/* Area of the disc within [0, x] times [0, y]; odd in x and in y, so that differences give the area
 * within any rectangle. */
static double quadrant(double r, double x, double y) {
    const double sign = (x < 0) != (y < 0) ? -1 : 1;
    x = fmin(fabs(x), r);
    y = fmin(fabs(y), r);
    if (x * x + y * y <= r * r)
        return sign * x * y;
    const double corner = sqrt(fmax(0, r * r - y * y)); /* where the circle meets the upper side */
    return sign * (corner * y + under_circle(r, x) - under_circle(r, corner));
}

double ckn_pixel_area_disc(double radius, double x, double y) {
    const double distance = hypot(x, y);
    if (distance >= radius + HALF_DIAGONAL)
        return 0;
    if (distance <= radius - HALF_DIAGONAL)
        return 1;
    const double left = x - 0.5, right = x + 0.5, top = y - 0.5, bottom = y + 0.5;
    const double area = quadrant(radius, right, bottom) - quadrant(radius, left, bottom) -
                        quadrant(radius, right, top) + quadrant(radius, left, top);
    return fmin(1, fmax(0, area));
}

typedef struct point {
    double u, v;
} point;

/* A square cut by four straight lines has at most 8 corners. */
enum { MOST_CORNERS = 8 };

/* Distance of a corner to the inner side of the line number `side` of |u| <= half, |v| <= 1/2. */
static double inside(point p, int side, double half) {
    switch (side) {
    case 0:
        return half - p.u;
    case 1:
        return half + p.u;
    case 2:
        return 0.5 - p.v;
    default:
        return 0.5 + p.v;
    }
}

/* Cuts a convex polygon along one line; returns the number of corners that are left. */
static size_t cut(const point *corners, size_t count, int side, double half, point *out) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const point p = corners[i], q = corners[(i + 1) % count];
        const double a = inside(p, side, half), b = inside(q, side, half);
        if (a >= 0)
            out[kept++] = p;
        if ((a >= 0) != (b >= 0)) {
            const double t = a / (a - b);
            out[kept++] = (point){p.u + t * (q.u - p.u), p.v + t * (q.v - p.v)};
        }
    }
    return kept;
}

static double polygon_area(const point *corners, size_t count) {
    double twice = 0;
    for (size_t i = 1; i + 1 < count; i++)
        twice += (corners[i].u - corners[0].u) * (corners[i + 1].v - corners[0].v) -
                 (corners[i + 1].u - corners[0].u) * (corners[i].v - corners[0].v);
    return 0.5 * fabs(twice);
}

double ckn_pixel_area_line(double length, double cosine, double sine, double x, double y) {
    const double half = 0.5 * length;
    const double u = x * cosine + y * sine, v = y * cosine - x * sine;
    if (fabs(u) >= half + HALF_DIAGONAL || fabs(v) >= 0.5 + HALF_DIAGONAL)
        return 0;
    /* The pixel in the line's own coordinates. */
    const double a = 0.5 * (cosine + sine), b = 0.5 * (cosine - sine);
    point one[MOST_CORNERS] = {{u + a, v + b}, {u - b, v + a}, {u - a, v - b}, {u + b, v - a}};
    point other[MOST_CORNERS];
    size_t count = 4;
    for (int side = 0; side < 4 && count > 0; side += 2) {
        count = cut(one, count, side, half, other);
        count = cut(other, count, side + 1, half, one);
    }
    return polygon_area(one, count);
}

double ckn_pixel_length(double half, double x) {
    return fmax(0, fmin(x + 0.5, half) - fmax(x - 0.5, -half));
}
