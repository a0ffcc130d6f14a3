/* Contexts of different threads are independent: several threads, each with contexts of its own, do
 * everything that needs one at the same time, and every result is that of a serial run: to the last
 * bit where OpenBLAS has one thread; up to rounding where it has a pool, which works for one caller
 * only (dense/blas_pool.h), so that sums are split in different places. */
#include "support/harness.h"

#include "support/naive.h"
#include "support/random.h"

#include <cblas.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 40, KERNEL = 5, THREADS = 4, ROUNDS = 2, NUMBERS = SIDE * SIDE + 64 };

/* What all threads read, and none writes. */
static float sharp[SIDE * SIDE], blurred[SIDE * SIDE];

/* What a job computes: images, and figures behind them. */
typedef struct answer {
    ckn_code code;
    size_t count;
    double numbers[NUMBERS];
    char message[256];
} answer;

static void add_number(answer *out, double number) {
    if (out->count < NUMBERS)
        out->numbers[out->count++] = number;
}

static ckn_pair pair_of_all(void) {
    return (ckn_pair){.sharp = ckn_view_f32(sharp, SIDE, SIDE),
                      .blurred = ckn_view_f32(blurred, SIDE, SIDE)};
}

/* ------------------------------------------------------------------ estimates */

typedef struct estimate_method {
    const char *name;
    ckn_solver solver;
    ckn_engine engine;
    ckn_constraint constraint;
    int robust;
    int more; /* error bars, families and the quality of the residual, too */
} estimate_method;

static const estimate_method methods[] = {
    {"auto", CKN_SOLVER_AUTO, CKN_ENGINE_AUTO, CKN_CONSTRAINT_AUTO, 0, 1},
    {"exact", CKN_SOLVER_EXACT, CKN_ENGINE_AUTO, CKN_CONSTRAINT_NONE, 0, 0},
    {"nnls on the simplex", CKN_SOLVER_NNLS, CKN_ENGINE_AUTO, CKN_CONSTRAINT_SIMPLEX, 0, 0},
    {"fista by fft", CKN_SOLVER_FISTA, CKN_ENGINE_FFT, CKN_CONSTRAINT_NONNEG, 0, 0},
    {"gd by sums", CKN_SOLVER_GD, CKN_ENGINE_DIRECT, CKN_CONSTRAINT_NONE, 0, 0},
    {"cg on the statistics", CKN_SOLVER_CG, CKN_ENGINE_GRAM, CKN_CONSTRAINT_NONE, 0, 0},
    {"robust", CKN_SOLVER_AUTO, CKN_ENGINE_AUTO, CKN_CONSTRAINT_AUTO, 1, 0},
};

enum { METHODS = sizeof methods / sizeof methods[0] };

static ckn_code add_families(ckn_estimate_plan *plan, answer *out, ckn_error *error) {
    ckn_family_fit fits[CKN_FAMILY_COUNT];
    CKN_TRY(ckn_estimate_plan_families(plan, fits, error));
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        if (!fits[i].found)
            continue;
        add_number(out, fits[i].family);
        add_number(out, fits[i].value.gain);
        add_number(out, fits[i].chi_square);
    }
    return CKN_OK;
}

static ckn_code add_more(ckn_estimate_plan *plan, answer *out, ckn_error *error) {
    double errors[KERNEL * KERNEL];
    ckn_uncertainty uncertainty;
    ckn_residual_quality quality;
    CKN_TRY(ckn_estimate_plan_uncertainty(plan, ckn_output_f64(errors, KERNEL, KERNEL),
                                          &uncertainty, error));
    for (size_t i = 0; i < (size_t)KERNEL * KERNEL; i++)
        add_number(out, errors[i]);
    add_number(out, uncertainty.noise_sigma);
    CKN_TRY(ckn_estimate_plan_residual(plan, &quality, error));
    add_number(out, quality.correlation);
    return add_families(plan, out, error);
}

