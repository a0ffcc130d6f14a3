/* The factor after appends and removals against a new one. */
#include "dense/free_set.h"
#include "dense/systems.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40 };

static void assign_those_of(const ckn_free_set *set, ckn_free_set *fresh) {
    bool is_free[N] = {false};
    for (size_t i = 0; i < set->count; i++)
        is_free[set->taps[i]] = true;
    assert_true(ckn_free_set_assign(fresh, is_free));
    assert_int_equal(fresh->count, set->count);
}

static void same_solution(const dense_system *made, const ckn_free_set *set, ckn_free_set *fresh,
                          bool sum_is_one) {
    double a[N] = {0}, b[N] = {0};
    assign_those_of(set, fresh);
    if (sum_is_one && set->count == 0)
        return;
    ckn_free_set_solve(set, made->b, sum_is_one, a);
    ckn_free_set_solve(fresh, made->b, sum_is_one, b);
    ckn_test_close(a, b, N, 1e-10, "%zu free taps", set->count);
}

static bool contains(const ckn_free_set *set, size_t tap, size_t *position) {
    for (*position = 0; *position < set->count; ++*position)
        if (set->taps[*position] == tap)
            return true;
    return false;
}

static void updates_equal_new_factors(void **state) {
    (void)state;
    dense_system made = dense_system_random(3, N, 2 * N, 0.4);
    ckn_free_set set, fresh;
    uint64_t random = 8;
    TRY_OK(ckn_free_set_create(&set, &made.packed, &error));
    TRY_OK(ckn_free_set_create(&fresh, &made.packed, &error));
    for (int lifted = 0; lifted < 2; lifted++) {
        set.lift = fresh.lift = lifted ? 5.0 : 0.0;
        while (set.count > 0)
            ckn_free_set_remove(&set, set.count / 2);
        for (int step = 0; step < 300; step++) {
            size_t position, tap = ckn_test_random(&random) % N;
            if (contains(&set, tap, &position))
                ckn_free_set_remove(&set, position);
            else
                assert_true(ckn_free_set_append(&set, tap));
            same_solution(&made, &set, &fresh, false);
            same_solution(&made, &set, &fresh, true);
        }
    }
    ckn_free_set_destroy(&set);
    ckn_free_set_destroy(&fresh);
    dense_system_release(&made);
}

static void dependent_taps_stay_out(void **state) {
    (void)state;
    dense_system made = dense_system_random(3, N, 10, 0.0);
    ckn_free_set set;
    bool all[N];
    TRY_OK(ckn_free_set_create(&set, &made.packed, &error));
    for (size_t tap = 0; tap < N; tap++) {
        all[tap] = true;
        assert_int_equal(ckn_free_set_append(&set, tap), tap < 10);
        assert_int_equal(set.count, tap < 10 ? tap + 1 : 10);
    }
    assert_false(ckn_free_set_assign(&set, all));
    assert_int_equal(set.count, 0);
    ckn_free_set_destroy(&set);
    ckn_free_set_destroy(&set);
    dense_system_release(&made);
}

/* Minimum of 1/2 |h|^2 - b'h on the plane sum h = 1: b, moved along the diagonal. */
static void keeps_the_sum(void **state) {
    (void)state;
    enum { n = 5 };
    dense_system made = dense_system_random(3, n, n, 0.0);
    memset(made.full, 0, n * n * sizeof *made.full);
    double mean = 0.0, expected[n], h[n];
    for (size_t i = 0; i < n; i++) {
        made.full[i * (n + 1)] = 1.0;
        mean += made.b[i] / n;
    }
    for (size_t i = 0; i < n; i++)
        expected[i] = made.b[i] - mean + 1.0 / n;
    dense_system_pack(&made);
    static const double lifts[] = {0.0, 1.0, 100.0};
    for (size_t i = 0; i < 3; i++) {
        ckn_free_set set;
        bool all[n] = {true, true, true, true, true};
        TRY_OK(ckn_free_set_create(&set, &made.packed, &error));
        set.lift = lifts[i];
        assert_true(ckn_free_set_assign(&set, all));
        ckn_free_set_solve(&set, made.b, true, h);
        ckn_test_close(h, expected, n, 1e-13, "lift %g", lifts[i]);
        ckn_free_set_destroy(&set);
    }
    dense_system_release(&made);
}

static void counts_its_bytes(void **state) {
    (void)state;
    size_t bytes = 0;
    double number = 0.0;
    ckn_free_set set;
    ckn_symmetric matrix = {(size_t)1 << 33, &number};
    ckn_error error = {CKN_OK, ""};
    assert_true(ckn_free_set_bytes(10, &bytes));
    assert_int_equal(bytes, 10 * 13 * sizeof(double));
    assert_false(ckn_free_set_bytes(SIZE_MAX, &bytes));
    assert_false(ckn_free_set_bytes(matrix.order, &bytes));
    assert_int_equal(ckn_free_set_create(&set, &matrix, &error), CKN_ERROR_MEMORY);
    assert_null(set.factor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_equal_new_factors),
        cmocka_unit_test(dependent_taps_stay_out),
        cmocka_unit_test(keeps_the_sum),
        cmocka_unit_test(counts_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
