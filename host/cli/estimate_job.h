/* What `estimate` was asked, and what came out of it. */
#ifndef CKN_CLI_ESTIMATE_JOB_H
#define CKN_CLI_ESTIMATE_JOB_H

#include "cli/diagnosis.h"
#include "cli/history.h"
#include "cli/pairs.h"
#include "cli/solver_options.h"
#include "cli/timing.h"

typedef struct ckn_cli_estimate {
    ckn_cli_common common;
    ckn_cli_pair_options pair;
    ckn_cli_solver_options solver;
    ckn_cli_auto_shape kernel_size;
    ckn_cli_shift shift;
    /* NULL: not asked for */
    const char *kernel_path, *uncertainty_path, *history_path, *report_path;
    const char *mtf_path, *encircled_path;
    const char *model_path, *residual_path;
    size_t repeat;
    bool strict;
} ckn_cli_estimate;

typedef struct ckn_cli_estimate_job {
    const ckn_cli_estimate *arguments;
    ckn_cli_session *session;
    ckn_estimate_options options;
    ckn_cli_pairs pairs;
    ckn_cli_diagnosis diagnosis;
    ckn_support_result support;   /* of --kernel-size auto; its frame is 0 x 0 otherwise */
    double seconds_support;       /* that it took, and the search of the shift */
    ckn_answer *answer;           /* owns what follows */
    const double *kernel;         /* k x l */
    const double *reconvolved[3]; /* planes of the first pair, of the valid size; NULL: none */
    ckn_cli_history history;
    ckn_cli_timing timing;
    ckn_estimate_result result;
    const ckn_pair_fit *fits; /* of every plane */
    ckn_kernel_figures figures;
    const double *errors;        /* standard errors of the taps, k x l; NULL: unavailable */
    ckn_uncertainty uncertainty; /* NaN where unavailable */
    const ckn_trial *trials;     /* the fits of the last run; NULL: none */
    size_t trial_count;
    char no_errors[256];   /* why not; empty where they are there, or were not wanted */
    char kernel_note[512]; /* what ckn_kernel_write() had to say */
    char *place_note;      /* how to apply a kernel whose middle is displaced; NULL: as any other */
    ckn_family_fit families[CKN_FAMILY_COUNT];
    bool has_families;     /* they were fitted; the most likely one comes first */
    bool families_failed;  /* it was tried in vain */
    char no_families[256]; /* why there are none; empty where there are, or were not wanted */
    ckn_kernel_sharpness sharpness; /* NaN for kernels too large for it */
    ckn_residual_quality quality;
    bool has_quality;
    ckn_verdict verdict;
    bool has_verdict;
} ckn_cli_estimate_job;

ckn_view ckn_cli_estimate_kernel(const ckn_cli_estimate_job *job);
/* Taps that were fitted: those of the frame, without the zeros round it. */
size_t ckn_cli_estimate_taps(const ckn_cli_estimate_job *job);

/* The PSNR to expect of samples that the fit has not seen, by generalised cross-validation: that of
 * sum r^2 n / (n - df)^2; NaN where the degrees of freedom are not known. */
double ckn_cli_estimate_unseen_psnr(const ckn_cli_estimate_job *job);

/* The displacement that the middle of the kernel that is given out stands for, in the first pair.
 */
ckn_kernel_offset ckn_cli_estimate_offset(const ckn_cli_estimate_job *job);

/* Makes job->place_note, where there is something to note. */
ckn_code ckn_cli_estimate_note_place(ckn_cli_estimate_job *job, ckn_error *error);

/* Write, in the size of the first BLURRED, what the kernel makes of its SHARP, and what of BLURRED
 * that leaves: NaN outside of what was fitted and where a sample of SHARP that it takes is left
 * out. */
ckn_code ckn_cli_estimate_write_model(const ckn_cli_estimate_job *job, ckn_error *error);
ckn_code ckn_cli_estimate_write_residual(const ckn_cli_estimate_job *job, ckn_error *error);

/* Whether the solver went over the kernel step by step, so that there is a course to tell of. */
bool ckn_cli_estimate_iterates(const ckn_cli_estimate_job *job);

/* Identifies the kernel of the pairs that were read, and takes over what came out; the pairs are
 * cut to the kernel. The session is open. */
ckn_code ckn_cli_estimate_solve(ckn_cli_estimate_job *job, ckn_error *error);

/* Whether the taps on the outermost ring are no larger than their errors allow, so that their part
 * of the kernel tells nothing; false where the errors are not there. */
bool ckn_cli_border_is_noise(const ckn_cli_estimate_job *job);

void ckn_cli_estimate_summary(const ckn_cli_estimate_job *job);
ckn_code ckn_cli_estimate_json(const ckn_cli_estimate_job *job, ckn_error *error);
ckn_code ckn_cli_estimate_report(const ckn_cli_estimate_job *job, ckn_error *error);

#endif
