/* Where the kernel that is given out lies, and how it is applied from there. */
#include "base/memory.h"
#include "cli/estimate_job.h"
#include "cli/kernel_output.h"

#include <stdlib.h>
#include <string.h>

ckn_kernel_offset ckn_cli_estimate_offset(const ckn_cli_estimate_job *job) {
    const ckn_identified *found = ckn_answer_get(job->answer);
    return (ckn_kernel_offset){found->row_offset, found->col_offset};
}

/* A kernel on standard output has no name, and a picture of one is not applied. */
static char *describe(const ckn_cli_estimate_job *job, ckn_kernel_offset offset, const char *kernel,
                      const char *sharp) {
    const char *path = job->arguments->kernel_path;
    if (strcmp(path, "-") == 0 || !ckn_kernel_keeps_numbers(path))
        return ckn_format("the kernel's middle stands for a displacement of x %td, y %td, which "
                          "'apply' must be told: --shift %td,%td",
                          offset.col, offset.row, offset.col, offset.row);
    return ckn_format("%s: its middle stands for a displacement of x %td, y %td, which the file "
                      "says and 'apply' takes from it; spelled out: clkernest apply %s %s "
                      "--support same --shift %td,%td -o model.npy",
                      kernel, offset.col, offset.row, sharp, kernel, offset.col, offset.row);
}

ckn_code ckn_cli_estimate_note_place(ckn_cli_estimate_job *job, ckn_error *error) {
    const ckn_kernel_offset offset = ckn_cli_estimate_offset(job);
    if (!job->arguments->kernel_path || ckn_kernel_offset_is_zero(offset))
        return CKN_OK;
    char *kernel = ckn_cli_quoted(job->arguments->kernel_path);
    char *sharp = ckn_cli_quoted(job->pairs.pairs[0].sharp_path);
    if (kernel && sharp)
        job->place_note = describe(job, offset, kernel, sharp);
    free(kernel);
    free(sharp);
    return job->place_note ? CKN_OK
                           : ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a note");
}
