#include "statistics/kept_sums.h"

#include "base/memory.h"
#include "statistics/window_sums.h"

#include <stdlib.h>
#include <string.h>

ckn_code ckn_kept_sums_create(ckn_kept_sums *kept, const ckn_problem *problem, ckn_error *error) {
    static const char what[] = "the sums of a robust fit";
    const size_t taps = ckn_problem_taps(problem);
    CKN_TRY(ckn_symmetric_create(&kept->gram, taps, what, error));
    CKN_TRY(ckn_allocate(&kept->b, taps, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&kept->weights, problem->pair_count, sizeof *kept->weights, what, error));
    kept->pair_count = problem->pair_count;
    for (size_t i = 0; i < problem->pair_count; i++)
        CKN_TRY(ckn_allocate(&kept->weights[i], ckn_shape_count(problem->pairs[i].y_shape),
                             sizeof(double), what, error));
    return CKN_OK;
}

void ckn_kept_sums_release(ckn_kept_sums *kept) {
    ckn_symmetric_release(&kept->gram);
    for (size_t i = 0; i < kept->pair_count; i++)
        free(kept->weights[i]);
    free(kept->weights);
    free(kept->b);
    memset(kept, 0, sizeof *kept);
}

void ckn_kept_sums_store(ckn_kept_sums *kept, const ckn_problem *problem,
                         const ckn_equations *statistics) {
    ckn_symmetric_copy(&kept->gram, &statistics->gram);
    memcpy(kept->b, statistics->b, statistics->taps * sizeof(double));
    kept->square = statistics->square;
    for (size_t i = 0; i < kept->pair_count; i++)
        memcpy(kept->weights[i], problem->pairs[i].weights,
               ckn_shape_count(problem->pairs[i].y_shape) * sizeof(double));
}

ckn_code ckn_kept_sums_update(const ckn_kept_sums *kept, const ckn_problem *problem,
                              ckn_equations *statistics, ckn_pair_terms *terms, ckn_error *error) {
    ckn_symmetric_copy(&statistics->gram, &kept->gram);
    memcpy(statistics->b, kept->b, statistics->taps * sizeof(double));
    statistics->square = kept->square;
    const ckn_rectangle whole = {0, 0, problem->kernel};
    for (size_t i = 0; i < kept->pair_count; i++)
        CKN_TRY(ckn_window_sums_add(problem, i, &whole, kept->weights[i], 0, statistics,
                                    terms ? &terms[i] : NULL, error));
    return CKN_OK;
}
