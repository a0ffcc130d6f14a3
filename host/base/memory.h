/* Allocation with overflow checks and messages. */
#ifndef CKN_BASE_MEMORY_H
#define CKN_BASE_MEMORY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* *product = a * b; false where it does not fit in size_t. */
bool ckn_multiply(size_t a, size_t b, size_t *product);

/* Zeroed array of `count` elements of `size` bytes in *pointer (a T **, freed with free()).
 * `what` names it in the message; on failure *pointer is NULL. A count of 0 gives a pointer that
 * may be freed. */
ckn_code ckn_allocate(void *pointer, size_t count, size_t size, const char *what, ckn_error *error);

/* Bytes of memory that the machine has; 0 where that is not known. */
size_t ckn_physical_memory(void);

/* printf into a new string (freed with free()); NULL where memory is exhausted. */
__attribute__((format(printf, 1, 2))) char *ckn_format(const char *format, ...);

#endif
