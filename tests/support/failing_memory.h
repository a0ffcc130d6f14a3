/* Memory that runs out. Link a test with failing_memory.c and
 * -Wl,--wrap=calloc -Wl,--wrap=malloc -Wl,--wrap=free: the calls of its own objects come here. */
#ifndef CKN_TEST_FAILING_MEMORY_H
#define CKN_TEST_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ckn_test_failing_memory {
    bool armed;       /* faults are injected and allocations counted */
    size_t countdown; /* the call that fails: 1 is the next; 0 none */
    ptrdiff_t living; /* blocks allocated while armed and not freed since */
} ckn_test_failing_memory;

extern ckn_test_failing_memory ckn_test_memory;

#endif
