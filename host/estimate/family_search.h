/* The search for the best member of each family: starts by screening, then Levenberg-Marquardt. */
#ifndef CKN_ESTIMATE_FAMILY_SEARCH_H
#define CKN_ESTIMATE_FAMILY_SEARCH_H

#include "estimate/family_fit.h"

/* A model that was moved to its minimum. */
typedef struct ckn_family_minimum {
    ckn_family_model model;
    double excess; /* infinite: not found, or not tried */
    double covariance[CKN_MODEL_MOST * CKN_MODEL_MOST];
    size_t choices; /* parameters that were chosen from a list, as a place among taps or passes */
} ckn_family_minimum;

typedef struct ckn_family_search {
    ckn_family_data data;
    ckn_shape shape;
    const double *h;            /* of the run */
    bool gain_is_one;           /* of an image on a pedestal */
    double count;               /* n */
    double by_noise, by_misfit; /* the excess that a name may have on these grounds */
    double x, y;                /* where the squares of h have their centre */
    ckn_family_minimum found[CKN_FAMILY_COUNT];
} ckn_family_search;

/* Starts that are screened together. */
enum { CKN_FAMILY_MOST_STARTS = 64, CKN_FAMILY_SIGMAS = 10 };
typedef struct ckn_family_starts {
    ckn_family_model models[CKN_FAMILY_MOST_STARTS];
    size_t count;
} ckn_family_starts;
/* Returns the copy; where the list is full, that replaces the last one. */
ckn_family_model *ckn_family_starts_add(ckn_family_starts *list, const ckn_family_model *model);
/* From half a pixel to more than most windows hold, each 1.6 times the one before. */
extern const double ckn_family_sigmas[CKN_FAMILY_SIGMAS];

/* A model of gain 1. */
ckn_family_model ckn_family_search_model(const ckn_family_search *search, ckn_family family,
                                         size_t variant);
/* The same with the gain and the centre of another one; a kernel that stands on a tap takes the
 * nearest one. */
ckn_family_model ckn_family_search_from(const ckn_family_search *search, ckn_family family,
                                        size_t variant, const ckn_family_model *other);

/* The best of `starts`, which are spoilt; *least is infinite where there is none. */
ckn_code ckn_family_search_best(const ckn_family_search *search, ckn_family_model *starts,
                                size_t count, ckn_family_model *best, double *least,
                                ckn_error *error);
/* Moves a start to its minimum and keeps it where it is better than what is found so far, by the
 * score of `choices` more parameters. */
ckn_code ckn_family_search_minimise(ckn_family_search *search, const ckn_family_model *start,
                                    size_t choices, ckn_error *error);
/* Both. */
ckn_code ckn_family_search_try(ckn_family_search *search, ckn_family_model *starts, size_t count,
                               size_t choices, ckn_error *error);

/* Excess over the noise's variance, and ln n for each parameter. */
double ckn_family_search_score(const ckn_family_search *search, const ckn_family_minimum *found);
size_t ckn_family_search_parameters(const ckn_family_minimum *found);

/* Whether what is found of this family leaves little enough for a name. */
bool ckn_family_search_holds(const ckn_family_search *search, ckn_family family);

/* Each of these fills search->found for some families (family_starts.c, family_masks.c). */
ckn_code ckn_family_search_blurs(ckn_family_search *search, ckn_error *error);
ckn_code ckn_family_search_masks(ckn_family_search *search, ckn_error *error);
/* Displacement, Laplacian and derivative at every place of the window (family_stencils.c). */
ckn_code ckn_family_search_displacement(ckn_family_search *search, ckn_error *error);
ckn_code ckn_family_search_stencils(ckn_family_search *search, ckn_error *error);

#endif
