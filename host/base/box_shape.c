#include "base/box_shape.h"

#include <math.h>

ckn_box_shape ckn_box_shape_of(double variance) {
    /* Far more than any limit, but no overflow. */
    double l = fmin(floor(0.5 * sqrt(12 * variance + 1) - 0.5), 1e15);
    /* fmax: where l(l+1) = 3v exactly, rounding may leave -1e-17. */
    double alpha =
        fmax(0, (2 * l + 1) * (l * (l + 1) - 3 * variance) / (6 * (variance - (l + 1) * (l + 1))));
    return (ckn_box_shape){l, alpha, 2 * l + 1 + 2 * alpha};
}
