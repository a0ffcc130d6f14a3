#include "base/watch.h"

/* Parts of the whole that are told apart. */
enum { PARTS = 1000 };

void ckn_watch_start(ckn_watch *watch) {
    watch->begun = watch->share = 0;
    atomic_store(&watch->stopped, false);
}

static void tell(ckn_watch *watch, double part) {
    const ckn_progress state = {.phase = watch->phase,
                                .iteration = (size_t)(PARTS * (part < 1 ? part : 1) + 0.5),
                                .iterations = PARTS};
    if (watch->progress && watch->progress(watch->user, &state))
        atomic_store(&watch->stopped, true);
}

ckn_code ckn_watch_stage(ckn_watch *watch, double share, ckn_error *error) {
    watch->begun += watch->share;
    watch->share = share;
    if (!ckn_watch_stopped(watch))
        tell(watch, share > 0 ? watch->begun : 1);
    return ckn_watch_stopped(watch)
               ? ckn_fail(error, CKN_ERROR_CANCELLED, "cancelled by the progress callback")
               : CKN_OK;
}

void ckn_watch_step(ckn_watch *watch, size_t done, size_t count) {
    if (watch && !ckn_watch_stopped(watch))
        tell(watch, watch->begun + watch->share * (double)done / (double)count);
}
