/* How two kernels differ. */
#ifndef CKN_CLI_KERNEL_DIFFERENCE_H
#define CKN_CLI_KERNEL_DIFFERENCE_H

#include "io/kernel_offset.h"

#include <stddef.h>

typedef struct ckn_cli_kernel {
    double *taps; /* row-major */
    size_t rows, cols;
    ckn_kernel_offset offset; /* of its middle */
} ckn_cli_kernel;

/* B less A, tap by tap; what one of them does not have is 0 there. */
typedef struct ckn_cli_difference {
    double l2;          /* the norm, relative to that of A; infinite where A is 0 and B is not */
    double largest;     /* in amount, with its sign, */
    ptrdiff_t row, col; /* and the displacement where it is, of A's taps */
} ckn_cli_difference;

/* Taps of one displacement are compared: that of tap ((rows - 1) / 2, (cols - 1) / 2) is the
 * kernel's offset. `shift` moves B before. */
ckn_cli_difference ckn_cli_kernel_compare(const ckn_cli_kernel *a, const ckn_cli_kernel *b,
                                          ckn_kernel_offset shift);

/* The whole displacement of B, of those that make the kernels overlap, with the least l2; (0, 0)
 * where none is better. */
ckn_kernel_offset ckn_cli_kernel_match(const ckn_cli_kernel *a, const ckn_cli_kernel *b);

#endif
