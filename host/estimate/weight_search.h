/* The weight of a prior by a search over its decades, which stops as soon as it cannot win.
 *
 * Each fit costs at least a factorisation, so that few points must do: whole decades until the
 * best has a neighbour on either side, then the vertex of the parabola through the three. Two
 * bounds spare fits. The squares of the residual grow with the weight and the degrees of freedom
 * fall, so that no weight between two points is better than the squares at the lower and the
 * degrees of freedom at the higher one would be. And a parabola tells how much lower its vertex
 * lies.
 */
#ifndef CKN_ESTIMATE_WEIGHT_SEARCH_H
#define CKN_ESTIMATE_WEIGHT_SEARCH_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A fit with the weight 10^decade times that of the start. */
typedef struct ckn_weight_point {
    double decade;
    double value;   /* the lower, the better; infinite where there is no fit */
    double square;  /* ||r||^2, */
    double degrees; /* and the degrees of freedom */
} ckn_weight_point;

enum { CKN_MOST_WEIGHTS = 24 };

typedef struct ckn_weight_search {
    /* Fills all of the point but its decade; *cut: there is no time left, and no fit was made. */
    ckn_code (*fit)(void *user, ckn_weight_point *point, bool *cut, ckn_error *error);
    /* The value of a fit with these; NULL where values do not come from them. */
    double (*value_of)(const void *user, double square, double degrees);
    void *user;
    double least_square; /* no weight has less */
    double to_beat;      /* a value that is known from elsewhere; infinite where none is */
    double least_gain;   /* what is worth another fit */
    bool stepped;        /* values are no smooth function of the weight */
    size_t count;
    ckn_weight_point points[CKN_MOST_WEIGHTS]; /* in ascending order of weight */
    size_t best;                               /* of points */
    bool cut;                                  /* the search was cut for time */
} ckn_weight_search;

/* Fills `points` and `best`; count is 0 where not even one fit was made. */
ckn_code ckn_weight_search_run(ckn_weight_search *search, ckn_error *error);

#endif
