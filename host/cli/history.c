#include "cli/history.h"

#include "cli/interrupt.h"
#include "io/atomic_file.h"

#include <stdlib.h>
#include <string.h>

void ckn_cli_history_release(ckn_cli_history *history) {
    free(history->iteration);
    free(history->objective);
    free(history->residual_norm);
    free(history->step);
    free(history->restarted);
    memset(history, 0, sizeof *history);
}

/* Enlarges one array; false where memory is exhausted. */
static bool grow_array(double **array, size_t capacity) {
    double *larger = realloc(*array, capacity * sizeof *larger);
    if (larger)
        *array = larger;
    return larger != NULL;
}

static bool grow(ckn_cli_history *history) {
    size_t capacity = history->capacity ? 2 * history->capacity : 1024;
    unsigned char *restarted = realloc(history->restarted, capacity);
    if (!restarted)
        return false;
    history->restarted = restarted;
    if (!grow_array(&history->iteration, capacity) || !grow_array(&history->objective, capacity) ||
        !grow_array(&history->residual_norm, capacity) || !grow_array(&history->step, capacity))
        return false;
    history->capacity = capacity;
    return true;
}

static void record(ckn_cli_history *history, const ckn_progress *progress) {
    /* Another run of the same plan starts over. */
    if (progress->iteration == 0)
        history->count = 0;
    if (history->count == history->capacity && !grow(history)) {
        history->failed = true;
        return;
    }
    size_t i = history->count++;
    history->iteration[i] = (double)progress->iteration;
    history->objective[i] = progress->objective;
    history->residual_norm[i] = progress->residual_norm;
    history->step[i] = progress->step;
    history->restarted[i] = progress->restarted != 0;
}

/* What an interruption interrupts. */
static const char *const doings[] = {
    [CKN_PHASE_SETUP] = "while the device was prepared",
    [CKN_PHASE_LIPSCHITZ] = "while the step size was computed",
    [CKN_PHASE_FACTOR] = "while the normal equations were solved",
    [CKN_PHASE_SHIFT] = "while the displacement of the pictures was sought",
    [CKN_PHASE_SUPPORT] = "while the size of the kernel was sought",
    [CKN_PHASE_CLIPPING] = "while clipped samples were sought",
    [CKN_PHASE_SELECT] = "while a prior was chosen",
    [CKN_PHASE_ERRORS] = "while the standard errors were computed",
    [CKN_PHASE_FAMILIES] = "while named kernels were fitted",
    [CKN_PHASE_VERDICT] = "while the residual was judged",
    [CKN_PHASE_CONVOLVE] = "while the picture was convolved",
};

int ckn_cli_watch(void *user, const ckn_progress *progress) {
    ckn_cli_watcher *watcher = user;
    if (progress->phase == CKN_PHASE_ITERATE) {
        ckn_interrupt_at(progress->iteration, progress->iterations);
        if (watcher->history)
            record(watcher->history, progress);
    } else
        ckn_interrupt_doing(doings[progress->phase]);
    ckn_cli_progress_draw(&watcher->session->progress, progress);
    return ckn_interrupted();
}

ckn_code ckn_cli_history_write(const ckn_cli_history *history, const char *path, ckn_error *error) {
    if (history->failed)
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the history of %zu lines",
                        history->count);
    ckn_atomic_file *file;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    ckn_atomic_print(file, "iteration,objective,residual_norm,step,restarted\n");
    for (size_t i = 0; i < history->count; i++)
        ckn_atomic_print(file, "%.0f,%.17g,%.17g,%.17g,%d\n", history->iteration[i],
                         history->objective[i], history->residual_norm[i], history->step[i],
                         history->restarted[i]);
    return ckn_atomic_commit(file, error);
}
