/* A progress bar on a terminal's standard error; nothing anywhere else. */
#ifndef CKN_CLI_PROGRESS_H
#define CKN_CLI_PROGRESS_H

#include "clkernest.h"

#include <stdbool.h>

typedef struct ckn_cli_progress {
    bool enabled;
    bool drawn;
    double drawn_at;   /* seconds of the monotonic clock */
    double started_at; /* when the phase started */
    ckn_phase phase;
} ckn_cli_progress;

void ckn_cli_progress_init(ckn_cli_progress *bar, bool quiet);
/* Draws the state, at most 20 times a second. */
void ckn_cli_progress_draw(ckn_cli_progress *bar, const ckn_progress *state);
/* The same for jobs that are counted: `done` of `count`. */
void ckn_cli_progress_count(ckn_cli_progress *bar, const char *what, size_t done, size_t count);
/* Removes the bar, so that text may be printed. */
void ckn_cli_progress_clear(ckn_cli_progress *bar);

#endif
