/* Transforms of shapes that clFFT cannot do: any length, by the definition, in rows x cols x
 * (rows + cols) steps. That is fine for the few transforms of a frequency division; iterations
 * pad to good lengths instead. */
#ifndef CKN_BACKEND_CL_DFT_H
#define CKN_BACKEND_CL_DFT_H

#include "backend/opencl/cl_internal.h"

typedef struct ckn_cl_dft ckn_cl_dft;

ckn_code ckn_cl_dft_create(ckn_backend *backend, ckn_shape shape, ckn_cl_dft **dft,
                           ckn_error *error);
void ckn_cl_dft_destroy(ckn_backend *backend, ckn_cl_dft *dft); /* NULL allowed */

/* As the contract's fft_forward() and fft_inverse(). */
ckn_code ckn_cl_dft_forward(ckn_backend *backend, ckn_cl_dft *dft, const ckn_buffer *plane,
                            ckn_buffer *spectrum, ckn_error *error);
ckn_code ckn_cl_dft_inverse(ckn_backend *backend, ckn_cl_dft *dft, const ckn_buffer *spectrum,
                            ckn_buffer *plane, ckn_error *error);

#endif
