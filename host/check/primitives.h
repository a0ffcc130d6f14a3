/* The primitives that an estimate uses, each as a job that any backend can do; compare.c runs them
 * on two. A new one is a function and a line in the table of primitives.c. */
#ifndef CKN_CHECK_PRIMITIVES_H
#define CKN_CHECK_PRIMITIVES_H

#include "backend/backend.h"

typedef struct ckn_workload {
    const ckn_estimate_options *options;
    const ckn_pair *pairs;
    size_t pair_count;
    ckn_shape x_shape, y_shape, h_shape; /* of the first pair */
    double *vectors;                     /* 5 K numbers in [0, 1) */
    char detail[64];
} ckn_workload;

/* One primitive: how many numbers it yields, and how a backend computes them. `seconds` is the time
 * of the device's work alone. */
typedef struct ckn_primitive {
    const char *name;
    double tolerance; /* of the relative difference */
    size_t (*count)(const ckn_workload *work);
    ckn_code (*run)(ckn_backend *backend, const ckn_workload *work, double *out, double *seconds,
                    ckn_error *error);
} ckn_primitive;

extern const ckn_primitive ckn_primitives[];
extern const size_t ckn_primitive_count;

#endif
