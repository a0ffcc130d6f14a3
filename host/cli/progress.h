/* What is being done, on one line of a terminal's standard error from half a second on; without a
 * terminal one line every ten seconds, so that a long job is not silent. */
#ifndef CKN_CLI_PROGRESS_H
#define CKN_CLI_PROGRESS_H

#include "clkernest.h"

#include <stdbool.h>

typedef struct ckn_cli_progress {
    bool enabled;
    bool terminal; /* that a line can be drawn on anew */
    bool drawn;
    double drawn_at;   /* seconds of the monotonic clock */
    double started_at; /* when the job did */
    double phase_at;   /* when the phase did */
    ckn_phase phase;
} ckn_cli_progress;

void ckn_cli_progress_init(ckn_cli_progress *bar, bool quiet);
/* Draws the state, at most 20 times a second. */
void ckn_cli_progress_draw(ckn_cli_progress *bar, const ckn_progress *state);
/* The same for jobs that are counted: `done` of `count`. */
void ckn_cli_progress_count(ckn_cli_progress *bar, const char *what, size_t done, size_t count);
/* Removes the line, so that text may be printed. */
void ckn_cli_progress_clear(ckn_cli_progress *bar);

#endif
