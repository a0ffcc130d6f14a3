/* OpenBLAS's pool: one thread while several callers compute, its own setting before and after. */
#include "dense/blas_pool.h"
#include "support/harness.h"

#include <cblas.h>
#include <pthread.h>

enum { POOL = 2, CALLERS = 6, ROUNDS = 2000 };

static bool has_pool(void) {
    openblas_set_num_threads(POOL);
    return openblas_get_parallel() == OPENBLAS_THREAD && openblas_get_num_threads() == POOL;
}

static void test_alone(void **state) {
    (void)state;
    if (!has_pool())
        skip();
    ckn_blas_enter(NULL);
    ckn_blas_enter(NULL); /* nested in the same thread: no second caller */
    assert_int_equal(openblas_get_num_threads(), POOL);
    ckn_blas_leave();
    assert_int_equal(openblas_get_num_threads(), POOL);
    ckn_blas_leave();
    assert_int_equal(openblas_get_num_threads(), POOL);
}

/* A caller that stays until it is told to leave. */
typedef struct guest {
    pthread_barrier_t inside, done;
} guest;

static void *visit(void *user) {
    guest *own = user;
    ckn_blas_enter(NULL);
    pthread_barrier_wait(&own->inside);
    pthread_barrier_wait(&own->done);
    ckn_blas_leave();
    return NULL;
}

static void test_two(void **state) {
    (void)state;
    if (!has_pool())
        skip();
    guest other;
    pthread_t thread;
    pthread_barrier_init(&other.inside, NULL, 2);
    pthread_barrier_init(&other.done, NULL, 2);
    ckn_blas_enter(NULL);
    assert_int_equal(pthread_create(&thread, NULL, visit, &other), 0);
    pthread_barrier_wait(&other.inside);
    assert_int_equal(openblas_get_num_threads(), 1);
    pthread_barrier_wait(&other.done);
    pthread_join(thread, NULL);
    assert_int_equal(openblas_get_num_threads(), POOL); /* one is left: it has all of them again */
    ckn_blas_leave();
    assert_int_equal(openblas_get_num_threads(), POOL);
    pthread_barrier_destroy(&other.inside);
    pthread_barrier_destroy(&other.done);
}

static void *come_and_go(void *user) {
    double x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, *sum = user;
    for (int round = 0; round < ROUNDS; round++) {
        ckn_blas_enter(NULL);
        *sum += cblas_ddot(8, x, 1, x, 1);
        ckn_blas_leave();
    }
    return NULL;
}

static void test_many(void **state) {
    (void)state;
    if (!has_pool())
        skip();
    pthread_t threads[CALLERS];
    double sums[CALLERS] = {0};
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &sums[i]), 0);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(sums[i] == 204.0 * ROUNDS);
    }
    assert_int_equal(openblas_get_num_threads(), POOL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests_name("BLAS pool", tests, NULL, NULL);
}
