/* The CPU implementation of the backend contract: readable, double precision, OpenMP. */
#ifndef CKN_BACKEND_CPU_H
#define CKN_BACKEND_CPU_H

#include "backend/backend.h"

/* `threads` 0: OpenMP's default. */
ckn_code ckn_cpu_create(int threads, const ckn_log *log, ckn_backend **backend, ckn_error *error);

#endif
