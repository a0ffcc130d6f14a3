/* What the solver went through, and the progress callback that records it. */
#ifndef CKN_CLI_HISTORY_H
#define CKN_CLI_HISTORY_H

#include "cli/session.h"

typedef struct ckn_cli_history {
    size_t count, capacity;
    double *iteration, *objective, *residual_norm, *step; /* arrays of `capacity` */
    unsigned char *restarted;
    bool failed; /* memory ran out */
} ckn_cli_history;

/* What ckn_cli_watch() works on. */
typedef struct ckn_cli_watcher {
    ckn_cli_session *session;
    ckn_cli_history *history; /* NULL: not recorded */
} ckn_cli_watcher;

/* A ckn_progress_fn whose `user` is a ckn_cli_watcher: draws the bar, records the history, knows
 * how far the work is, and asks to stop after Ctrl-C. */
int ckn_cli_watch(void *user, const ckn_progress *progress);

void ckn_cli_history_release(ckn_cli_history *history); /* safe on a zeroed or released one */

/* Writes iteration, objective, residual_norm, step, restarted as CSV with a header line. */
ckn_code ckn_cli_history_write(const ckn_cli_history *history, const char *path, ckn_error *error);

#endif
