/* A long computation in stages that tells how far it is, and ends where its caller says so. */
#ifndef CKN_BASE_WATCH_H
#define CKN_BASE_WATCH_H

#include "base/status.h"
#include "clkernest.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ckn_watch {
    ckn_progress_fn progress; /* NULL: nobody watches, and nothing stops */
    void *user;
    ckn_phase phase;
    double begun, share; /* the part of all that came before this stage, and this stage's own */
    atomic_bool stopped;
} ckn_watch;

/* Forgets what was; the next stage is the first. */
void ckn_watch_start(ckn_watch *watch);

/* Ends a stage and begins one that is `share` of all (1 together); at 0, all is done.
 * CKN_ERROR_CANCELLED where the caller wants an end. Called by the thread that runs the library's
 * function, as is the next one. */
ckn_code ckn_watch_stage(ckn_watch *watch, double share, ckn_error *error);

/* `done` of `count` pieces of the stage are done; `watch` may be NULL. */
void ckn_watch_step(ckn_watch *watch, size_t done, size_t count);

/* Whether the rest of the stage has become useless. For any thread; `watch` may be NULL. */
static inline bool ckn_watch_stopped(ckn_watch *watch) {
    return watch && atomic_load_explicit(&watch->stopped, memory_order_relaxed);
}

#endif
