/* Memory that runs out, and LAPACK that fails: the linker's --wrap sends the calls here. The Nth
 * calloc() fails, for N = 1, 2, ... until the job succeeds. Each failure must come back as a status
 * with a message, and everything allocated must have been freed. */
#include "dense/absolute.h"
#include "dense/cholesky.h"
#include "dense/eigen.h"
#include "dense/nnls.h"
#include "dense/systems.h"
#include "support/failing_memory.h"

#include <lapacke.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
lapack_int __real_LAPACKE_dsyevd_work(int layout, char job, char uplo, lapack_int n, double *a,
                                      lapack_int stride, double *values, double *work,
                                      lapack_int work_count, lapack_int *integers,
                                      lapack_int integer_count);
lapack_int __wrap_LAPACKE_dsyevd_work(int layout, char job, char uplo, lapack_int n, double *a,
                                      lapack_int stride, double *values, double *work,
                                      lapack_int work_count, lapack_int *integers,
                                      lapack_int integer_count);

static bool eigenvalues_fail;

lapack_int __wrap_LAPACKE_dsyevd_work(int layout, char job, char uplo, lapack_int n, double *a,
                                      lapack_int stride, double *values, double *work,
                                      lapack_int work_count, lapack_int *integers,
                                      lapack_int integer_count) {
    if (eigenvalues_fail)
        return 3;
    return __real_LAPACKE_dsyevd_work(layout, job, uplo, n, a, stride, values, work, work_count,
                                      integers, integer_count);
}
/* NOLINTEND(bugprone-reserved-identifier) */

enum { N = 7 };

static dense_system made;

static ckn_code create(ckn_error *error) {
    ckn_symmetric matrix;
    ckn_code code = ckn_symmetric_create(&matrix, N, "the test's matrix", error);
    ckn_symmetric_release(&matrix);
    return code;
}

static ckn_code condition(ckn_error *error) {
    double value;
    return ckn_cholesky_condition(&made.packed, 1.0, &value, error);
}

static ckn_code minimum_norm(ckn_error *error) {
    double x[N];
    ckn_minimum_norm report;
    return ckn_minimum_norm_solve(&made.packed, made.b, x, &report, error);
}

static ckn_code nnls(ckn_error *error) {
    double h[N];
    ckn_nnls_report report;
    return ckn_nnls_solve(&made.packed, made.b, false, h, NULL, NULL, &report, error);
}

static ckn_code absolute(ckn_error *error) {
    double h[N], slope[N];
    bool flat[2];
    static const ckn_absolute_term terms[] = {{0, 1}, {2, SIZE_MAX}};
    const ckn_absolute_problem problem = {
        .matrix = &made.packed, .b = made.b, .weight = 0.1, .terms = terms, .term_count = 2};
    ckn_absolute_answer answer = {.h = h, .slope = slope, .flat = flat};
    return ckn_absolute_solve(&problem, &answer, error);
}

static void run_out(const char *name, ckn_code (*job)(ckn_error *), size_t allocations) {
    for (size_t nth = 1;; nth++) {
        ckn_error error = {CKN_OK, ""};
        ckn_test_memory.living = 0;
        ckn_test_memory.countdown = nth;
        ckn_test_memory.armed = true;
        ckn_code code = job(&error);
        ckn_test_memory.armed = false;
        if (ckn_test_memory.living != 0)
            ckn_test_fail("%s: %td blocks are left after call %zu failed", name,
                          ckn_test_memory.living, nth);
        if (code == CKN_OK) {
            assert_int_equal(nth, allocations + 1);
            return;
        }
        assert_int_equal(code, CKN_ERROR_MEMORY);
        assert_non_null(strstr(error.message, "memory"));
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    made = dense_system_random(1, N, 12, 0.0);
    run_out("create", create, 1);
    run_out("minimum norm", minimum_norm, 4);
    run_out("nnls", nnls, 8);
    run_out("absolute", absolute, 2);
    bool definite;
    TRY_OK(ckn_cholesky_factor(&made.packed, &definite, &error));
    assert_true(definite);
    run_out("condition", condition, 2);
    dense_system_release(&made);
}

static void eigenvalues_may_not_converge(void **state) {
    (void)state;
    ckn_error error = {CKN_OK, ""};
    made = dense_system_random(1, N, 12, 0.0);
    eigenvalues_fail = true;
    assert_int_equal(minimum_norm(&error), CKN_ERROR_INTERNAL);
    eigenvalues_fail = false;
    assert_non_null(strstr(error.message, "dsyevd"));
    dense_system_release(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(eigenvalues_may_not_converge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
