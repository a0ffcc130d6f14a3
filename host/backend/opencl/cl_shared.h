/* What all backends of the process share: one cl_context per device, and clFFT's global state.
 *
 * clFFT keeps references to every context it has worked in, so that a context per backend would
 * leak one each time. Contexts that clFFT has seen are therefore kept and used again; there is at
 * most one per device. Everything here is behind mutexes and may be called from any thread. */
#ifndef CKN_BACKEND_CL_SHARED_H
#define CKN_BACKEND_CL_SHARED_H

#include "backend/opencl/cl_platform.h"

/* Takes a reference to the context of `device`. */
ckn_code ckn_cl_shared_acquire(const ckn_cl_device *device, cl_context *context, ckn_error *error);

/* Gives it back. The last reference of the process shuts clFFT down first, as clFFT demands. */
void ckn_cl_shared_release(cl_context context);

/* clFFT is not thread-safe, across all plans and contexts: every call of it stands between these
 * two. The first lock after the start, or after a shut-down, sets clFFT up; `context` is noted as
 * one that clFFT has seen. */
ckn_code ckn_cl_shared_fft_lock(cl_context context, ckn_error *error);
void ckn_cl_shared_fft_unlock(void);

#endif
