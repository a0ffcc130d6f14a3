#include "cli/progress.h"

#include "base/clock.h"
#include "cli/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 16 /* the whole line stays below 80 columns */
#define REDRAW_SECONDS 0.05

void ckn_cli_progress_init(ckn_cli_progress *bar, bool quiet) {
    memset(bar, 0, sizeof *bar);
    const char *terminal = getenv("TERM");
    bool dumb = !terminal || strcmp(terminal, "dumb") == 0;
    bar->enabled = !quiet && !dumb && isatty(STDERR_FILENO);
    bar->started_at = ckn_seconds();
}

static const char *phase_name(ckn_phase phase) {
    switch (phase) {
    case CKN_PHASE_SETUP:
        return "preparing";
    case CKN_PHASE_LIPSCHITZ:
        return "step size";
    case CKN_PHASE_FACTOR:
        return "solving";
    case CKN_PHASE_ITERATE:
        return "estimating";
    case CKN_PHASE_CONVOLVE:
        return "convolving";
    }
    return "";
}

static void draw_bar(const char *name, size_t done, size_t count) {
    double part = count ? (double)done / (double)count : 0.0;
    int filled = (int)(part * BAR_WIDTH + 0.5);
    char cells[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        cells[i] = i < filled ? '#' : '.';
    cells[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%-10s [%s]", name, cells);
    if (count)
        fprintf(stderr, " %zu/%zu", done, count);
    else if (done)
        fprintf(stderr, " %zu", done);
}

static bool is_too_soon(const ckn_cli_progress *bar, double now) {
    return bar->drawn && now - bar->drawn_at < REDRAW_SECONDS;
}

static void finish_drawing(ckn_cli_progress *bar, double now) {
    fflush(stderr);
    bar->drawn = true;
    bar->drawn_at = now;
    ckn_interrupt_clear_line(true);
}

void ckn_cli_progress_count(ckn_cli_progress *bar, const char *what, size_t done, size_t count) {
    const double now = ckn_seconds();
    if (!bar->enabled || is_too_soon(bar, now))
        return;
    draw_bar(what, done, count);
    finish_drawing(bar, now);
}

void ckn_cli_progress_draw(ckn_cli_progress *bar, const ckn_progress *state) {
    if (!bar->enabled)
        return;
    double now = ckn_seconds();
    if (state->phase != bar->phase) {
        bar->phase = state->phase;
        bar->started_at = now;
    }
    if (is_too_soon(bar, now))
        return;
    draw_bar(phase_name(state->phase), state->iteration, state->iterations);
    if (state->phase == CKN_PHASE_ITERATE) {
        fprintf(stderr, "  residual %.3e", state->residual_norm);
        double elapsed = now - bar->started_at;
        if (elapsed > 1.0 && state->iteration > 0)
            fprintf(stderr, "  %.0f s left",
                    elapsed * (double)(state->iterations - state->iteration) /
                        (double)state->iteration);
    }
    finish_drawing(bar, now);
}

void ckn_cli_progress_clear(ckn_cli_progress *bar) {
    if (!bar->drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    bar->drawn = false;
    ckn_interrupt_clear_line(false);
}
