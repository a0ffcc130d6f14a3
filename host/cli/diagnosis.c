#include "cli/diagnosis.h"

#include "base/memory.h"
#include "cli/interrupt.h"

#include <math.h>
#include <stdlib.h>

/* --- words -------------------------------------------------------------------------------- */

static void note_clipped(ckn_cli_session *session, const char *path,
                         const ckn_image_diagnosis *image) {
    const char *end = image->clipped_high > image->clipped_low ? "highest" : "lowest";
    ckn_cli_note(session,
                 "%s: %.2g %% of its samples are clipped, most at its %s value: they bias the "
                 "kernel; take the picture with another exposure, or leave them out with "
                 "--saturation auto, --mask or --roi",
                 path, 100.0 * (image->clipped_low + image->clipped_high), end);
}

static void note_gain(ckn_cli_session *session, const ckn_cli_pair *pair,
                      const ckn_pair_diagnosis *found) {
    ckn_cli_note(session,
                 "%s is %.4g times as bright as %s: the sum of the kernel takes that, but not "
                 "with --constraint simplex, nor beside other pairs; there use --gain fit",
                 pair->blurred_path, found->gain, pair->sharp_path);
}

static void note_offset(ckn_cli_session *session, const ckn_cli_pair *pair,
                        const ckn_pair_diagnosis *found) {
    ckn_cli_note(session,
                 "%s is %.3g (+/- %.1g) %s than a blurred %s would be, everywhere (black level, "
                 "stray light): no kernel does that, but --background constant (auto, the "
                 "default, takes it where it is sure) fits it too",
                 pair->blurred_path, fabs(found->offset), found->offset_error,
                 found->offset > 0.0 ? "brighter" : "darker", pair->sharp_path);
}

static void note_sharper(ckn_cli_session *session, const ckn_cli_pair *pair,
                         const ckn_pair_diagnosis *found) {
    ckn_cli_note(session,
                 "%s has %.3g times the fine detail of %s: were the two swapped? If a filter "
                 "sharpened it or drew its edges, all is well",
                 pair->blurred_path, found->detail_ratio, pair->sharp_path);
}

static void note_smooth(ckn_cli_session *session, const ckn_cli_pair *pair,
                        const ckn_pair_diagnosis *found) {
    ckn_cli_note(session,
                 "%s has no detail finer than %.2g pixels above the noise, which the kernel would "
                 "pass: its fine structure is not determined; take a picture with more detail "
                 "(clkernest target draws one), or use --constraint simplex if it is a PSF",
                 pair->sharp_path, 0.5 / fmin(found->band_x, found->band_y));
}

static void note_identical(ckn_cli_session *session, const ckn_cli_pair *pair) {
    ckn_cli_note(session,
                 "%s and %s are the same picture, so the kernel is a single 1: name the blurred "
                 "picture second",
                 pair->sharp_path, pair->blurred_path);
}

static void note_warning(ckn_cli_session *session, const ckn_cli_pair *pair,
                         const ckn_pair_diagnosis *found, unsigned warning) {
    switch ((ckn_pair_warning)warning) {
    case CKN_PAIR_SHARP_CLIPPED:
        note_clipped(session, pair->sharp_path, &found->sharp);
        return;
    case CKN_PAIR_BLURRED_CLIPPED:
        note_clipped(session, pair->blurred_path, &found->blurred);
        return;
    case CKN_PAIR_GAIN:
        note_gain(session, pair, found);
        return;
    case CKN_PAIR_OFFSET:
        note_offset(session, pair, found);
        return;
    case CKN_PAIR_SHARPER:
        note_sharper(session, pair, found);
        return;
    case CKN_PAIR_SMOOTH:
        note_smooth(session, pair, found);
        return;
    case CKN_PAIR_IDENTICAL:
        note_identical(session, pair);
        return;
    }
}

static const char *const names[] = {"sharp_clipped", "blurred_clipped", "gain",     "offset",
                                    "sharper",       "smooth",          "identical"};
enum { WARNINGS = sizeof names / sizeof names[0] };

