/* The queue between the stages of a batch: order, room, and its end. */
#include "program.h"

#include "cli/queue.h"

enum { ITEMS = 20000, READERS = 3 };

static int items[ITEMS]; /* what is popped is counted here */

typedef struct reader {
    pthread_t thread;
    ckn_cli_queue *queue;
    size_t count;
    bool ordered;
} reader;

static void *read_all(void *pointer) {
    reader *self = pointer;
    int *last = NULL;
    self->ordered = true;
    for (int *item; (item = ckn_cli_queue_pop(self->queue)); last = item) {
        self->ordered = self->ordered && (!last || item > last);
        (*item)++; /* the item is this thread's now */
        self->count++;
    }
    return NULL;
}

static void *write_all(void *pointer) {
    for (size_t i = 0; i < ITEMS; i++)
        ckn_cli_queue_push(pointer, &items[i]);
    ckn_cli_queue_close(pointer);
    return NULL;
}

static void test_every_item_once_and_in_order(void **state) {
    (void)state;
    ckn_cli_queue queue;
    reader readers[READERS] = {{0}};
    pthread_t writer;
    size_t count = 0;
    assert_int_equal(ckn_cli_queue_create(&queue, 2, NULL), CKN_OK);
    for (size_t i = 0; i < READERS; i++) {
        readers[i].queue = &queue;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
    }
    assert_int_equal(pthread_create(&writer, NULL, write_all, &queue), 0);
    pthread_join(writer, NULL);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_true(readers[i].ordered);
        count += readers[i].count;
    }
    assert_int_equal(count, ITEMS);
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(items[i], 1);
    ckn_cli_queue_destroy(&queue);
}

static void *push_twice(void *pointer) {
    static bool pushed[2];
    pushed[0] = ckn_cli_queue_push(pointer, &items[0]);
    pushed[1] = ckn_cli_queue_push(pointer, &items[1]);
    return pushed;
}

/* Closing ends the wait for room; what was pushed before is still there. */
static void test_close(void **state) {
    (void)state;
    ckn_cli_queue queue;
    pthread_t writer;
    void *result;
    assert_int_equal(ckn_cli_queue_create(&queue, 1, NULL), CKN_OK);
    assert_null(ckn_cli_queue_try_pop(&queue));
    assert_int_equal(pthread_create(&writer, NULL, push_twice, &queue), 0);
    void *item;
    while (!(item = ckn_cli_queue_try_pop(&queue)))
        continue;
    assert_ptr_equal(item, &items[0]);
    ckn_cli_queue_close(&queue);
    pthread_join(writer, &result);
    /* The second push came before the close, or was refused by it. */
    const bool *pushed = result;
    assert_true(pushed[0]);
    assert_ptr_equal(ckn_cli_queue_pop(&queue), pushed[1] ? &items[1] : NULL);
    assert_null(ckn_cli_queue_pop(&queue));
    assert_false(ckn_cli_queue_push(&queue, &items[0]));
    ckn_cli_queue_destroy(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_once_and_in_order),
        cmocka_unit_test(test_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
