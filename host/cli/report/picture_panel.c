/* The panels that show pictures. */
#include "cli/report/field.h"
#include "cli/report/hatch.h"
#include "cli/report/panels.h"
#include "cli/report/residual.h"
#include "cli/report/tone.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define TIMES "\xC3\x97"
#define LEAST_EDGE 6.0 /* units: an outline nearer to the picture's edge than this is not seen */

/* Resamples the planes one after another through `scratch` into `pixels`. */
static void render(const ckn_view *planes, size_t channels, const ckn_tone *tone, ckn_shape display,
                   double *scratch, uint32_t *pixels) {
    size_t count = ckn_shape_count(display);
    for (size_t channel = 0; channel < channels; channel++) {
        const ckn_view *plane = &planes[channel];
        unsigned shift = 16 - 8 * (unsigned)channel;
        ckn_field_resample(ckn_field_view_sample, plane, ckn_view_shape(plane), display, scratch);
        for (size_t i = 0; i < count; i++) {
            uint32_t value = (uint32_t)lround(255 * ckn_tone_at(tone, scratch[i]));
            pixels[i] |= channels == 1 ? value * 0x010101U : value << shift;
        }
    }
}

/* Size, or what the model is, what black and white mean, and what the hatching is. */
static ckn_label describe(const ckn_view *plane, const ckn_tone *tone, double masked,
                          bool is_model) {
    ckn_label range = ckn_tone_text(tone);
    ckn_label text = is_model ? ckn_label_text("kernel \xE2\x88\x97 SHARP")
                              : ckn_label_format("%zu " TIMES " %zu", plane->cols, plane->rows);
    if (masked > 0) {
        ckn_label part = ckn_label_number(100 * masked, 3);
        text = ckn_label_format("%s; hatched: %s %% masked", text.base,
                                part.power[0] ? "< 0.001" : part.base);
    }
    if (!range.base[0])
        return text;
    text = ckn_label_format("%s; ", text.base);
    return ckn_label_prefix(text.base, range);
}

/* Dashes round the part of the sharp picture whose surroundings the kernel sees whole. */
static void outline_valid(const ckn_canvas *canvas, const ckn_estimate_report *report,
                          ckn_rect place) {
    ckn_shape sharp = ckn_view_shape(&report->sharp[0]), kernel = ckn_view_shape(&report->kernel);
    ckn_shape valid = ckn_view_shape(&report->blurred[0]);
    if (!ckn_shape_equal(ckn_shape_valid(sharp, kernel), valid))
        return;
    double sx = place.width / (double)sharp.cols, sy = place.height / (double)sharp.rows;
    size_t left = kernel.cols / 2, top = kernel.rows / 2;
    ckn_rect part = {place.x + sx * (double)left, place.y + sy * (double)top,
                     sx * (double)valid.cols, sy * (double)valid.rows};
    if (place.width - part.width < LEAST_EDGE || place.height - part.height < LEAST_EDGE ||
        part.width < 2 * LEAST_EDGE || part.height < 2 * LEAST_EDGE)
        return;
    const double dashes[1] = {5};
    cairo_set_dash(canvas->cairo, dashes, 1, 0);
    ckn_canvas_frame(canvas, part, 0xFFFFFFU);
    cairo_set_dash(canvas->cairo, dashes, 1, 5);
    ckn_canvas_frame(canvas, part, 0x000000U);
    cairo_set_dash(canvas->cairo, NULL, 0, 0);
}

typedef struct shown {
    const char *name;
    const ckn_view *planes;
    const ckn_view *toned; /* blurred and model have one range: they are to be compared */
} shown;

static shown what_is_shown(const ckn_estimate_report *report, ckn_panel_kind kind) {
    if (kind == CKN_PANEL_SHARP)
        return (shown){"SHARP", report->sharp, report->sharp};
    if (kind == CKN_PANEL_BLURRED)
        return (shown){"BLURRED", report->blurred, report->blurred};
    return (shown){"Model", report->model, report->blurred};
}

static ckn_code draw(const ckn_canvas *canvas, const ckn_panel *panel,
                     const ckn_estimate_report *report, double *scratch, uint32_t *pixels,
                     ckn_shape display, ckn_error *error) {
    shown picture = what_is_shown(report, panel->kind);
    ckn_tone tone;
    CKN_TRY(ckn_tone_choose(picture.toned, report->channels, report->linear_light, &tone, error));
    render(picture.planes, report->channels, &tone, display, scratch, pixels);
    double masked = 0;
    if (panel->kind == CKN_PANEL_BLURRED && report->weights[0].data) {
        masked = ckn_residual_masked_part(report);
        ckn_field_resample(ckn_residual_mask_sample, report, ckn_view_shape(&report->blurred[0]),
                           display, scratch);
        ckn_hatch(pixels, scratch, display, 0x000000U, 0xFFFFFFU);
    }
    ckn_panel_heading(canvas, panel->heading, panel->letter, picture.name);
    ckn_canvas_pixels(canvas, panel->data, (int)display.cols, (int)display.rows, pixels);
    ckn_canvas_frame(canvas, panel->data, CKN_RULE);
    ckn_label text = describe(picture.planes, &tone, masked, panel->kind == CKN_PANEL_MODEL);
    ckn_panel_line(canvas, panel->foot, &text);
    return CKN_OK;
}

ckn_code ckn_picture_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                           const ckn_estimate_report *report, ckn_error *error) {
    ckn_shape display = ckn_canvas_display(canvas, panel->data);
    size_t count = ckn_shape_count(display);
    double *scratch = NULL;
    uint32_t *pixels = NULL;
    ckn_code code = ckn_allocate(&scratch, count, sizeof *scratch, "the figure", error);
    if (code == CKN_OK)
        code = ckn_allocate(&pixels, count, sizeof *pixels, "the figure", error);
    if (code == CKN_OK)
        code = draw(canvas, panel, report, scratch, pixels, display, error);
    if (code == CKN_OK && panel->kind == CKN_PANEL_SHARP)
        outline_valid(canvas, report, panel->data);
    free(scratch);
    free(pixels);
    return code;
}