/* Each kind once a pair, of the first channel that has it. */
static void note_pair(ckn_cli_session *session, const ckn_cli_pair *pair,
                      const ckn_pair_diagnosis *planes, unsigned known) {
    for (unsigned i = 0; i < WARNINGS; i++) {
        for (size_t channel = 0; channel < pair->count; channel++) {
            if (planes[channel].warnings & ~known & (1U << i)) {
                note_warning(session, pair, &planes[channel], 1U << i);
                break;
            }
        }
    }
}

/* --- all pairs ---------------------------------------------------------------------------- */

ckn_code ckn_cli_diagnose(ckn_cli_session *session, const ckn_cli_pairs *pairs, ckn_shape kernel,
                          unsigned known, ckn_cli_diagnosis *diagnosis, ckn_error *error) {
    if (session->common->quiet && !session->common->json)
        return CKN_OK;
    ckn_interrupt_doing("while the pictures were looked at");
    CKN_TRY(ckn_allocate(&diagnosis->planes, pairs->plane_count, sizeof *diagnosis->planes,
                         "a diagnosis", error));
    for (size_t i = 0; i < pairs->plane_count; i++) {
        CKN_TRY(ckn_diagnose_pair(&pairs->planes[i], kernel.rows, kernel.cols,
                                  &diagnosis->planes[i], error));
        CKN_TRY(ckn_cli_check_interrupt(error));
    }
    const ckn_pair_diagnosis *planes = diagnosis->planes;
    for (size_t i = 0; i < pairs->count; i++) {
        note_pair(session, &pairs->pairs[i], planes, known);
        planes += pairs->pairs[i].count;
    }
    return CKN_OK;
}

void ckn_cli_diagnosis_release(ckn_cli_diagnosis *diagnosis) {
    free(diagnosis->planes);
    diagnosis->planes = NULL;
}

static void add_image(ckn_json plane, const char *key, const ckn_image_diagnosis *image) {
    ckn_json object = ckn_json_object(plane, key);
    ckn_json_real(object, "minimum", image->minimum);
    ckn_json_real(object, "maximum", image->maximum);
    ckn_json_real(object, "mean", image->mean);
    ckn_json_real(object, "std", image->deviation);
    ckn_json_real(object, "at_minimum", image->at_minimum);
    ckn_json_real(object, "at_maximum", image->at_maximum);
    ckn_json_real(object, "clipped_low", image->clipped_low);
    ckn_json_real(object, "clipped_high", image->clipped_high);
    ckn_json_real(object, "noise", image->noise);
}

static void add_plane(ckn_json object, const ckn_pair_diagnosis *found) {
    add_image(object, "sharp", &found->sharp);
    add_image(object, "blurred", &found->blurred);
    ckn_json_real(object, "gain", found->gain);
    ckn_json_real(object, "gain_error", found->gain_error);
    ckn_json_real(object, "offset", found->offset);
    ckn_json_real(object, "offset_error", found->offset_error);
    ckn_json_real(object, "detail_ratio", found->detail_ratio);
    ckn_json_real(object, "band_x", found->band_x);
    ckn_json_real(object, "band_y", found->band_y);
    ckn_json_real(object, "passed_x", found->passed_x);
    ckn_json_real(object, "passed_y", found->passed_y);
    ckn_json_flag(object, "identical", found->identical);
    ckn_json warnings = ckn_json_list(object, "warnings");
    for (unsigned i = 0; i < WARNINGS; i++) {
        if (found->warnings & (1U << i))
            ckn_json_append_text(warnings, names[i]);
    }
}

void ckn_cli_diagnosis_json(ckn_json object, const ckn_cli_diagnosis *diagnosis,
                            const ckn_cli_pairs *pairs) {
    static const char *const channels[] = {"R", "G", "B"};
    ckn_json list = ckn_json_list(object, "diagnosis");
    size_t plane = 0;
    for (size_t i = 0; i < pairs->count && diagnosis->planes; i++) {
        const ckn_cli_pair *pair = &pairs->pairs[i];
        for (size_t channel = 0; channel < pair->count; channel++) {
            ckn_json one = ckn_json_append_object(list);
            add_plane(one, &diagnosis->planes[plane++]);
            ckn_json_count(one, "pair", i + 1);
            ckn_json_text(one, "channel", pair->count == 3 ? channels[channel] : pair->channels);
        }
    }
}
