#include "cli/report/hatch.h"

#include <stddef.h>

enum { PERIOD = 9, STRIPE = 3 }; /* pixels */

void ckn_hatch(uint32_t *pixels, const double *masked, ckn_shape shape, uint32_t dark,
               uint32_t light) {
    for (size_t row = 0; row < shape.rows; row++)
        for (size_t col = 0; col < shape.cols; col++) {
            size_t i = row * shape.cols + col;
            if (!(masked[i] < 0.1))
                pixels[i] = (row + col) % PERIOD < STRIPE ? dark : light;
        }
}
