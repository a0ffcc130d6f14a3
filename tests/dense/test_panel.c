/* Panels against the sums that define them. */
#include "dense/panel.h"
#include "support/harness.h"
#include "support/random.h"

#include <math.h>
#include <stdlib.h>

typedef struct sums {
    ckn_symmetric matrix;
    double *border, *corner;
} sums;

static double entry(const double *rows, size_t row, size_t width, size_t col) {
    return rows[row * width + col];
}

/* Rows of n + m numbers, the first `plus` of them added, the others taken away. */
static void check(size_t n, size_t m, size_t count, size_t plus) {
    const size_t width = n + m;
    double *rows = ckn_test_random_array(n + 7 * m + count, (count + 1) * width, -1, 1);
    sums found = {.border = ckn_test_array(m * n + 1), .corner = ckn_test_array(m * m + 1)};
    TRY_OK(ckn_symmetric_create(&found.matrix, n, "a matrix", &error));
    const ckn_normal_sums target = {&found.matrix, found.border, found.corner, m};
    ckn_panel panels[2];
    TRY_OK(ckn_panel_create(&panels[0], &target, 1, &error));
    TRY_OK(ckn_panel_create(&panels[1], &target, -1, &error));
    for (size_t r = 0; r < count; r++) {
        double *row = NULL, *extra = NULL;
        TRY_OK(ckn_panel_next(&panels[r >= plus], &row, &extra, &error));
        for (size_t i = 0; i < width; i++)
            *(i < n ? &row[i] : &extra[i - n]) = entry(rows, r, width, i);
    }
    for (size_t side = 0; side < 2; side++) {
        TRY_OK(ckn_panel_flush(&panels[side], &error));
        TRY_OK(ckn_panel_flush(&panels[side], &error)); /* nothing is left */
        ckn_panel_release(&panels[side]);
        ckn_panel_release(&panels[side]);
    }
    for (size_t i = 0; i < width; i++) {
        for (size_t j = 0; j < width; j++) {
            double sum = 0;
            for (size_t r = 0; r < count; r++)
                sum += (r < plus ? 1 : -1) * entry(rows, r, width, i) * entry(rows, r, width, j);
            if (i < n && j >= n)
                continue;
            const double got = i < n   ? *ckn_symmetric_at(&found.matrix, i, j)
                               : j < n ? found.border[(i - n) * n + j]
                                       : found.corner[(i - n) * m + j - n];
            if (!(fabs(got - sum) <= 1e-13 * (double)(count + 1)))
                ckn_test_fail("n %zu, m %zu, %zu rows: (%zu, %zu) is %.17g, not %.17g", n, m, count,
                              i, j, got, sum);
        }
    }
    ckn_symmetric_release(&found.matrix);
    free(found.border);
    free(found.corner);
    free(rows);
}

static void sums_rows(void **state) {
    (void)state;
    static const size_t orders[] = {1, 2, 3, 8, 21}, extras[] = {0, 1, 2, 4};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (size_t j = 0; j < sizeof extras / sizeof *extras; j++) {
            check(orders[i], extras[j], 0, 0);
            check(orders[i], extras[j], 1, 0);
            check(orders[i], extras[j], 30, 30);
            check(orders[i], extras[j], 50, 13);
        }
}

/* More rows than a panel holds. */
static void flushes_when_full(void **state) {
    (void)state;
    check(2, 1, 9000, 5000);
    check(3, 2, 4096, 4096);
    check(3, 2, 4097, 0);
}

static void predicts(void **state) {
    (void)state;
    assert_true(ckn_panel_seconds(0, 100) == 0);
    assert_true(ckn_panel_seconds(2000, 100) > ckn_panel_seconds(1000, 100));
    assert_true(ckn_panel_seconds(1000, 200) > 2 * ckn_panel_seconds(1000, 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_rows),
        cmocka_unit_test(flushes_when_full),
        cmocka_unit_test(predicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
