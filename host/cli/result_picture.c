#include "cli/result_picture.h"

#include "base/view.h"
#include "io/output_path.h"

static bool is_float(ckn_sample sample) {
    return sample == CKN_SAMPLE_F32 || sample == CKN_SAMPLE_F64;
}

static bool is_png(const char *path) {
    return ckn_path_has_extension(path, ".png");
}

/* Rounding alone leaves [0, 1] by less than this. */
#define SLACK 1e-6

static size_t count_outside(const ckn_picture *picture) {
    size_t count = 0;
    for (size_t plane = 0; plane < ckn_picture_plane_count(picture); plane++) {
        ckn_view view = ckn_picture_view(picture, plane);
        for (size_t r = 0; r < view.rows; r++) {
            for (size_t c = 0; c < view.cols; c++) {
                double value = ckn_view_at(&view, r, c);
                count += !(value >= -SLACK && value <= 1.0 + SLACK);
            }
        }
    }
    return count;
}

size_t ckn_cli_picture_clipped(const char *path, const ckn_picture *picture) {
    return ckn_picture_is_rounded(path, picture->sample) ? count_outside(picture) : 0;
}

void ckn_cli_picture_note(ckn_cli_session *session, const char *path, ckn_sample sample,
                          size_t clipped) {
    if (clipped)
        ckn_cli_note(session,
                     "%s: %zu samples outside [0, 1] were clipped; .npy in floating point "
                     "would keep them",
                     path, clipped);
    else if (is_png(path) && is_float(sample))
        ckn_cli_note(session, "%s: written as 16-bit PNG; .npy would keep the full precision",
                     path);
}

ckn_code ckn_cli_picture_write(ckn_cli_session *session, const char *path,
                               const ckn_picture *picture, ckn_error *error) {
    CKN_TRY(ckn_picture_write(path, picture, error));
    ckn_cli_picture_note(session, path, picture->sample, ckn_cli_picture_clipped(path, picture));
    return CKN_OK;
}

void ckn_cli_picture_text(const ckn_picture *picture, char *text, size_t size) {
    static const char *const samples[] = {"8 bits", "16 bits", "float32", "float64"};
    snprintf(text, size, "%zux%zu, %s%s, %s", picture->cols, picture->rows,
             picture->channels == 3 ? "RGB" : "grey", picture->has_alpha ? " with alpha" : "",
             samples[picture->sample]);
}
