#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ckn_multiply(size_t a, size_t b, size_t *product) {
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *product = a * b;
    return true;
}

ckn_code ckn_allocate(void *pointer, size_t count, size_t size, const char *what,
                      ckn_error *error) {
    size_t bytes;
    void *memory = NULL;
    if (ckn_multiply(count ? count : 1, size, &bytes))
        memory = calloc(count ? count : 1, size);
    memcpy(pointer, &memory, sizeof memory);
    if (!memory)
        return ckn_fail(error, CKN_ERROR_MEMORY,
                        "not enough memory for %s (%zu elements of %zu bytes)", what, count, size);
    return CKN_OK;
}

char *ckn_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void ckn_free(void *pointer) {
    free(pointer);
}

size_t ckn_physical_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_size = sysconf(_SC_PAGESIZE);
    size_t bytes;
    if (pages <= 0 || page_size <= 0 || !ckn_multiply((size_t)pages, (size_t)page_size, &bytes))
        return 0;
    return bytes;
}
