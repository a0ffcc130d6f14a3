/* Kernels of one tap or of 3x3 are sums of a few taps times numbers: the best ones at every place
 * of the window follow from the entries of G and b at nine taps, for next to nothing. */
#include "estimate/family_search.h"
#include "estimate/family_signed.h"

#include <math.h>
#include <string.h>

enum {
    NINE = 9,
    CENTRE = 4,
    MOST_PARTS = 3,
    PLACES = 2 /* row and column of a stencil's centre */
};

/* G and G g at the nine taps round one, zero outside the window. */
typedef struct spot {
    double gram[NINE][NINE], product[NINE];
} spot;

static bool tap_of(const ckn_family_search *search, size_t centre, int i, size_t *tap) {
    const size_t row = centre / search->shape.cols + (size_t)(i / 3) - 1;
    const size_t col = centre % search->shape.cols + (size_t)(i % 3) - 1;
    *tap = row * search->shape.cols + col;
    return row < search->shape.rows && col < search->shape.cols; /* wraps below 0 */
}

static void look(const ckn_family_search *search, size_t centre, spot *s) {
    memset(s, 0, sizeof *s);
    for (int i = 0; i < NINE; i++) {
        size_t a, b;
        if (!tap_of(search, centre, i, &a))
            continue;
        s->product[i] = search->data.product[a];
        for (int j = 0; j < NINE; j++) {
            if (tap_of(search, centre, j, &b))
                s->gram[i][j] = *ckn_symmetric_at(search->data.gram, a, b);
        }
    }
}

static double form(const spot *s, const double *left, const double *right) {
    double sum = 0;
    for (int i = 0; i < NINE; i++) {
        for (int j = 0; j < NINE && left[i] != 0; j++)
            sum += left[i] * s->gram[i][j] * right[j];
    }
    return sum;
}

static double along(const spot *s, const double *part) {
    double sum = 0;
    for (int i = 0; i < NINE; i++)
        sum += part[i] * s->product[i];
    return sum;
}

/* What `count` parts take of the signal: rhs' A^-1 rhs, by elimination. */
static double taken(double a[MOST_PARTS][MOST_PARTS], double rhs[MOST_PARTS], int count) {
    double sum = 0;
    for (int k = 0; k < count; k++) {
        if (!(a[k][k] > 0))
            return 0;
        sum += rhs[k] * rhs[k] / a[k][k];
        for (int i = k + 1; i < count; i++) {
            const double factor = a[i][k] / a[k][k];
            for (int j = k; j < count; j++)
                a[i][j] -= factor * a[k][j];
            rhs[i] -= factor * rhs[k];
        }
    }
    return sum;
}

/* Parts of the stencils, from the centre alone on; *eighths is the direction of a difference. */
static int list_stencil(ckn_stencil stencil, int eighths, double parts[MOST_PARTS][NINE]) {
    memset(parts, 0, MOST_PARTS * sizeof *parts);
    parts[0][CENTRE] = 1;
    if (stencil < CKN_STENCIL_CENTRAL) {
        ckn_stencil_laplacian(stencil, parts[1]);
        return 2;
    }
    const double angle = 0.78539816339744831 * eighths;
    ckn_stencil_derivative(stencil, cos(angle), sin(angle), parts[1]);
    if (stencil == CKN_STENCIL_DIFFERENCE)
        return 2;
    ckn_stencil_derivative(stencil, 0, 1, parts[2]);
    return 3;
}

/* The best place and variant of a family. */
typedef struct best_stencil {
    double taken;
    size_t centre;
    ckn_stencil stencil;
    int eighths;
} best_stencil;

