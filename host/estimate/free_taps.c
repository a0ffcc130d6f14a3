#include "estimate/free_taps.h"

#include "base/memory.h"
#include "dense/cholesky.h"

#include <stdint.h>
#include <stdlib.h>

ckn_code ckn_free_taps_create(ckn_free_taps *free_taps, size_t taps, ckn_error *error) {
    static const char what[] = "the free taps";
    *free_taps = (ckn_free_taps){.taps = taps};
    ckn_code code = ckn_allocate(&free_taps->tap, taps, sizeof(size_t), what, error);
    if (code == CKN_OK)
        code = ckn_allocate(&free_taps->order, taps, sizeof(size_t), what, error);
    if (code != CKN_OK)
        ckn_free_taps_release(free_taps);
    return code;
}

void ckn_free_taps_release(ckn_free_taps *free_taps) {
    free(free_taps->tap);
    free(free_taps->order);
    *free_taps = (ckn_free_taps){0};
}

void ckn_free_taps_find(ckn_free_taps *free_taps, bool zeros_are_held, const double *h) {
    free_taps->count = 0;
    for (size_t tap = 0; tap < free_taps->taps; tap++) {
        free_taps->order[tap] = SIZE_MAX;
        if (!zeros_are_held || h[tap] != 0) {
            free_taps->order[tap] = free_taps->count;
            free_taps->tap[free_taps->count++] = tap;
        }
    }
}

static ckn_code copy_factor(ckn_problem *problem, ckn_symmetric *factor, bool *trusted,
                            ckn_error *error) {
    const ckn_symmetric *whole = NULL;
    CKN_TRY(ckn_equations_factor(problem, &whole, error));
    *trusted = whole != NULL;
    if (whole)
        ckn_symmetric_copy(factor, whole);
    return CKN_OK;
}

static ckn_code factor_part(const ckn_free_taps *free_taps, const ckn_symmetric *matrix,
                            ckn_symmetric *factor, bool *trusted, ckn_error *error) {
    for (size_t j = 0; j < free_taps->count; j++) {
        for (size_t i = j; i < free_taps->count; i++)
            *ckn_symmetric_at(factor, i, j) =
                *ckn_symmetric_at(matrix, free_taps->tap[i], free_taps->tap[j]);
    }
    const double norm = ckn_symmetric_norm(factor);
    CKN_TRY(ckn_cholesky_factor(factor, trusted, error));
    return *trusted ? ckn_equations_trust(factor, norm, NULL, trusted, error) : CKN_OK;
}

ckn_code ckn_free_taps_factor(const ckn_free_taps *free_taps, ckn_problem *problem,
                              ckn_symmetric *factor, bool *trusted, ckn_error *error) {
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    CKN_TRY(ckn_symmetric_create(factor, free_taps->count, "the factor", error));
    ckn_code code = free_taps->count == free_taps->taps
                        ? copy_factor(problem, factor, trusted, error)
                        : factor_part(free_taps, &statistics->gram, factor, trusted, error);
    if (code != CKN_OK || !*trusted)
        ckn_symmetric_release(factor);
    return code;
}
