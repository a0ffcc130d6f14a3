/* Two contexts on one device, used by two threads at the same time, again and again. */
#include "support/harness.h"

#include "backend/opencl/opencl.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 12, COLS = 10, COUNT = ROWS * COLS, ROUNDS = 3 };

typedef struct worker {
    pthread_t thread;
    unsigned seed;
    char failure[1200];
} worker;

typedef struct job {
    ckn_backend *backend;
    ckn_fft *fft;
    ckn_buffer *plane, *spectrum;
    float before[COUNT], after[COUNT];
} job;

static ckn_code transform(job *work, ckn_error *error) {
    const ckn_shape shape = {ROWS, COLS};
    const ckn_backend_ops *ops = work->backend->ops;
    const ckn_view view = ckn_view_f32(work->before, ROWS, COLS);
    const ckn_output output = ckn_output_f32(work->after, ROWS, COLS);
    CKN_TRY(ops->fft_create(work->backend, shape, &work->fft, error));
    CKN_TRY(ops->buffer_create(work->backend, COUNT, &work->plane, error));
    CKN_TRY(ops->buffer_create(work->backend, ckn_spectrum_count(shape), &work->spectrum, error));
    for (int i = 0; i < 20; i++) {
        CKN_TRY(ops->upload(work->backend, work->plane, &view, error));
        CKN_TRY(ops->fft_forward(work->backend, work->fft, work->plane, work->spectrum, error));
        CKN_TRY(ops->fill(work->backend, work->plane, COUNT, 0, error));
        CKN_TRY(ops->fft_inverse(work->backend, work->fft, work->spectrum, work->plane, error));
        CKN_TRY(ops->download(work->backend, work->plane, &output, error));
        for (int j = 0; j < COUNT; j++) {
            if (!(fabsf(work->after[j] - work->before[j]) < 1e-5F))
                return ckn_fail(error, CKN_ERROR_DATA, "sample %d is wrong", j);
        }
    }
    return CKN_OK;
}

static ckn_code run_once(unsigned seed, ckn_error *error) {
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    job work;
    memset(&work, 0, sizeof work);
    for (unsigned i = 0; i < COUNT; i++)
        work.before[i] = (float)((seed + i * 7919U) % 101U) / 101.0F;
    CKN_TRY(ckn_opencl_create("opencl", &options, &work.backend, error));
    ckn_code code = transform(&work, error);
    work.backend->ops->fft_destroy(work.backend, work.fft);
    work.backend->ops->buffer_destroy(work.backend, work.plane);
    work.backend->ops->buffer_destroy(work.backend, work.spectrum);
    work.backend->ops->destroy(work.backend);
    return code;
}

static void *run(void *argument) {
    worker *me = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        ckn_error error = {CKN_OK, ""};
        if (run_once(me->seed + round, &error) != CKN_OK)
            snprintf(me->failure, sizeof me->failure, "%s", error.message);
    }
    return NULL;
}

static void test_two_threads(void **state) {
    (void)state;
    worker workers[2] = {{.seed = 1}, {.seed = 50}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < 2; i++) {
        if (workers[i].failure[0])
            ckn_test_fail("thread %d: %s", i, workers[i].failure);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
