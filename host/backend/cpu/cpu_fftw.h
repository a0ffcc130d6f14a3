/* What the files that call FFTW share. FFTW allows concurrent execution of plans, but no other
 * concurrent call: planning and destroying happen between these two. */
#ifndef CKN_BACKEND_CPU_FFTW_H
#define CKN_BACKEND_CPU_FFTW_H

#include <fftw3.h>

/* cpu_fft.c */
void ckn_cpu_fftw_lock(void);
void ckn_cpu_fftw_unlock(void);

#endif
