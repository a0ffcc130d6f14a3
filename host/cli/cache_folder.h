/* Where compiled FFT kernels are kept between runs. */
#ifndef CKN_CLI_CACHE_FOLDER_H
#define CKN_CLI_CACHE_FOLDER_H

#include "base/log.h"

/* Points clFFT's own cache (CLFFT_CACHE_PATH), unless the user has set it, to the subfolder "clfft"
 * of clkernest's cache folder, creating it: planning a transform then takes a fraction of the time.
 * A program may decide this for its process; a library may not. Where the folder cannot be made, or
 * anybody but the user and root could have put files there, which the log says, nothing changes. To
 * be called before the first OpenCL device is opened. */
void ckn_cli_prepare_fft_cache(const ckn_log *log);

#endif
