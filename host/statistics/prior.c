#include "statistics/prior.h"

#include <stdint.h>

/* One half of a symmetric stencil: an entry stands for its mirror image too. */
typedef struct stencil_entry {
    size_t down;     /* rows */
    ptrdiff_t right; /* columns; not negative where down is 0 */
    double weight;
} stencil_entry;

enum { MOST_ENTRIES = 7 };

typedef struct stencil {
    size_t count;
    stencil_entry entries[MOST_ENTRIES]; /* the centre first */
} stencil;

static const stencil ridge = {1, {{0, 0, 1}}};
static const stencil smooth1 = {3, {{0, 0, 4}, {0, 1, -1}, {1, 0, -1}}};
static const stencil smooth2 = {
    7, {{0, 0, 20}, {0, 1, -8}, {1, 0, -8}, {1, 1, 2}, {1, -1, 2}, {0, 2, 1}, {2, 0, 1}}};

static const stencil *find(ckn_prior prior) {
    switch (prior) {
    case CKN_PRIOR_RIDGE:
        return &ridge;
    case CKN_PRIOR_SMOOTH1:
        return &smooth1;
    case CKN_PRIOR_SMOOTH2:
        return &smooth2;
    default:
        return NULL;
    }
}

const char *ckn_prior_name(ckn_prior prior) {
    static const char *const names[] = {"none", "ridge", "smooth1", "smooth2", "l1", "tv", "auto"};
    return (unsigned)prior < sizeof names / sizeof names[0] ? names[prior] : "unknown";
}

bool ckn_prior_is_quadratic(ckn_prior prior) {
    return find(prior) != NULL;
}

size_t ckn_prior_entries(ckn_prior prior, ckn_shape kernel) {
    const stencil *own = find(prior);
    return own ? own->count * ckn_shape_count(kernel) : 0;
}

/* The tap that `entry` leads to from (row, col); false where it lies outside. */
static bool follow(const stencil_entry *entry, ckn_shape kernel, size_t row, size_t col,
                   size_t *tap) {
    const ptrdiff_t to_col = (ptrdiff_t)col + entry->right;
    const size_t to_row = row + entry->down;
    if (to_row >= kernel.rows || to_col < 0 || (size_t)to_col >= kernel.cols)
        return false;
    *tap = to_row * kernel.cols + (size_t)to_col;
    return true;
}

/* Calls `visit` for every entry of P on and below the diagonal, in one fixed order. */
typedef void (*visitor)(void *user, size_t row, size_t col, double entry);

static void visit_all(ckn_prior prior, ckn_shape kernel, visitor visit, void *user) {
    const stencil *own = find(prior);
    for (size_t tap = 0; own && tap < ckn_shape_count(kernel); tap++) {
        for (size_t n = 0; n < own->count; n++) {
            size_t other = 0;
            if (follow(&own->entries[n], kernel, tap / kernel.cols, tap % kernel.cols, &other))
                visit(user, other, tap, own->entries[n].weight);
        }
    }
}

typedef struct change {
    ckn_symmetric *matrix;
    double weight;
    double *kept;
    const double *restored;
    size_t count;
} change;

static void add_entry(void *user, size_t row, size_t col, double entry) {
    change *own = user;
    double *place = ckn_symmetric_at(own->matrix, row, col);
    own->kept[own->count++] = *place;
    *place += own->weight * entry;
}

static void restore_entry(void *user, size_t row, size_t col, double entry) {
    change *own = user;
    (void)entry;
    *ckn_symmetric_at(own->matrix, row, col) = own->restored[own->count++];
}

void ckn_prior_add(ckn_symmetric *matrix, ckn_prior prior, ckn_shape kernel, double weight,
                   double *kept) { /* NOLINT(readability-non-const-parameter): add_entry() writes */
    change own = {.matrix = matrix, .weight = weight, .kept = kept};
    visit_all(prior, kernel, add_entry, &own);
}

void ckn_prior_remove(ckn_symmetric *matrix, ckn_prior prior, ckn_shape kernel,
                      const double *kept) {
    change own = {.matrix = matrix, .restored = kept};
    visit_all(prior, kernel, restore_entry, &own);
}

typedef struct product {
    const double *v;
    double *out;
} product;

static void multiply_entry(void *user, size_t row, size_t col, double entry) {
    const product *own = user;
    own->out[row] += entry * own->v[col];
    if (row != col)
        own->out[col] += entry * own->v[row];
}

void ckn_prior_apply(ckn_prior prior, ckn_shape kernel, const double *v, double *out) {
    product own = {v, out};
    for (size_t tap = 0; tap < ckn_shape_count(kernel); tap++)
        out[tap] = 0;
    visit_all(prior, kernel, multiply_entry, &own);
}

typedef struct form {
    const double *v;
    const size_t *order;
    const ckn_symmetric *matrix;
    double sum;
} form;

static void add_product(void *user, size_t row, size_t col, double entry) {
    form *own = user;
    own->sum += (row == col ? 1 : 2) * entry * own->v[row] * own->v[col];
}

double ckn_prior_value(ckn_prior prior, ckn_shape kernel, const double *v) {
    form own = {.v = v};
    visit_all(prior, kernel, add_product, &own);
    return own.sum;
}

static void add_trace(void *user, size_t row, size_t col, double entry) {
    form *own = user;
    const size_t i = own->order[row], j = own->order[col];
    if (i != SIZE_MAX && j != SIZE_MAX)
        own->sum += (row == col ? 1 : 2) * entry * *ckn_symmetric_at(own->matrix, i, j);
}

double ckn_prior_trace(ckn_prior prior, ckn_shape kernel, const size_t *order,
                       const ckn_symmetric *matrix) {
    form own = {.order = order, .matrix = matrix};
    visit_all(prior, kernel, add_trace, &own);
    return own.sum;
}
