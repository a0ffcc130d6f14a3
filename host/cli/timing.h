/* Times of one or several runs of the same job. */
#ifndef CKN_CLI_TIMING_H
#define CKN_CLI_TIMING_H

#include "cli/json.h"

typedef struct ckn_cli_times {
    double setup, upload, compute, download; /* seconds */
    double statistics;                       /* part of `compute`, of an estimate */
} ckn_cli_times;

typedef struct ckn_cli_timing {
    double setup; /* of the context and the plan, once */
    ckn_cli_times *runs;
    double *scratch; /* as many numbers as there is room for runs */
    size_t count, capacity;
} ckn_cli_timing;

/* Room for `capacity` runs; release with ckn_cli_timing_release(). */
ckn_code ckn_cli_timing_create(ckn_cli_timing *timing, size_t capacity, ckn_error *error);
void ckn_cli_timing_release(ckn_cli_timing *timing); /* safe on a zeroed or released one */
void ckn_cli_timing_add(ckn_cli_timing *timing, ckn_cli_times run); /* its setup is not used */

/* The medians of all runs but the first, which warms up; of the only run where there is one. */
ckn_cli_times ckn_cli_timing_median(const ckn_cli_timing *timing);

/* The summary's line "time". */
void ckn_cli_timing_line(ckn_cli_session *session, const ckn_cli_timing *timing);
/* seconds_setup, _upload, _compute, _download, _solve (the sum of these three) and repeat. */
void ckn_cli_timing_json(ckn_json object, const ckn_cli_timing *timing);

#endif
