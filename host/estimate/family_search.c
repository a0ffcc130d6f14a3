#include "estimate/family_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double ckn_family_sigmas[CKN_FAMILY_SIGMAS] = {0.5, 0.8, 1.3, 2, 3.2, 5, 8, 13, 21, 34};

ckn_family_model *ckn_family_starts_add(ckn_family_starts *list, const ckn_family_model *model) {
    ckn_family_model *own = &list->models[list->count];
    *own = *model;
    list->count += list->count + 1 < CKN_FAMILY_MOST_STARTS;
    return own;
}

bool ckn_family_search_holds(const ckn_family_search *search, ckn_family family) {
    return search->found[family].excess < fmax(search->by_noise, search->by_misfit);
}

ckn_family_model ckn_family_search_model(const ckn_family_search *search, ckn_family family,
                                         size_t variant) {
    ckn_family_model model = ckn_family_model_of(family, variant, search->shape);
    if (search->gain_is_one || model.free[CKN_MODEL_GAIN])
        model.theta[CKN_MODEL_GAIN] = 1;
    if (search->gain_is_one)
        model.free[CKN_MODEL_GAIN] = false;
    return model;
}

ckn_family_model ckn_family_search_from(const ckn_family_search *search, ckn_family family,
                                        size_t variant, const ckn_family_model *other) {
    ckn_family_model model = ckn_family_search_model(search, family, variant);
    for (size_t i = CKN_MODEL_GAIN; i < CKN_MODEL_SIZE; i++)
        model.theta[i] =
            i == CKN_MODEL_GAIN || model.free[i] ? other->theta[i] : round(other->theta[i]);
    return model;
}

ckn_code ckn_family_search_best(const ckn_family_search *search, ckn_family_model *starts,
                                size_t count, ckn_family_model *best, double *least,
                                ckn_error *error) {
    enum { PART = 32 };
    double excess[PART];
    *least = INFINITY;
    *best = count > 0 ? starts[0] : (ckn_family_model){.count = 0};
    for (size_t first = 0; first < count; first += PART) {
        const size_t part = count - first < PART ? count - first : PART;
        CKN_TRY(ckn_family_screen(&search->data, starts + first, part, excess, error));
        for (size_t i = 0; i < part; i++) {
            if (excess[i] < *least) {
                *least = excess[i];
                *best = starts[first + i];
            }
        }
    }
    return CKN_OK;
}

size_t ckn_family_search_parameters(const ckn_family_minimum *found) {
    return ckn_family_model_free(&found->model) + found->choices;
}

double ckn_family_search_score(const ckn_family_search *search, const ckn_family_minimum *found) {
    return found->excess / search->data.variance +
           (double)ckn_family_search_parameters(found) * log(search->count);
}

ckn_code ckn_family_search_minimise(ckn_family_search *search, const ckn_family_model *start,
                                    size_t choices, ckn_error *error) {
    ckn_family_minimum *found = &search->found[start->family];
    ckn_family_minimum own = {.model = *start, .choices = choices};
    if (!ckn_family_model_valid(start))
        return CKN_OK;
    CKN_TRY(ckn_family_minimise(&search->data, &own.model, &own.excess, own.covariance, error));
    if (!isfinite(found->excess) ||
        ckn_family_search_score(search, &own) < ckn_family_search_score(search, found))
        *found = own;
    return CKN_OK;
}

ckn_code ckn_family_search_try(ckn_family_search *search, ckn_family_model *starts, size_t count,
                               size_t choices, ckn_error *error) {
    ckn_family_model best;
    double least;
    CKN_TRY(ckn_family_search_best(search, starts, count, &best, &least, error));
    return isfinite(least) ? ckn_family_search_minimise(search, &best, choices, error) : CKN_OK;
}
