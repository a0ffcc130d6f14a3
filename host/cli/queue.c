#include "cli/queue.h"

#include "base/memory.h"

#include <stdlib.h>

ckn_code ckn_cli_queue_create(ckn_cli_queue *queue, size_t capacity, ckn_error *error) {
    *queue = (ckn_cli_queue){.capacity = capacity};
    CKN_TRY(ckn_allocate(&queue->items, capacity, sizeof *queue->items, "a queue", error));
    if (pthread_mutex_init(&queue->lock, NULL) != 0) {
        free(queue->items);
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a queue");
    }
    if (pthread_cond_init(&queue->changed, NULL) != 0) {
        pthread_mutex_destroy(&queue->lock);
        free(queue->items);
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a queue");
    }
    return CKN_OK;
}

void ckn_cli_queue_destroy(ckn_cli_queue *queue) {
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue->items);
}

bool ckn_cli_queue_push(ckn_cli_queue *queue, void *item) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->changed, &queue->lock);
    bool taken = !queue->closed;
    if (taken) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        /* Waiters for room and for items share one condition, so all of them must look. */
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

/* Needs the lock. */
static void *take(ckn_cli_queue *queue) {
    if (queue->count == 0)
        return NULL;
    void *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_cond_broadcast(&queue->changed);
    return item;
}

void *ckn_cli_queue_pop(ckn_cli_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->changed, &queue->lock);
    void *item = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void *ckn_cli_queue_try_pop(ckn_cli_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    void *item = take(queue);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void ckn_cli_queue_close(ckn_cli_queue *queue) {
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}
