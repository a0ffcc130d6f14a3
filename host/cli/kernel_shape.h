/* Known kernels for `simulate`. All but those from files have the sum 1. */
#ifndef CKN_CLI_KERNEL_SHAPE_H
#define CKN_CLI_KERNEL_SHAPE_H

#include "base/status.h"
#include "base/view.h"
#include "io/read_limit.h"

typedef enum ckn_kernel_kind {
    CKN_KERNEL_GAUSSIAN = 0, /* size: sigma; sampled at the pixels' centres */
    CKN_KERNEL_BOX,          /* size: side */
    CKN_KERNEL_DISC,         /* size: radius */
    CKN_KERNEL_MOTION,       /* size: length of a line one pixel wide; angle as below */
    CKN_KERNEL_FILE
} ckn_kernel_kind;

typedef struct ckn_kernel_spec {
    ckn_kernel_kind kind;
    double size;
    double angle;     /* degrees from +x towards +y (downwards), like ckn_kernel_figures */
    const char *path; /* of the file; points into the parsed text */
} ckn_kernel_spec;

/* "gaussian:S", "box:N", "disc:R", "motion:LEN,DEG" or the name of a file. */
ckn_code ckn_kernel_spec_parse(const char *text, ckn_kernel_spec *spec, ckn_error *error);

/* The kernel's size: `wanted`, or where that is 0 x 0 the smallest odd one that holds the kernel
 * (to 4 sigma for the Gaussian). Refuses a size that would cut the kernel; a Gaussian may be cut.
 * A file's size is only known when it is read, and then `wanted` must be 0 x 0. */
ckn_code ckn_kernel_spec_shape(const ckn_kernel_spec *spec, ckn_shape wanted, ckn_shape *shape,
                               ckn_error *error);

/* Samples the kernel, or reads its file within `limits`, where *shape receives the size. *taps is
 * row-major, to be freed with free(). Areas are exact, so that edges are smooth. */
ckn_code ckn_kernel_spec_make(const ckn_kernel_spec *spec, const ckn_read_limits *limits,
                              ckn_shape *shape, double **taps, ckn_error *error);

#endif
