#include "dense/blas_pool.h"

#include <cblas.h>
#include <pthread.h>

/* Global by need: so is the pool. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int callers; /* threads that compute now */
static int pool;    /* OpenBLAS's setting while it is 1 for our sake; 0: it is as it was found */

static _Thread_local int depth; /* of nested calls in this thread */

/* Holds the mutex. */
static void adapt(void) {
    if (openblas_get_parallel() != OPENBLAS_THREAD)
        return;
    if (callers > 1 && pool == 0) {
        pool = openblas_get_num_threads();
        openblas_set_num_threads(1);
    } else if (callers <= 1 && pool != 0) {
        openblas_set_num_threads(pool);
        pool = 0;
    }
}

static void count(int change) {
    pthread_mutex_lock(&mutex);
    callers += change;
    adapt();
    pthread_mutex_unlock(&mutex);
}

void ckn_blas_enter(void) {
    if (depth++ == 0)
        count(1);
}

void ckn_blas_leave(void) {
    if (--depth == 0)
        count(-1);
}
