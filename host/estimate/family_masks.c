/* Where the fits of kernels with taps of both signs start: from lists of sizes. */
#include "estimate/family_search.h"

#include <math.h>

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])

/* The tap of the largest magnitude: of a mask it is the one that is sharpened. */
static void find_peak(const ckn_family_search *search, double *x, double *y) {
    size_t peak = 0;
    for (size_t tap = 0; tap < search->data.taps; tap++) {
        if (fabs(search->h[tap]) > fabs(search->h[peak]))
            peak = tap;
    }
    const size_t row = peak / search->shape.cols, col = peak % search->shape.cols;
    *x = (double)col;
    *y = (double)row;
}

static ckn_code fit_unsharp(ckn_family_search *search, size_t passes, ckn_error *error) {
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < (size_t)CKN_FAMILY_SIGMAS; i++) {
        ckn_family_model model = ckn_family_search_model(search, CKN_FAMILY_UNSHARP, passes);
        find_peak(search, &model.theta[CKN_MODEL_X], &model.theta[CKN_MODEL_Y]);
        model.theta[CKN_MODEL_AMOUNT + 1] = ckn_family_sigmas[i];
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, 2 + (passes > 0), error);
}

static ckn_code fit_difference(ckn_family_search *search, ckn_error *error) {
    static const double narrow[] = {0.5, 0.8, 1.3, 2, 3.2, 5}, wider[] = {1.3, 1.6, 2.5, 4};
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < COUNT_OF(narrow) * COUNT_OF(wider); i++) {
        ckn_family_model model =
            ckn_family_search_model(search, CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS, 0);
        model.theta[CKN_MODEL_X] = search->x;
        model.theta[CKN_MODEL_Y] = search->y;
        model.theta[CKN_MODEL_AMOUNT + 1] = narrow[i / COUNT_OF(wider)];
        model.theta[CKN_MODEL_AMOUNT + 2] =
            narrow[i / COUNT_OF(wider)] * wider[i % COUNT_OF(wider)];
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, 0, error);
}

static ckn_code fit_laplacian_of_gaussian(ckn_family_search *search, size_t variant,
                                          ckn_error *error) {
    ckn_family_starts list = {.count = 0};
    for (size_t i = 0; i < (size_t)CKN_FAMILY_SIGMAS; i++) {
        ckn_family_model model =
            ckn_family_search_model(search, CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN, variant);
        model.theta[CKN_MODEL_X] = search->x;
        model.theta[CKN_MODEL_Y] = search->y;
        model.theta[CKN_MODEL_AMOUNT + 1] = ckn_family_sigmas[i];
        ckn_family_starts_add(&list, &model);
    }
    return ckn_family_search_try(search, list.models, list.count, variant, error);
}

#define ONE_TAP 0.3 /* sigma below which a Gaussian is a single tap, to 0.4 % */

/* Masks that reach no farther than 3x3 have a plainer name, and so has a difference from one tap.
 */
static void drop_small_masks(ckn_family_search *search) {
    ckn_family_minimum *unsharp = &search->found[CKN_FAMILY_UNSHARP];
    if (ckn_family_search_holds(search, CKN_FAMILY_LAPLACIAN) &&
        ckn_family_model_parameters(&unsharp->model).sigma < 1)
        unsharp->excess = INFINITY;
    ckn_family_minimum *difference = &search->found[CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS];
    const ckn_family_parameters sizes = ckn_family_model_parameters(&difference->model);
    if (ckn_family_search_holds(search, CKN_FAMILY_UNSHARP) &&
        fmin(sizes.sigma, sizes.sigma_minor) < ONE_TAP)
        difference->excess = INFINITY;
}

ckn_code ckn_family_search_masks(ckn_family_search *search, ckn_error *error) {
    static const size_t passes[] = {0, 3, 1};
    if (search->shape.rows == 1 || search->shape.cols == 1)
        return CKN_OK;
    for (size_t i = 0; i < COUNT_OF(passes); i++)
        CKN_TRY(fit_unsharp(search, passes[i], error));
    CKN_TRY(fit_difference(search, error));
    for (size_t variant = 0; variant < 2; variant++)
        CKN_TRY(fit_laplacian_of_gaussian(search, variant, error));
    drop_small_masks(search);
    return CKN_OK;
}
