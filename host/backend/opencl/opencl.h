/* The OpenCL implementation of the backend contract: float32 on the device, clFFT. */
#ifndef CKN_BACKEND_OPENCL_H
#define CKN_BACKEND_OPENCL_H

#include "backend/backend.h"

/* Opens the device that `choice` names: "opencl" (the first GPU, else the first device),
 * "opencl:INDEX" or a part of a device's name (without regard to case).
 * CKN_ERROR_DEVICE says what is missing and which packages bring a driver. */
ckn_code ckn_opencl_create(const char *choice, const ckn_context_options *options,
                           ckn_backend **backend, ckn_error *error);

/* Opens the first GPU. *backend is NULL with CKN_OK where there is none. */
ckn_code ckn_opencl_create_gpu(const ckn_context_options *options, ckn_backend **backend,
                               ckn_error *error);

#endif
