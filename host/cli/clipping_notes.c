#include "cli/clipping_notes.h"

#include <math.h>

/* From this part of the samples on it is worth a warning. */
static const double least_warned = 0.002;

typedef struct parts {
    double low, high;
} parts;

/* --- diagnosis ---------------------------------------------------------------------------- */

static void tell_image(const parts *clipped, unsigned warning, ckn_image_diagnosis *image,
                       unsigned *warnings) {
    image->clipped_low = clipped->low;
    image->clipped_high = clipped->high;
    if (clipped->low + clipped->high >= least_warned)
        *warnings |= warning;
    else
        *warnings &= ~warning;
}

/* --- notes -------------------------------------------------------------------------------- */

static const char *end_of(const parts *clipped) {
    return clipped->high > clipped->low ? "highest" : "lowest";
}

/* What is left out, the summary says; what stays in biases the kernel. */
static void note_blurred(ckn_cli_session *session, const char *path, const parts *clipped) {
    ckn_cli_note(session,
                 "%s: %.3g %% of its samples are clipped, most at its %s value: they stay in the "
                 "fit, as too few would be left without them, and bias the kernel: use a smaller "
                 "kernel, or a picture with another exposure",
                 path, 100 * (clipped->low + clipped->high), end_of(clipped));
}

static void note_sharp(ckn_cli_session *session, const ckn_cli_pair *pair, const parts *clipped) {
    ckn_cli_note(session,
                 "%s: %.3g %% of its samples are clipped, most at its %s value, and %s has light "
                 "that they lack: what sees them stays in the fit, as too little would be left "
                 "without it, and biases the kernel: use a smaller kernel, or a picture with "
                 "another exposure",
                 pair->sharp_path, 100 * (clipped->low + clipped->high), end_of(clipped),
                 pair->blurred_path);
}

/* The first plane that has it speaks for its picture. */
typedef struct told_kinds {
    bool sharp, blurred;
} told_kinds;

static void tell_plane(ckn_cli_estimate_job *job, const ckn_cli_pair *pair, size_t index,
                       const ckn_clipped *clipped, told_kinds *told) {
    const ckn_clip_counts *counts = &clipped->counts;
    const ckn_clip_verdict sharp = clipped->sharp, blurred = clipped->blurred;
    parts x = {0, 0}, y = {0, 0};
    if (sharp != CKN_CLIP_VERDICT_NONE)
        x = (parts){(double)counts->sharp_low / (double)counts->sharp,
                    (double)counts->sharp_high / (double)counts->sharp};
    if (blurred != CKN_CLIP_VERDICT_NONE)
        y = (parts){(double)counts->blurred_low / (double)counts->windows,
                    (double)counts->blurred_high / (double)counts->windows};
    if (job->diagnosis.planes) {
        ckn_pair_diagnosis *plane = &job->diagnosis.planes[index];
        tell_image(&x, CKN_PAIR_SHARP_CLIPPED, &plane->sharp, &plane->warnings);
        tell_image(&y, CKN_PAIR_BLURRED_CLIPPED, &plane->blurred, &plane->warnings);
    }
    if (sharp == CKN_CLIP_VERDICT_KEPT && !told->sharp) {
        note_sharp(job->session, pair, &x);
        told->sharp = true;
    }
    if (blurred == CKN_CLIP_VERDICT_KEPT && !told->blurred) {
        note_blurred(job->session, pair->blurred_path, &y);
        told->blurred = true;
    }
}

void ckn_cli_clipping_tell(ckn_cli_estimate_job *job) {
    const ckn_clipped *clipped = ckn_answer_get(job->answer)->clipped;
    size_t index = 0;
    for (size_t i = 0; i < job->pairs.count && clipped; i++) {
        const ckn_cli_pair *pair = &job->pairs.pairs[i];
        told_kinds told = {false, false};
        for (size_t plane = 0; plane < pair->count; plane++, index++)
            tell_plane(job, pair, index, &clipped[index], &told);
    }
}
