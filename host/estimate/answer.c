#include "estimate/answer.h"

#include "base/memory.h"
#include "statistics/equations.h"
#include "statistics/weights.h"
#include "statistics/windows.h"

#include <math.h>
#include <stdlib.h>

/* --- light ---------------------------------------------------------------------------------- */

static bool counts(const ckn_problem_pair *pair, size_t window) {
    return !pair->weights || pair->weights[window] > 0;
}

static bool blurred_is_lit(const ckn_problem *problem, size_t index, const ckn_view *blurred) {
    const ckn_view valid = ckn_problem_valid_part(problem, index, blurred);
    for (size_t row = 0; row < valid.rows; row++) {
        for (size_t col = 0; col < valid.cols; col++) {
            if (ckn_view_at(&valid, row, col) != 0 &&
                counts(&problem->pairs[index], row * valid.cols + col))
                return true;
        }
    }
    return false;
}

typedef struct light_search {
    const ckn_problem_pair *pair;
    size_t taps;
    bool found;
} light_search;

static bool see_window(void *user, size_t window, size_t zeros) {
    light_search *search = user;
    search->found = zeros < search->taps && counts(search->pair, window);
    return !search->found;
}

static ckn_code find_sharp_light(const ckn_problem *problem, size_t index, const ckn_view *sharp,
                                 bool *lit, ckn_error *error) {
    light_search search = {&problem->pairs[index], ckn_problem_taps(problem), false};
    CKN_TRY(ckn_windows_visit(sharp, problem->kernel, see_window, &search, error));
    *lit = *lit || search.found;
    return CKN_OK;
}

ckn_code ckn_answer_check_light(const ckn_problem *problem, const ckn_pair *pairs, bool robust,
                                ckn_error *error) {
    bool sharp = false, blurred = false;
    for (size_t i = 0; i < problem->pair_count && !(sharp && blurred); i++) {
        blurred = blurred || blurred_is_lit(problem, i, &pairs[i].blurred);
        sharp = sharp || !problem->pairs[i].weights; /* one that is constant is refused elsewhere */
        if (!sharp)
            CKN_TRY(find_sharp_light(problem, i, &pairs[i].sharp, &sharp, error));
    }
    if (sharp && blurred)
        return CKN_OK;
    const char *image = sharp ? "blurred" : "sharp";
    if (robust)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "without what the robust fit takes for outliers the %s image is black (0 "
                        "in all of the %zu samples left), and nothing can be fitted; leave "
                        "--robust out, or mask the outliers",
                        image, ckn_problem_used(problem));
    if (ckn_problem_used(problem) < ckn_problem_count(problem))
        return ckn_fail(error, CKN_ERROR_DATA,
                        "the masks leave only black (0) of the %s image, in %zu of %zu samples, "
                        "and nothing can be fitted; mask less",
                        image, ckn_problem_used(problem), ckn_problem_count(problem));
    ckn_log_line(&problem->backend->log, CKN_LOG_WARNING,
                 "the blurred image is black (0 in every sample): only the zero kernel fits");
    return CKN_OK;
}

/* --- the kernel ----------------------------------------------------------------------------- */

/* f(0) on the images. Where there are weights, r of every pair is lost. */
static ckn_code sum_blurred(ckn_problem *problem, double *square, ckn_error *error) {
    ckn_backend *backend = problem->backend;
    if (!ckn_problem_is_weighted(problem))
        return ckn_problem_sum_squares(problem, CKN_PLANE_Y, square, error);
    for (size_t i = 0; i < problem->pair_count; i++) {
        const ckn_problem_pair *pair = &problem->pairs[i];
        CKN_TRY(backend->ops->combine(backend, pair->r, ckn_shape_count(pair->y_shape), 1, pair->y,
                                      0, pair->y, error));
    }
    CKN_TRY(ckn_weights_apply(problem, error));
    return ckn_problem_sum_squares(problem, CKN_PLANE_R, square, error);
}

static ckn_code evaluate_none(ckn_problem *problem, const ckn_operator *images, double *objective,
                              ckn_error *error) {
    if (!images) {
        const ckn_equations *statistics = NULL;
        CKN_TRY(ckn_equations_get(problem, &statistics, error));
        *objective = 0.5 * statistics->square;
        return CKN_OK;
    }
    CKN_TRY(sum_blurred(problem, objective, error));
    *objective *= 0.5;
    return CKN_OK;
}

static ckn_code evaluate_at(ckn_problem *problem, ckn_operator *images, const double *h,
                            double *objective, ckn_error *error) {
    if (images) {
        CKN_TRY(ckn_operator_upload(images, h, images->h, error));
        return ckn_operator_objective(images, images->h, objective, error);
    }
    const ckn_equations *statistics = NULL;
    CKN_TRY(ckn_equations_get(problem, &statistics, error));
    return ckn_equations_evaluate(statistics, h, objective, error);
}

/* f of the flat kernel, the middle of the simplex; r is left as h leaves it. */
static ckn_code evaluate_flat(ckn_problem *problem, ckn_operator *images, const double *h,
                              double *objective, ckn_error *error) {
    const size_t taps = ckn_problem_taps(problem);
    double *flat = NULL, again = 0;
    CKN_TRY(ckn_allocate(&flat, taps, sizeof *flat, "the flat kernel", error));
    for (size_t tap = 0; tap < taps; tap++)
        flat[tap] = 1 / (double)taps;
    ckn_code code = evaluate_at(problem, images, flat, objective, error);
    free(flat);
    if (code == CKN_OK && images)
        code = evaluate_at(problem, images, h, &again, error);
    return code;
}

/* What rounding may add to an objective, relative to it, and in each sample relative to the
 * largest: float32 keeps seven digits, and a residual is a difference of sums of thousands of
 * samples. */
static const double slack = 1e-4, rounding = 0x1p-22;

static ckn_code check_finite(const ckn_problem *problem, const double *h, double objective,
                             ckn_error *error) {
    bool finite = isfinite(objective);
    for (size_t tap = 0; tap < ckn_problem_taps(problem) && finite; tap++)
        finite = isfinite(h[tap] * problem->units.x_scale / problem->units.y_scale);
    if (finite)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "the answer is not finite: the images hold values too far apart for the "
                    "device; scale them");
}

ckn_code ckn_answer_check_kernel(ckn_problem *problem, ckn_operator *images,
                                 ckn_constraint constraint, const double *h, double objective,
                                 ckn_error *error) {
    double none = 0;
    CKN_TRY(check_finite(problem, h, objective, error));
    CKN_TRY(evaluate_none(problem, images, &none, error));
    double limit = none;
    if (constraint == CKN_CONSTRAINT_SIMPLEX && !(objective <= none)) {
        double flat = 0;
        CKN_TRY(evaluate_flat(problem, images, h, &flat, error));
        limit = fmax(none, flat);
    }
    const double used = (double)ckn_problem_used(problem), y_scale = problem->units.y_scale;
    const double lost = rounding * problem->largest_y * y_scale;
    if (objective <= limit * (1 + slack) + 0.5 * used * lost * lost)
        return CKN_OK;
    const double root = sqrt(used) * y_scale;
    return ckn_fail(error, CKN_ERROR_DATA,
                    "the solver failed: its kernel leaves a residual of %.3g (root mean square), "
                    "and %s only %.3g; use --solver auto, or for an iteration a smaller --step, "
                    "for the division a larger --epsilon",
                    sqrt(2 * objective) / root, limit > none ? "the flat kernel" : "no kernel",
                    sqrt(2 * limit) / root);
}
