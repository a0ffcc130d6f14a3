/* OpenBLAS's threads, which the whole process shares.
 *
 * OpenBLAS built on POSIX threads has one pool. Callers that enter it at the same time wait for one
 * another by spinning, each between its own short products: on two cores 4 threads took 71 s for
 * what one thread does in 0.9 s. While several threads compute here, OpenBLAS therefore works in
 * the thread that calls it; its own setting comes back when one is left. OpenBLAS on OpenMP gives
 * every caller a team of its own and is left alone. */
#ifndef CKN_DENSE_BLAS_POOL_H
#define CKN_DENSE_BLAS_POOL_H

#include "base/status.h"

/* Around everything that may call BLAS or LAPACK, in any thread; leave() must follow where enter()
 * succeeded. Calls nest. CKN_ERROR_MEMORY where there is no room for OpenBLAS's own buffers: it
 * would ask for them again and again, for ever. */
ckn_code ckn_blas_enter(ckn_error *error);
void ckn_blas_leave(void);

#endif
