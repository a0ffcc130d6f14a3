#include "cli/result_picture.h"

#include "base/view.h"
#include "io/output_path.h"

static bool is_finer(ckn_sample sample, bool than_16_bits) {
    return sample == CKN_SAMPLE_F32 || sample == CKN_SAMPLE_F64 ||
           (!than_16_bits && sample != CKN_SAMPLE_U8);
}

static bool is_png(const char *path) {
    return ckn_path_has_extension(path, ".png");
}

static bool is_jpeg(const char *path) {
    return ckn_path_has_extension(path, ".jpg") || ckn_path_has_extension(path, ".jpeg");
}

/* Rounding alone leaves the range by less than this part of it. */
#define SLACK 1e-6

static size_t count_outside(const ckn_picture *picture, double low, double high) {
    const double slack = SLACK * (high - low);
    size_t count = 0;
    for (size_t plane = 0; plane < ckn_picture_plane_count(picture); plane++) {
        ckn_view view = ckn_picture_view(picture, plane);
        for (size_t r = 0; r < view.rows; r++) {
            for (size_t c = 0; c < view.cols; c++) {
                double value = ckn_view_at(&view, r, c);
                count += !(value >= low - slack && value <= high + slack);
            }
        }
    }
    return count;
}

size_t ckn_cli_picture_clipped(const char *path, const ckn_picture *picture) {
    double low, high;
    return ckn_picture_is_rounded(path, picture, &low, &high) ? count_outside(picture, low, high)
                                                              : 0;
}

void ckn_cli_picture_note(ckn_cli_session *session, const char *path, ckn_sample sample,
                          size_t clipped) {
    if (clipped)
        ckn_cli_note(session,
                     "%s: %zu samples outside %s were clipped; .npy in floating point "
                     "would keep them",
                     path, clipped,
                     sample == CKN_SAMPLE_I16 && !is_png(path) && !is_jpeg(path) ? "int16's range"
                                                                                 : "[0, 1]");
    else if (is_jpeg(path) && is_finer(sample, false))
        ckn_cli_note(session, "%s: written as JPEG of 8 bits; .png would keep 16", path);
    else if (is_png(path) && is_finer(sample, true))
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
    static const char *const samples[] = {"8 bits", "16 bits", "float32", "float64", "int16"};
    snprintf(text, size, "%zux%zu, %s%s, %s", picture->cols, picture->rows,
             picture->channels == 3 ? "RGB" : "grey", picture->has_alpha ? " with alpha" : "",
             samples[picture->sample]);
}
