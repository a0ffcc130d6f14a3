/* OpenCL and clFFT status codes -> ckn_code and messages. Each failing call becomes one line that
 * names the call and the symbolic code. */
#ifndef CKN_BACKEND_CL_ERROR_H
#define CKN_BACKEND_CL_ERROR_H

#include "base/status.h"

#include <CL/cl.h>

/* "CL_OUT_OF_RESOURCES", "CLFFT_INVALID_PLAN", ...; "unknown code". Static storage. */
const char *ckn_cl_status_name(cl_int status);

/* CKN_OK for CL_SUCCESS, else a failure that names `call`. */
ckn_code ckn_cl_check(cl_int status, const char *call, ckn_error *error);

/* The same for a call that asked for `bytes` of device memory. */
ckn_code ckn_cl_check_memory(cl_int status, const char *call, size_t bytes, ckn_error *error);

#endif