static ckn_code estimate(ckn_context *context, const estimate_method *method, answer *out,
                         ckn_error *error) {
    const ckn_pair pair = pair_of_all();
    double kernel[KERNEL * KERNEL];
    ckn_estimate_options options;
    ckn_estimate_plan *plan;
    ckn_estimate_result result;
    ckn_estimate_options_init(&options);
    options.kernel_rows = options.kernel_cols = KERNEL;
    options.solver = method->solver;
    options.engine = method->engine;
    options.constraint = method->constraint;
    options.robust = method->robust;
    options.iterations = 20;
    CKN_TRY(ckn_estimate_plan_create(context, &options, &pair, 1, &plan, error));
    ckn_code code = ckn_estimate_plan_run(plan, &pair, 1, ckn_output_f64(kernel, KERNEL, KERNEL),
                                          NULL, &result, error);
    for (size_t i = 0; i < (size_t)KERNEL * KERNEL && code == CKN_OK; i++)
        add_number(out, kernel[i]);
    if (code == CKN_OK)
        add_number(out, result.objective);
    if (code == CKN_OK && method->more)
        code = add_more(plan, out, error);
    ckn_estimate_plan_destroy(plan);
    return code;
}

/* ------------------------------------------------------------- everything else */

static ckn_code blur(ckn_context *context, ckn_blur_method how, answer *out, ckn_error *error) {
    float samples[SIDE * SIDE];
    const ckn_image image = ckn_image_planar(sharp, CKN_FLOAT32, SIDE, SIDE, 1);
    const ckn_image_output to = ckn_image_output_planar(samples, CKN_FLOAT32, SIDE, SIDE, 1);
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    options.sigma_x = options.sigma_y = 2.5;
    options.method = how;
    CKN_TRY(ckn_blur(context, &options, &image, &to, NULL, error));
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        add_number(out, (double)samples[i]);
    return CKN_OK;
}

static ckn_code apply(ckn_context *context, ckn_engine engine, answer *out, ckn_error *error) {
    static const double taps[] = {0, 0.1, 0, 0.2, 0.4, 0.2, 0, 0.1, 0};
    out->count = (size_t)SIDE * SIDE;
    return ckn_apply(context, ckn_view_f32(sharp, SIDE, SIDE), ckn_view_f64(taps, 3, 3),
                     CKN_SUPPORT_SAME, engine, ckn_output_f64(out->numbers, SIDE, SIDE), error);
}

static ckn_code shift(ckn_context *context, answer *out, ckn_error *error) {
    const ckn_pair pair = pair_of_all();
    ckn_shift found;
    CKN_TRY(ckn_find_shift(context, &pair, &found, error));
    add_number(out, found.row);
    add_number(out, found.col);
    add_number(out, found.significance);
    return CKN_OK;
}

static ckn_code support(ckn_context *context, answer *out, ckn_error *error) {
    const ckn_pair pair = pair_of_all();
    ckn_support_options options;
    ckn_support_result result;
    ckn_support_options_init(&options);
    options.first_rows = options.first_cols = KERNEL;
    CKN_TRY(ckn_find_support(context, &options, &pair, 1, &result, error));
    add_number(out, (double)result.frame.rows);
    add_number(out, (double)result.frame.cols);
    add_number(out, result.noise_sigma);
    return CKN_OK;
}

enum { BOX = METHODS, FIR, APPLY_DIRECT, APPLY_FFT, SHIFT, SUPPORT, JOBS };

static const char *job_name(size_t job) {
    static const char *const names[] = {"box",          "fir",   "apply by sums",
                                        "apply by fft", "shift", "support"};
    return job < METHODS ? methods[job].name : names[job - METHODS];
}

static ckn_code perform(ckn_context *context, size_t job, answer *out, ckn_error *error) {
    switch (job) {
    case BOX:
        return blur(context, CKN_BLUR_BOX, out, error);
    case FIR:
        return blur(context, CKN_BLUR_FIR, out, error);
    case APPLY_DIRECT:
        return apply(context, CKN_ENGINE_DIRECT, out, error);
    case APPLY_FFT:
        return apply(context, CKN_ENGINE_FFT, out, error);
    case SHIFT:
        return shift(context, out, error);
    case SUPPORT:
        return support(context, out, error);
    default:
        return estimate(context, &methods[job], out, error);
    }
}

/* -------------------------------------------------------------------- threads */

static ckn_code open_context(ckn_context **context, ckn_error *error) {
    ckn_context_options options;
    ckn_context_options_init(&options);
    options.device = getenv("CKN_TEST_DEVICE");
    options.threads = 2;
    return ckn_context_create(&options, context, error);
}

