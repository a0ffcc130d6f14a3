/* Allocations and threads. */
#include "preload.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

/* What glibc's own functions do, under the names that stay when those are replaced. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* Both are counted, whichever is to fail. */
static bool memory_fails(const void *return_address) {
    bool own = preload_caller_of(return_address) == CALLER_OWN && preload_fails("own-memory");
    bool any = preload_fails("any-memory");
    if (own || any)
        errno = ENOMEM;
    return own || any;
}

#define MEMORY_FAILS() memory_fails(__builtin_return_address(0))

PRELOADED void *malloc(size_t size) {
    return MEMORY_FAILS() ? NULL : __libc_malloc(size);
}

PRELOADED void *calloc(size_t count, size_t size) {
    return MEMORY_FAILS() ? NULL : __libc_calloc(count, size);
}

PRELOADED void *realloc(void *memory, size_t size) {
    return MEMORY_FAILS() ? NULL : __libc_realloc(memory, size);
}

PRELOADED void *reallocarray(void *memory, size_t count, size_t size) {
    size_t bytes;
    if (MEMORY_FAILS() || __builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return __libc_realloc(memory, bytes);
}

PRELOADED void *aligned_alloc(size_t alignment, size_t size) {
    return MEMORY_FAILS() ? NULL : __libc_memalign(alignment, size);
}

PRELOADED void *memalign(size_t alignment, size_t size);
PRELOADED void *memalign(size_t alignment, size_t size) {
    return MEMORY_FAILS() ? NULL : __libc_memalign(alignment, size);
}

PRELOADED int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = MEMORY_FAILS() ? NULL : __libc_memalign(alignment, size);
    if (!made)
        return ENOMEM;
    *memory = made;
    return 0;
}

/* Of our own only: libgomp ends the process where it gets no thread. */
PRELOADED int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                             void *(*start)(void *), void *restrict argument) {
    static int (*original)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!original)
        preload_find_original("pthread_create", &original);
    if (preload_caller_of(__builtin_return_address(0)) == CALLER_OWN &&
        preload_fails("pthread_create"))
        return preload_code();
    return original(thread, attributes, start, argument);
}
