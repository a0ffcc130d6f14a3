/* Normal equations from their equations, a panel at a time: sums of w r r' over rows r of n
 * unknowns and a few further columns, with weights of either sign, at the speed of matrix products.
 */
#ifndef CKN_DENSE_PANEL_H
#define CKN_DENSE_PANEL_H

#include "dense/symmetric.h"

/* What the rows are summed into. Row u = (v, e) of n + m numbers adds w v v' to `matrix`, w e_a v
 * to row a of `border` (m x n) and w e_a e_b to `corner` (m x m, all of it). */
typedef struct ckn_normal_sums {
    ckn_symmetric *matrix;
    double *border, *corner;
    size_t extra; /* m */
} ckn_normal_sums;

typedef struct ckn_panel {
    ckn_normal_sums sums;
    size_t order, extra, capacity, count;
    double sign;
    double *rows, *extras; /* capacity x n and capacity x m */
} ckn_panel;

/* A panel whose rows are added (sign 1) or taken away (-1). Release with ckn_panel_release(), which
 * forgets rows that were not flushed. */
ckn_code ckn_panel_create(ckn_panel *panel, const ckn_normal_sums *sums, double sign,
                          ckn_error *error);
void ckn_panel_release(ckn_panel *panel); /* safe on a zeroed or released one */
/* Room for the next row: the caller fills `*row` (n numbers) and `*extra` (m numbers), each times
 * the root of the weight. A full panel is flushed first. */
ckn_code ckn_panel_next(ckn_panel *panel, double **row, double **extra, ckn_error *error);
ckn_code ckn_panel_flush(ckn_panel *panel, ckn_error *error);

/* Seconds that this many rows of n unknowns take, about. */
double ckn_panel_seconds(double rows, size_t order);

#endif