static void do_job(ckn_context *context, size_t job, answer *out) {
    ckn_error error = {CKN_OK, ""};
    out->count = 0;
    out->code = perform(context, job, out, &error);
    snprintf(out->message, sizeof out->message, "%.200s", error.message);
}

/* Of the serial run, and how far from it an answer may be; read by all threads. */
static answer *expected;
static double tolerance;
static pthread_barrier_t start;

typedef struct worker {
    pthread_t thread;
    size_t first; /* job: no two threads do the same at the same time, nor always another one */
    char failure[512];
} worker;

static bool is_expected(const answer *out, const answer *wanted) {
    if (out->count != wanted->count)
        return false;
    if (tolerance == 0)
        return memcmp(out->numbers, wanted->numbers, out->count * sizeof *out->numbers) == 0;
    return ckn_test_difference(out->numbers, wanted->numbers, out->count) <= tolerance;
}

static void check_job(worker *me, ckn_context *context, size_t job, answer *out) {
    const answer *wanted = &expected[job];
    do_job(context, job, out);
    if (out->code != wanted->code)
        snprintf(me->failure, sizeof me->failure, "%s: %s", job_name(job), out->message);
    else if (out->code == CKN_OK && !is_expected(out, wanted))
        snprintf(me->failure, sizeof me->failure, "%s differs from the serial run by %g",
                 job_name(job), ckn_test_difference(out->numbers, wanted->numbers, out->count));
}

static void *work(void *argument) {
    worker *me = argument;
    answer *out = malloc(sizeof *out);
    pthread_barrier_wait(&start);
    for (size_t round = 0; round < ROUNDS && out; round++) {
        ckn_context *context;
        ckn_error error = {CKN_OK, ""};
        if (open_context(&context, &error) != CKN_OK) {
            snprintf(me->failure, sizeof me->failure, "no context: %.400s", error.message);
            break;
        }
        for (size_t i = 0; i < JOBS; i++)
            check_job(me, context, (i + me->first) % JOBS, out);
        ckn_context_destroy(context);
    }
    free(out);
    return NULL;
}

static void make_pair(void) {
    double *x = ckn_test_random_array(7, (size_t)SIDE * SIDE, 0, 1);
    double *y = ckn_test_array((size_t)SIDE * SIDE);
    static const double taps[] = {0.05, 0.1, 0.05, 0.1, 0.4, 0.1, 0.05, 0.1, 0.05};
    uint64_t noise = 11;
    ckn_naive_same(x, (ckn_shape){SIDE, SIDE}, taps, (ckn_shape){3, 3}, y);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        sharp[i] = (float)x[i];
        blurred[i] = (float)(y[i] + ckn_test_uniform(&noise, -1e-3, 1e-3));
    }
    free(x);
    free(y);
}

static void run_serially(void) {
    ckn_context *context;
    expected = calloc(JOBS, sizeof *expected);
    assert_non_null(expected);
    TRY_OK(open_context(&context, &error));
    for (size_t job = 0; job < JOBS; job++) {
        do_job(context, job, &expected[job]);
        if (expected[job].code == CKN_ERROR_UNSUPPORTED) /* a build without FFTW */
            continue;
        if (expected[job].code != CKN_OK)
            ckn_test_fail("%s: %s", job_name(job), expected[job].message);
        assert_true(expected[job].count > 0 && expected[job].count < NUMBERS);
    }
    ckn_context_destroy(context);
}

static void run_together(void) {
    worker workers[THREADS];
    make_pair();
    run_serially();
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.first = i * 3};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_barrier_destroy(&start);
    free(expected);
    for (size_t i = 0; i < THREADS; i++) {
        if (workers[i].failure[0])
            ckn_test_fail("thread %zu: %s", i, workers[i].failure);
    }
}

static void test_one_blas_thread(void **state) {
    (void)state;
    const int threads = openblas_get_num_threads();
    openblas_set_num_threads(1);
    tolerance = 0;
    run_together();
    openblas_set_num_threads(threads);
}

/* It must not be slow either: ctest's time limit sees that. */
static void test_pool_of_blas(void **state) {
    (void)state;
    tolerance = 1e-9;
    run_together();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_blas_thread),
                                       cmocka_unit_test(test_pool_of_blas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
