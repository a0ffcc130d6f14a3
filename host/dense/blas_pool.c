#include "dense/blas_pool.h"

#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Global by need: so is the pool. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int callers; /* threads that compute now */
static int pool;    /* OpenBLAS's setting while it is 1 for our sake; 0: it is as it was found */

static int most; /* callers that have computed at the same time so far */

static _Thread_local int depth; /* of nested calls in this thread */

/* Bytes of the buffer that OpenBLAS maps for every caller at the same time, and keeps: BUFFER_SIZE
 * and two pages on x86-64, where it is largest. */
#define BUFFER_BYTES (((size_t)32 << 22) + 8192)

/* Holds the mutex. One caller more than ever takes one buffer more; its first product takes it, so
 * that nothing else can take the memory between this and the first use. */
static bool has_room(void) {
    if (callers < most)
        return true;
    void *probe = malloc(BUFFER_BYTES);
    free(probe);
    if (!probe)
        return false;
    const double one = 1;
    double product = 0;
    cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, 1, 1, 1, &one, 1, &one, 1, 0, &product, 1);
    return product == 1;
}

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

ckn_code ckn_blas_enter(ckn_error *error) {
    if (depth > 0) {
        depth++;
        return CKN_OK;
    }
    pthread_mutex_lock(&mutex);
    const bool room = has_room();
    if (room) {
        depth = 1;
        callers++;
        most = callers > most ? callers : most;
        adapt();
    }
    pthread_mutex_unlock(&mutex);
    if (room)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_MEMORY,
                    "not enough memory for the work space of OpenBLAS (%zu MB a thread)",
                    BUFFER_BYTES >> 20);
}

void ckn_blas_leave(void) {
    if (--depth > 0)
        return;
    pthread_mutex_lock(&mutex);
    callers--;
    adapt();
    pthread_mutex_unlock(&mutex);
}