/* A difference of two taps has the sum 0: the centre by itself is no part of it. */
static double try_stencil(const spot *s, ckn_stencil stencil, int eighths) {
    double parts[MOST_PARTS][NINE], a[MOST_PARTS][MOST_PARTS], rhs[MOST_PARTS];
    int count = list_stencil(stencil, eighths, parts);
    const int first = stencil == CKN_STENCIL_DIFFERENCE ? 1 : 0;
    count -= first;
    for (int i = 0; i < count; i++) {
        rhs[i] = along(s, parts[i + first]);
        for (int j = 0; j < count; j++)
            a[i][j] = form(s, parts[i + first], parts[j + first]);
    }
    return taken(a, rhs, count);
}

static void update(const spot *s, size_t centre, ckn_stencil stencil, int eighths,
                   best_stencil *best) {
    const double own = try_stencil(s, stencil, eighths);
    if (own > best->taken)
        *best = (best_stencil){own, centre, stencil, eighths};
}

static ckn_code minimise(ckn_family_search *search, ckn_family family, const best_stencil *best,
                         ckn_error *error) {
    ckn_family_model model = ckn_family_search_model(search, family, best->stencil);
    if (best->taken == 0)
        return CKN_OK;
    const size_t row = best->centre / search->shape.cols, col = best->centre % search->shape.cols;
    model.theta[CKN_MODEL_X] = (double)col;
    model.theta[CKN_MODEL_Y] = (double)row;
    if (best->stencil == CKN_STENCIL_DIFFERENCE) {
        model.theta[CKN_MODEL_AMOUNT + 1] = best->eighths;
        if (!search->gain_is_one) {
            model.free[CKN_MODEL_GAIN] = false;
            model.theta[CKN_MODEL_GAIN] = 0;
        }
    }
    return ckn_family_search_try(search, &model, 1, PLACES, error);
}

ckn_code ckn_family_search_stencils(ckn_family_search *search, ckn_error *error) {
    best_stencil laplacian = {0}, derivative = {0};
    for (size_t centre = 0; centre < search->data.taps; centre++) {
        spot s;
        look(search, centre, &s);
        for (int stencil = CKN_STENCIL_CROSS; stencil <= CKN_STENCIL_DIAGONAL; stencil++)
            update(&s, centre, (ckn_stencil)stencil, 0, &laplacian);
        for (int stencil = CKN_STENCIL_CENTRAL; stencil <= CKN_STENCIL_SCHARR; stencil++)
            update(&s, centre, (ckn_stencil)stencil, 0, &derivative);
        for (int eighths = -3; eighths <= 4; eighths++)
            update(&s, centre, CKN_STENCIL_DIFFERENCE, eighths, &derivative);
    }
    CKN_TRY(minimise(search, CKN_FAMILY_LAPLACIAN, &laplacian, error));
    return minimise(search, CKN_FAMILY_DERIVATIVE, &derivative, error);
}

/* A whole one by the sweep, and one between taps from the centre of the kernel. */
ckn_code ckn_family_search_displacement(ckn_family_search *search, ckn_error *error) {
    ckn_family_model model = ckn_family_search_model(search, CKN_FAMILY_DISPLACEMENT, 0);
    ckn_family_model whole = model;
    double most = -1;
    for (size_t tap = 0; tap < search->data.taps; tap++) {
        const double diagonal = *ckn_symmetric_at(search->data.gram, tap, tap);
        const double product = search->data.product[tap];
        const double own = diagonal > 0 ? product * fabs(product) / diagonal : 0;
        if (own > most) {
            most = own;
            const size_t row = tap / search->shape.cols, col = tap % search->shape.cols;
            whole.theta[CKN_MODEL_X] = (double)col;
            whole.theta[CKN_MODEL_Y] = (double)row;
        }
    }
    whole.free[CKN_MODEL_X] = whole.free[CKN_MODEL_Y] = false;
    CKN_TRY(ckn_family_search_try(search, &whole, 1, 1, error));
    model.theta[CKN_MODEL_X] = search->x;
    model.theta[CKN_MODEL_Y] = search->y;
    return ckn_family_search_try(search, &model, 1, 0, error);
}
