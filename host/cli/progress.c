#include "cli/progress.h"

#include "base/clock.h"
#include "cli/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 16, TEXT_SIZE = 160 }; /* the whole line stays below 80 columns */

/* Seconds: a quick job draws nothing; how often a line is drawn anew, and how often one is added
 * where it cannot be. */
static const double first_draw = 0.5, redraw = 0.05, add_line = 10;

void ckn_cli_progress_init(ckn_cli_progress *bar, bool quiet) {
    memset(bar, 0, sizeof *bar);
    const char *terminal = getenv("TERM");
    const bool dumb = !terminal || strcmp(terminal, "dumb") == 0;
    bar->terminal = !dumb && isatty(STDERR_FILENO);
    bar->enabled = !quiet;
    bar->started_at = bar->phase_at = bar->drawn_at = ckn_seconds();
}

/* --- words -------------------------------------------------------------------------------- */

static const char *const names[] = {
    [CKN_PHASE_SETUP] = "preparing",        [CKN_PHASE_LIPSCHITZ] = "step size",
    [CKN_PHASE_FACTOR] = "solving",         [CKN_PHASE_ITERATE] = "estimating",
    [CKN_PHASE_SHIFT] = "displacement",     [CKN_PHASE_SUPPORT] = "size",
    [CKN_PHASE_CLIPPING] = "clipping",      [CKN_PHASE_SELECT] = "prior",
    [CKN_PHASE_ERRORS] = "standard errors", [CKN_PHASE_FAMILIES] = "named kernels",
    [CKN_PHASE_VERDICT] = "residual",       [CKN_PHASE_CONVOLVE] = "convolving",
};

static void write_bar(const char *name, size_t done, size_t count, char *text) {
    const double part = count ? (double)done / (double)count : 0;
    const int filled = (int)(part * BAR_WIDTH + 0.5);
    char cells[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        cells[i] = i < filled ? '#' : '.';
    cells[BAR_WIDTH] = '\0';
    snprintf(text, TEXT_SIZE, "%-10s [%s] %zu/%zu", name, cells, done, count);
}

static void append_rest(const ckn_cli_progress *bar, const ckn_progress *state, double now,
                        char *text) {
    const double elapsed = now - bar->phase_at;
    size_t used = strlen(text);
    used +=
        (size_t)snprintf(text + used, TEXT_SIZE - used, "  residual %.3e", state->residual_norm);
    if (elapsed > 1 && state->iteration > 0 && used < TEXT_SIZE)
        snprintf(text + used, TEXT_SIZE - used, "  %.0f s left",
                 elapsed * (double)(state->iterations - state->iteration) /
                     (double)state->iteration);
}

/* What has a known end gets a bar; the rest says what it is at. */
static void describe(const ckn_cli_progress *bar, const ckn_progress *state, double now,
                     char *text) {
    const char *name = names[state->phase];
    switch (state->phase) {
    case CKN_PHASE_SUPPORT:
        snprintf(text, TEXT_SIZE, "size: %zux%zu, trial %zu of at most %zu", state->kernel_cols,
                 state->kernel_rows, state->iteration, state->iterations);
        return;
    case CKN_PHASE_SELECT:
        snprintf(text, TEXT_SIZE, "prior: fit %zu", state->iteration + 1);
        return;
    case CKN_PHASE_ITERATE:
        write_bar(name, state->iteration, state->iterations, text);
        append_rest(bar, state, now, text);
        return;
    default:
        if (state->iterations > 1)
            write_bar(name, state->iteration, state->iterations, text);
        else
            snprintf(text, TEXT_SIZE, "%s", name);
    }
}

/* --- drawing ------------------------------------------------------------------------------ */

static bool is_due(const ckn_cli_progress *bar, double now) {
    const double since = now - bar->drawn_at;
    if (!bar->enabled)
        return false;
    if (!bar->terminal)
        return since >= add_line;
    return bar->drawn ? since >= redraw : now - bar->started_at >= first_draw;
}

static void draw(ckn_cli_progress *bar, const char *text, double now) {
    const double elapsed = now - bar->started_at;
    if (bar->terminal)
        fprintf(stderr, "\r\033[K%s  (%.0f s)", text, elapsed);
    else
        fprintf(stderr, "clkernest: %s (%.0f s)\n", text, elapsed);
    fflush(stderr);
    bar->drawn_at = now;
    bar->drawn = bar->terminal;
    ckn_interrupt_clear_line(bar->terminal);
}

void ckn_cli_progress_count(ckn_cli_progress *bar, const char *what, size_t done, size_t count) {
    const double now = ckn_seconds();
    char text[TEXT_SIZE];
    if (!is_due(bar, now))
        return;
    write_bar(what, done, count, text);
    draw(bar, text, now);
}

void ckn_cli_progress_draw(ckn_cli_progress *bar, const ckn_progress *state) {
    const double now = ckn_seconds();
    char text[TEXT_SIZE];
    if (state->phase != bar->phase) {
        bar->phase = state->phase;
        bar->phase_at = now;
    }
    if (!is_due(bar, now))
        return;
    describe(bar, state, now, text);
    draw(bar, text, now);
}

void ckn_cli_progress_clear(ckn_cli_progress *bar) {
    if (!bar->drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    bar->drawn = false;
    ckn_interrupt_clear_line(false);
}
