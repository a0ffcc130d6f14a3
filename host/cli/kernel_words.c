#include "cli/kernel_words.h"

#include <math.h>
#include <stdio.h>

#define MOST_NEGATIVE 0.05

const char *ckn_cli_figure_text(double value, int digits, char *text, size_t size) {
    if (isfinite(value))
        snprintf(text, size, "%.*f", digits, value);
    else
        snprintf(text, size, "undefined");
    return text;
}

static bool is_end(size_t index, size_t count) {
    return count > 2 && (index == 0 || index == count - 1);
}

double ckn_cli_border_part(const ckn_view *kernel) {
    double border = 0.0, all = 0.0;
    for (size_t r = 0; r < kernel->rows; r++) {
        for (size_t c = 0; c < kernel->cols; c++) {
            double size = fabs(ckn_view_at(kernel, r, c));
            all += size;
            if (is_end(r, kernel->rows) || is_end(c, kernel->cols))
                border += size;
        }
    }
    return all > 0.0 ? border / all : 0.0;
}

double ckn_cli_border_excess(const ckn_view *kernel, const ckn_view *errors) {
    double sum = 0.0;
    size_t count = 0;
    for (size_t r = 0; r < kernel->rows; r++) {
        for (size_t c = 0; c < kernel->cols; c++) {
            if (!is_end(r, kernel->rows) && !is_end(c, kernel->cols))
                continue;
            double ratio = ckn_view_at(kernel, r, c) / ckn_view_at(errors, r, c);
            sum += ratio * ratio;
            count++;
        }
    }
    return count > 0 ? sum / (double)count : (double)NAN;
}

bool ckn_cli_is_signed_kernel(const ckn_view *kernel) {
    double negative = 0.0, all = 0.0;
    for (size_t r = 0; r < kernel->rows; r++) {
        for (size_t c = 0; c < kernel->cols; c++) {
            double tap = ckn_view_at(kernel, r, c);
            all += fabs(tap);
            negative += tap < 0.0 ? -tap : 0.0;
        }
    }
    return negative > MOST_NEGATIVE * all;
}
