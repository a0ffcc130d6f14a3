#include "support/failing_memory.h"

ckn_test_failing_memory ckn_test_memory;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void __real_free(void *pointer);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void __wrap_free(void *pointer);

static bool fails_now(void) {
    return ckn_test_memory.armed && ckn_test_memory.countdown > 0 &&
           --ckn_test_memory.countdown == 0;
}

void *__wrap_calloc(size_t count, size_t size) {
    void *pointer = fails_now() ? NULL : __real_calloc(count, size);
    ckn_test_memory.living += ckn_test_memory.armed && pointer;
    return pointer;
}

void *__wrap_malloc(size_t size) {
    void *pointer = fails_now() ? NULL : __real_malloc(size);
    ckn_test_memory.living += ckn_test_memory.armed && pointer;
    return pointer;
}

void __wrap_free(void *pointer) {
    ckn_test_memory.living -= ckn_test_memory.armed && pointer;
    __real_free(pointer);
}
/* NOLINTEND(bugprone-reserved-identifier) */
