/* The statistics of rectangles of taps, from one look at the images, against sums over windows by
 * the definition: random images, frames, rectangles, masks and weights. */
#include "statistics/window_case.h"

#include "statistics/equations.h"
#include "statistics/frame_sums.h"

#include <stdlib.h>

enum { CASES = 60 };

/* --- comparison --------------------------------------------------------------------------- */

static void compare(const ckn_equations *got, const naive_sums *expected, uint64_t seed) {
    double *gram = ckn_test_array(got->taps * got->taps);
    double *wanted = ckn_test_array(got->taps * got->taps), *b = ckn_test_array(got->taps);
    for (size_t n = 0; n < got->taps * got->taps; n++) {
        gram[n] = *ckn_symmetric_at(&got->gram, n / got->taps, n % got->taps);
        wanted[n] = (double)expected->gram[n];
    }
    for (size_t n = 0; n < got->taps; n++)
        b[n] = (double)expected->b[n];
    const double tolerance = ckn_test_on_cpu() ? 1e-11 : 1e-6;
    ckn_test_close(gram, wanted, got->taps * got->taps, tolerance, "G, seed %zu", (size_t)seed);
    ckn_test_close(got->b, b, got->taps, 20 * tolerance, "b, seed %zu", (size_t)seed);
    const double square = (double)expected->square;
    ckn_test_close(&got->square, &square, 1, tolerance, "y'y, seed %zu", (size_t)seed);
    free(gram);
    free(wanted);
    free(b);
}

static void test_parts(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        window_case c = window_case_make(seed, 24, 40);
        ckn_frame_sums *sums = NULL;
        ckn_problem *problem = NULL;
        const ckn_equations *statistics = NULL;
        naive_sums expected = naive_sums_of(&c);
        TRY_OK(ckn_frame_sums_create(ckn_test_backend(), c.views, c.pairs, &c.frame,
                                     CKN_BACKGROUND_NONE, 0, &sums, &error));
        TRY_OK(ckn_frame_sums_part(sums, &c.part, CKN_BACKGROUND_NONE, &problem, &error));
        TRY_OK(ckn_equations_get(problem, &statistics, &error));
        compare(statistics, &expected, seed);
        const ckn_frame inner = ckn_frame_of_part(&c.frame, &c.part);
        const ckn_rectangle back = ckn_part_of_frame(&c.frame, &inner);
        assert_true(back.row == c.part.row && back.col == c.part.col);
        ckn_problem_destroy(problem);
        ckn_frame_sums_destroy(sums);
        naive_sums_release(&expected);
        window_case_release(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts)};
    return cmocka_run_group_tests(tests, NULL, ckn_test_close_backend);
}
