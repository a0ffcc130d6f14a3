#include "cli/estimate_job.h"
#include "cli/kernel_words.h"

/* More than this, as a mean of squares in units of the errors, is more than noise: neighbours'
 * errors go together, so that a ring of a few taps scatters widely round 1. */
#define MOST_EXCESS 2.0

bool ckn_cli_border_is_noise(const ckn_cli_estimate_job *job) {
    if (!job->errors)
        return false;
    ckn_view kernel = ckn_cli_estimate_kernel(job);
    ckn_view errors = ckn_view_f64(job->errors, kernel.rows, kernel.cols);
    return ckn_cli_border_excess(&kernel, &errors) <= MOST_EXCESS;
}
