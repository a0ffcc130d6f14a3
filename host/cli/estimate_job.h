/* What `estimate` was asked, and what came out of it. */
#ifndef CKN_CLI_ESTIMATE_JOB_H
#define CKN_CLI_ESTIMATE_JOB_H

#include "cli/history.h"
#include "cli/pair.h"
#include "cli/solver_options.h"
#include "cli/timing.h"

typedef struct ckn_cli_estimate {
    ckn_cli_common common;
    ckn_cli_pair_options pair;
    ckn_cli_solver_options solver;
    const char *kernel_path, *history_path, *report_path; /* NULL: not asked for */
    size_t repeat;
} ckn_cli_estimate;

typedef struct ckn_cli_estimate_job {
    const ckn_cli_estimate *arguments;
    ckn_cli_session *session;
    ckn_estimate_options options;
    ckn_cli_pair pair;
    double *kernel;         /* k x l */
    double *reconvolved[3]; /* planes of the valid size; NULL without a report */
    ckn_cli_history history;
    ckn_cli_timing timing;
    ckn_estimate_result result;
    ckn_kernel_figures figures;
    char kernel_note[512]; /* what ckn_kernel_write() had to say */
} ckn_cli_estimate_job;

ckn_view ckn_cli_estimate_kernel(const ckn_cli_estimate_job *job);

/* Why it stopped, in words. */
void ckn_cli_stop_text(const ckn_cli_estimate_job *job, char *text, size_t size);

void ckn_cli_estimate_summary(const ckn_cli_estimate_job *job);
ckn_code ckn_cli_estimate_json(const ckn_cli_estimate_job *job, ckn_error *error);
ckn_code ckn_cli_estimate_report(const ckn_cli_estimate_job *job, ckn_error *error);

#endif
