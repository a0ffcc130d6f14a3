/* The OpenCL sources that are built into the library. */
#ifndef CKN_KERNEL_SOURCES_H
#define CKN_KERNEL_SOURCES_H

#include <stddef.h>

typedef struct ckn_kernel_source {
    const char *name; /* file name, for example "residual.cl" */
    const char *text; /* zero-terminated */
    size_t length;    /* without the zero */
} ckn_kernel_source;

extern const ckn_kernel_source ckn_kernel_sources[];
extern const size_t ckn_kernel_source_count;

#endif
