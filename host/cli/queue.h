/* A bounded queue of pointers between threads: the stages of a pipeline hand their items on through
 * it. Whoever holds an item owns it: it passes to the queue by a push that returns true, and to the
 * caller of the pop that returns it. */
#ifndef CKN_CLI_QUEUE_H
#define CKN_CLI_QUEUE_H

#include "base/status.h"

#include <pthread.h>
#include <stdbool.h>

typedef struct ckn_cli_queue {
    pthread_mutex_t lock; /* guards all that follows */
    pthread_cond_t changed;
    void **items; /* a ring */
    size_t capacity, first, count;
    bool closed;
} ckn_cli_queue;

/* `capacity` is at least 1. CKN_ERROR_MEMORY. */
ckn_code ckn_cli_queue_create(ckn_cli_queue *queue, size_t capacity, ckn_error *error);
/* No thread may use the queue any more. Items that are still in it stay whose they were. */
void ckn_cli_queue_destroy(ckn_cli_queue *queue);

/* Waits for room. False where the queue is closed: the item is still the caller's. */
bool ckn_cli_queue_push(ckn_cli_queue *queue, void *item);
/* Waits for an item. NULL: the queue is closed, and nothing is left in it. */
void *ckn_cli_queue_pop(ckn_cli_queue *queue);
/* The same without waiting. NULL: nothing is there now. */
void *ckn_cli_queue_try_pop(ckn_cli_queue *queue);
/* No more pushes; what is in the queue may still be popped. Wakes everybody who waits. */
void ckn_cli_queue_close(ckn_cli_queue *queue);

#endif
