/* A pass has the generating function
 *   P(z) = (z^-(l+1) (alpha + beta z) - z^(l+1) (beta + alpha z)) / (lambda (1 - z)),
 * beta = 1 - alpha. The power d of it, expanded, gives each tap as a sum of (d+1)^2 binomial
 * numbers: exact where d is small, while the terms cancel where it is large. Then the transform
 *   H(w) = P(e^iw)^d (1 - 2c + 2c cos s w)
 * falls so fast that few of its values are needed: on N > reach + |x| positions the tap at x is
 * their mean times cos x w, w = 2 pi j / N, and nothing is wound round the circle that matters. */
#include "blur/box_profile.h"

#include "blur/extended_box.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define PI 3.14159265358979323846
/* So many passes at most are expanded: up to there next to nothing cancels. */
#define EXPANDED_PASSES 4
/* Of the kernel, beyond which all taps together are less than any figure shows. */
#define REACH_IN_DEVIATIONS 16.0
/* Cosines are turned into the next ones so many times before they are computed anew. */
#define TURNS ((size_t)64)

/* --- expanded --------------------------------------------------------------------------------- */

typedef struct expansion {
    size_t count;
    double place[(EXPANDED_PASSES + 1) * (EXPANDED_PASSES + 1)]; /* of a term's first position */
    double weight[(EXPANDED_PASSES + 1) * (EXPANDED_PASSES + 1)];
    size_t order; /* d - 1 */
} expansion;

/* polynomial *= (a + b z); it has `degree` so far. */
static void multiply_polynomial(double *polynomial, size_t degree, double a, double b) {
    polynomial[degree + 1] = b * polynomial[degree];
    for (size_t i = degree; i > 0; i--)
        polynomial[i] = a * polynomial[i] + b * polynomial[i - 1];
    polynomial[0] *= a;
}

static expansion expand(const ckn_extended_box *box) {
    const size_t d = box->passes;
    const double alpha = box->alpha, beta = 1 - alpha, end = (double)box->l + 1;
    expansion made = {.order = d - 1};
    double choose = pow(box->lambda, -(double)d); /* and the sign */
    for (size_t right = 0; right <= d; right++) {
        double polynomial[EXPANDED_PASSES + 1] = {1};
        for (size_t i = 0; i < d; i++)
            multiply_polynomial(polynomial, i, i < right ? beta : alpha, i < right ? alpha : beta);
        for (size_t i = 0; i <= d; i++) {
            made.place[made.count] = end * (2 * (double)right - (double)d) + (double)i;
            made.weight[made.count++] = choose * polynomial[i];
        }
        choose *= -(double)(d - right) / (double)(right + 1);
    }
    return made;
}

/* The tap at x <= 0 without correction. The power series of (1 - z)^-d has the binomial numbers
 * (m + d - 1 over d - 1). */
static double expanded_tap(const expansion *terms, double x) {
    double sum = 0;
    for (size_t i = 0; i < terms->count; i++) {
        const double m = x - terms->place[i];
        double number = m >= 0 ? terms->weight[i] : 0;
        for (size_t k = 1; k <= terms->order; k++)
            number *= (m + (double)k) / (double)k;
        sum += number;
    }
    return fmax(sum, 0);
}

static void sample_expansion(const ckn_extended_box *box, size_t step, size_t count, double *taps) {
    const expansion terms = expand(box);
    const double c = box->correction, s = (double)box->stride;
    for (size_t i = 0; i < count; i++) {
        const double x = (double)i * (double)step;
        taps[i] = (1 - 2 * c) * expanded_tap(&terms, -x);
        if (c > 0)
            taps[i] += c * (expanded_tap(&terms, -x - s) + expanded_tap(&terms, -fabs(x - s)));
    }
}

/* --- by its transform ------------------------------------------------------------------------- */

/* cos(2 pi a b / n), without losing digits where a b is large. */
static double cosine(uint64_t a, uint64_t b, uint64_t n) {
    return cos(2 * PI * ((double)(a * b % n) / (double)n));
}

static double sine(uint64_t a, uint64_t b, uint64_t n) {
    return sin(2 * PI * ((double)(a * b % n) / (double)n));
}

/* H at 2 pi j / n. */
static double transform_at(const ckn_extended_box *box, uint64_t j, uint64_t n) {
    const uint64_t l = box->l;
    const double ones = j == 0 ? 2 * (double)l + 1 : sine(2 * l + 1, j, 2 * n) / sine(1, j, 2 * n);
    const double pass = (ones + 2 * box->alpha * cosine(l + 1, j, n)) / box->lambda;
    const double c = box->correction;
    return pow(pass, (double)box->passes) * (1 - 2 * c + 2 * c * cosine(box->stride, j, n));
}

/* Whether all of H from 2 pi j / n on is below `precision`. */
static bool is_over(const ckn_extended_box *box, uint64_t j, uint64_t n, double precision) {
    if (j == 0)
        return false;
    const double most = (1 / sin(PI * (double)j / (double)n) + 2 * box->alpha) / box->lambda;
    return most < 1 && (double)box->passes * log(most) < log(precision);
}

/* Adds value * cos(2 pi j i step / n) to taps[i]. */
static void add_wave(double value, uint64_t j, uint64_t step, uint64_t n, size_t count,
                     double *taps) {
    const uint64_t turn = j * (step % n) % n;
    const double turn_cosine = cosine(turn, 1, n), turn_sine = sine(turn, 1, n);
    for (size_t first = 0; first < count; first += TURNS) {
        double x = value * cosine(turn, first, n), y = value * sine(turn, first, n);
        const size_t end = count - first < TURNS ? count : first + TURNS;
        for (size_t i = first; i < end; i++) {
            const double next = x * turn_cosine - y * turn_sine;
            taps[i] += x;
            y = x * turn_sine + y * turn_cosine;
            x = next;
        }
    }
}

/* On a circle of n positions. */
static void sample_transform(const ckn_extended_box *box, uint64_t n, size_t step, size_t count,
                             double precision, double *taps) {
    for (size_t i = 0; i < count; i++)
        taps[i] = 0;
    for (uint64_t j = 0; 2 * j <= n && !is_over(box, j, n, precision); j++) {
        const double both = j == 0 || 2 * j == n ? 1 : 2;
        add_wave(both * transform_at(box, j, n) / (double)n, j, step, n, count, taps);
    }
    for (size_t i = 0; i < count; i++)
        taps[i] = fmax(taps[i], 0);
}

/* --- both ------------------------------------------------------------------------------------- */

size_t ckn_box_profile_reach(const ckn_extended_box *box) {
    const double far = ceil(REACH_IN_DEVIATIONS * sqrt(ckn_extended_box_variance(box))) + 1;
    return (size_t)fmin(far, (double)ckn_extended_box_reach(box)) + box->stride;
}

void ckn_box_profile(const ckn_extended_box *box, size_t step, size_t count, double precision,
                     double *taps) {
    if (box->passes <= EXPANDED_PASSES) {
        sample_expansion(box, step, count, taps);
        return;
    }
    const uint64_t n = ckn_box_profile_reach(box) + (uint64_t)(count - 1) * step + 1;
    sample_transform(box, n, step, count, precision, taps);
}

void ckn_box_profile_wound(const ckn_extended_box *box, size_t period, double *taps) {
    sample_transform(box, period, 1, period / 2 + 1, CKN_PROFILE_EXACT, taps);
}
