#include "dense/panel.h"

#include "base/memory.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of a panel: enough to keep the products busy, little enough for the caches. */
enum { NUMBERS = 1 << 19, FEWEST_ROWS = 64, MOST_ROWS = 4096 };

ckn_code ckn_panel_create(ckn_panel *panel, const ckn_normal_sums *sums, double sign,
                          ckn_error *error) {
    static const char what[] = "the equations of weighted samples";
    const size_t order = sums->matrix->order, fit = NUMBERS / order;
    *panel = (ckn_panel){.sums = *sums, .order = order, .extra = sums->extra, .sign = sign};
    panel->capacity = fit < FEWEST_ROWS ? FEWEST_ROWS : fit > MOST_ROWS ? MOST_ROWS : fit;
    CKN_TRY(ckn_allocate(&panel->rows, order, panel->capacity * sizeof(double), what, error));
    ckn_code code =
        ckn_allocate(&panel->extras, panel->capacity, panel->extra * sizeof(double), what, error);
    if (code != CKN_OK)
        ckn_panel_release(panel);
    return code;
}

void ckn_panel_release(ckn_panel *panel) {
    free(panel->rows);
    free(panel->extras);
    memset(panel, 0, sizeof *panel);
}

ckn_code ckn_panel_next(ckn_panel *panel, double **row, double **extra, ckn_error *error) {
    if (panel->count == panel->capacity)
        CKN_TRY(ckn_panel_flush(panel, error));
    *row = panel->rows + panel->count * panel->order;
    *extra = panel->extras + panel->count * panel->extra;
    panel->count++;
    return CKN_OK;
}

ckn_code ckn_panel_flush(ckn_panel *panel, ckn_error *error) {
    const int n = (int)panel->order, m = (int)panel->extra, count = (int)panel->count;
    if (count == 0)
        return CKN_OK;
    CKN_TRY(
        ckn_symmetric_update(panel->sums.matrix, panel->sign, panel->rows, panel->count, error));
    if (m > 0) {
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, count, panel->sign,
                    panel->extras, m, panel->rows, n, 1, panel->sums.border, n);
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, m, count, panel->sign,
                    panel->extras, m, panel->extras, m, 1, panel->sums.corner, m);
    }
    panel->count = 0;
    return CKN_OK;
}

double ckn_panel_seconds(double rows, size_t order) {
    /* Measured on two cores at 2.1 GHz: products of panels, and filling them. */
    static const double seconds_per_product = 1 / 16e9, seconds_per_number = 1e-9;
    const double n = (double)order;
    return rows * n * (0.5 * (n + 1) * seconds_per_product + seconds_per_number);
}
