#include "estimate/weight_search.h"

#include <math.h>
#include <string.h>

/* How finely a weight is sought: no score is sharper than an eighth of a decade. */
static const double finest = 0.125;

static const ckn_weight_point *best_of(const ckn_weight_search *search) {
    return &search->points[search->best];
}

static void insert(ckn_weight_search *search, const ckn_weight_point *point) {
    size_t place = search->count;
    while (place > 0 && search->points[place - 1].decade > point->decade)
        place--;
    memmove(search->points + place + 1, search->points + place,
            (search->count - place) * sizeof *point);
    search->points[place] = *point;
    search->count++;
    search->best = 0;
    for (size_t i = 1; i < search->count; i++)
        if (search->points[i].value < best_of(search)->value)
            search->best = i;
}

static ckn_code look(ckn_weight_search *search, double decade, ckn_error *error) {
    ckn_weight_point point = {.decade = decade, .value = INFINITY};
    if (search->cut || search->count == CKN_MOST_WEIGHTS)
        return CKN_OK;
    CKN_TRY(search->fit(search->user, &point, &search->cut, error));
    if (!search->cut)
        insert(search, &point);
    return CKN_OK;
}

/* The least that values between two points can be; NULL stands for beyond all points. */
static double bound(const ckn_weight_search *search, const ckn_weight_point *low,
                    const ckn_weight_point *high) {
    if (!search->value_of || (high && !isfinite(high->value)))
        return -INFINITY;
    const double square = low && isfinite(low->value) ? low->square : search->least_square;
    return search->value_of(search->user, square, high ? high->degrees : 0);
}

static double known_best(const ckn_weight_search *search) {
    return fmin(search->to_beat, best_of(search)->value);
}

/* Whether weights beyond the last point in this direction may be worth a fit. */
static bool is_open(const ckn_weight_search *search, int direction) {
    const ckn_weight_point *first = search->points, *last = search->points + search->count - 1;
    const double least = direction > 0 ? bound(search, last, NULL) : bound(search, NULL, first);
    return !isfinite(best_of(search)->value) || least < known_best(search) - search->least_gain;
}

/* Steps of one decade in one direction for as long as they help, or until there is a fit at all. */
static ckn_code walk(ckn_weight_search *search, int direction, ckn_error *error) {
    enum { FARTHEST = 9 };
    for (int n = 1; n <= FARTHEST && !search->cut && is_open(search, direction); n++) {
        const double before = best_of(search)->value;
        CKN_TRY(look(search, direction * n, error));
        if (!(best_of(search)->value < before - search->least_gain) && isfinite(before))
            break;
    }
    return CKN_OK;
}

/* The neighbour of the best point with a fit; NULL where there is none. */
static const ckn_weight_point *neighbour(const ckn_weight_search *search, int direction) {
    if (direction < 0 ? search->best == 0 : search->best + 1 == search->count)
        return NULL;
    const ckn_weight_point *point = best_of(search) + direction;
    return isfinite(point->value) ? point : NULL;
}

typedef struct vertex {
    double decade;
    double gain; /* of value over the best point, by the parabola */
} vertex;

/* Of the parabola through the best point and both neighbours, which are not lower. */
static vertex find_vertex(const ckn_weight_point *low, const ckn_weight_point *middle,
                          const ckn_weight_point *high) {
    const double below = middle->decade - low->decade, above = high->decade - middle->decade;
    const double left = (low->value - middle->value) / below;
    const double right = (high->value - middle->value) / above;
    const double curvature = (left + right) / (below + above); /* half the second derivative */
    const double slope = (right * below - left * above) / (below + above);
    if (!(curvature > 0))
        return (vertex){middle->decade, 0};
    return (vertex){middle->decade - slope / (2 * curvature), slope * slope / (4 * curvature)};
}

/* Whether a weight near the best point may still win: by twice what the parabola promises, as
 * scores are no parabolas, and no more than the bound lets it. */
static bool can_win(const ckn_weight_search *search, double gain) {
    static const double doubt = 2, slack = 3; /* scores of sparse priors go in steps of 2 */
    if (!isfinite(search->to_beat))
        return true;
    const ckn_weight_point *best = best_of(search);
    const double least =
        fmin(bound(search, neighbour(search, -1), best), bound(search, best, neighbour(search, 1)));
    return fmax(least, best->value - doubt * gain - slack) < search->to_beat;
}

/* How far the next point is on this side, with a fit or without; a decade where there is none. */
static double distance_to(const ckn_weight_search *search, int direction) {
    if (direction < 0 ? search->best == 0 : search->best + 1 == search->count)
        return 1;
    return fabs((best_of(search) + direction)->decade - best_of(search)->decade);
}

/* Where to look next; NaN where that is not worth it. */
static double next_decade(const ckn_weight_search *search) {
    const ckn_weight_point *best = best_of(search);
    const ckn_weight_point *low = neighbour(search, -1), *high = neighbour(search, 1);
    const double below = distance_to(search, -1), above = distance_to(search, 1);
    if (!low || !high) /* an end of the range: half-way to where nothing is known */
        return fmin(below, above) < 2 * finest || !can_win(search, INFINITY) ? (double)NAN
               : low ? best->decade + 0.5 * above
                     : best->decade - 0.5 * below;
    const vertex found = find_vertex(low, best, high);
    if (!can_win(search, found.gain))
        return (double)NAN;
    const double step = finest * round((found.decade - best->decade) / finest);
    if (step != 0)
        return found.gain < search->least_gain ? (double)NAN : best->decade + step;
    /* Flat or steep on both sides: the wider side, where less is known. */
    const double wide = fmax(below, above);
    if (wide <= 2 * finest)
        return (double)NAN;
    return best->decade +
           (below > above || (below == above && low->value < high->value) ? -0.25 : 0.25) *
               fmin(wide, 1);
}

/* Looks at the parabola's vertex until that has been met. */
static ckn_code follow_vertex(ckn_weight_search *search, ckn_error *error) {
    enum { REFINEMENTS = 4 };
    for (int n = 0; n < REFINEMENTS && !search->cut; n++) {
        const double decade = next_decade(search);
        if (isnan(decade))
            break;
        CKN_TRY(look(search, decade, error));
    }
    return CKN_OK;
}

/* Looks on both sides of the best, ever nearer: scores of sparse priors go in steps, and have more
 * than one valley. */
static ckn_code halve_steps(ckn_weight_search *search, ckn_error *error) {
    double step = 0.5;
    while (step >= 2 * finest && !search->cut) {
        const ckn_weight_point *low = neighbour(search, -1), *high = neighbour(search, 1);
        const double gain = low && high ? find_vertex(low, best_of(search), high).gain : INFINITY;
        if (!can_win(search, gain))
            break;
        const double middle = best_of(search)->decade;
        CKN_TRY(look(search, middle - step, error));
        CKN_TRY(look(search, middle + step, error));
        step /= 2;
    }
    return CKN_OK;
}

ckn_code ckn_weight_search_run(ckn_weight_search *search, ckn_error *error) {
    search->count = search->best = 0;
    search->cut = false;
    CKN_TRY(look(search, 0, error));
    if (search->cut)
        return CKN_OK;
    CKN_TRY(walk(search, 1, error));
    if (!isfinite(best_of(search)->value))
        return CKN_OK;
    if (best_of(search)->decade == 0)
        CKN_TRY(walk(search, -1, error));
    return search->stepped ? halve_steps(search, error) : follow_vertex(search, error);
}
