/* Whether a plan of clFFT transforms rightly. */
#ifndef CKN_BACKEND_CL_FFT_CHECK_H
#define CKN_BACKEND_CL_FFT_CHECK_H

#include "backend/opencl/cl_internal.h"

/* clFFT goes on where it could not write a plan's constants, and its transforms are garbage then.
 * A single sample of 1 is transformed, whose spectrum is known, and back; CKN_ERROR_OPENCL where
 * that fails. It also makes drivers compile that do so at the first launch. Where memory is too
 * short for two planes, nothing is checked. */
ckn_code ckn_cl_fft_check(ckn_backend *backend, ckn_fft *fft, ckn_shape shape, ckn_error *error);

#endif
