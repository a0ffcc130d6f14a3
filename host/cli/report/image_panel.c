/* The panels that show images, and what all panels share. */
#include "cli/report/field.h"
#include "cli/report/panels.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define BESIDE 92.0 /* room for an upright colour bar, with its labels */
#define BELOW 52.0  /* room for a lying one */
#define TIMES "\xC3\x97"

void ckn_panel_heading(const ckn_panel *panel, const char *name, const ckn_label *caption) {
    double x = panel->box.x, y = panel->box.y - 13;
    ckn_text_style style = {.size = CKN_SIZE_PANEL, .color = CKN_BLUE, .bold = true};
    char letter[2] = {panel->letter, '\0'};
    x += ckn_canvas_text(panel->canvas, x, y, letter, style) + 9;
    style.color = CKN_INK;
    x += ckn_canvas_text(panel->canvas, x, y, name, style) + 12;
    style = (ckn_text_style){.size = CKN_SIZE_TICK, .color = CKN_GREY};
    style.max_width = panel->box.x + panel->box.width - x;
    if (caption && style.max_width > 0)
        ckn_canvas_label(panel->canvas, x, y, caption, style);
}

ckn_image_room ckn_image_room_for(ckn_shape shape, double width, double height) {
    ckn_image_room beside = {width - BESIDE, height, false};
    ckn_image_room below = {width, height - BELOW, true};
    double a = fmin(beside.width / (double)shape.cols, beside.height / (double)shape.rows);
    double b = fmin(below.width / (double)shape.cols, below.height / (double)shape.rows);
    return a >= b ? beside : below;
}

double ckn_panel_width_with_bar(double width) {
    return width + BESIDE;
}

void ckn_image_choose_range(ckn_shown_image *image) {
    double low, high;
    ckn_field_range(image->planes, image->channels, &low, &high);
    image->low = 0;
    image->high = 1;
    if (low >= -1e-3 && high <= 1 + 1e-3 && (high >= 0.25 || high <= 0))
        return;
    image->low = low >= -1e-3 * high && low < 0.5 * high ? 0 : low;
    image->high = high > image->low ? high : image->low + 1;
}

/* One channel of one pixel, 0 to 255. */
static uint32_t level(const ckn_shown_image *image, double value) {
    double t = (value - image->low) / (image->high - image->low);
    t = t > 0 ? fmin(t, 1) : 0;
    if (image->linear_light)
        t = t <= 0.0031308 ? 12.92 * t : 1.055 * pow(t, 1 / 2.4) - 0.055;
    return (uint32_t)lround(255 * t);
}

/* Resamples the planes one after another through `scratch` into `pixels`. */
static void render(const ckn_shown_image *image, ckn_shape display, double *scratch,
                   uint32_t *pixels) {
    size_t count = ckn_shape_count(display);
    for (size_t channel = 0; channel < image->channels; channel++) {
        const ckn_view *plane = &image->planes[channel];
        unsigned shift = 16 - 8 * (unsigned)channel;
        ckn_field_resample(ckn_field_view_sample, plane, ckn_view_shape(plane), display, scratch);
        for (size_t i = 0; i < count; i++) {
            uint32_t value = level(image, scratch[i]);
            pixels[i] |= image->channels == 1 ? value * 0x010101U : value << shift;
        }
    }
}

/* "640 x 480 px", and the range where it is not [0, 1]. */
static ckn_label describe(const ckn_shown_image *image) {
    const ckn_view *plane = &image->planes[0];
    if (image->low == 0 && image->high == 1)
        return ckn_label_format("%zu " TIMES " %zu px", plane->cols, plane->rows);
    ckn_label low = ckn_label_number(image->low, 3), high = ckn_label_number(image->high, 3);
    if (low.power[0])
        return ckn_label_format("%zu " TIMES " %zu px", plane->cols, plane->rows);
    ckn_label text =
        ckn_label_format("%zu " TIMES " %zu px, %s to ", plane->cols, plane->rows, low.base);
    return ckn_label_prefix(text.base, high);
}

ckn_code ckn_image_panel(const ckn_panel *panel, const char *name, const ckn_shown_image *image,
                         ckn_image_room room, ckn_rect *placed, ckn_error *error) {
    ckn_shape display = ckn_field_fit(ckn_view_shape(image->planes), room.width, room.height);
    size_t count = ckn_shape_count(display);
    double *scratch = NULL;
    uint32_t *pixels = NULL;
    ckn_code code = ckn_allocate(&scratch, count, sizeof *scratch, "the figure", error);
    if (code == CKN_OK)
        code = ckn_allocate(&pixels, count, sizeof *pixels, "the figure", error);
    if (code == CKN_OK) {
        ckn_rect place = {panel->box.x, panel->box.y, (double)display.cols, (double)display.rows};
        ckn_label caption = describe(image);
        render(image, display, scratch, pixels);
        ckn_panel_heading(panel, name, &caption);
        ckn_canvas_pixels(panel->canvas, place.x, place.y, (int)display.cols, (int)display.rows,
                          pixels);
        ckn_canvas_frame(panel->canvas, place, CKN_RULE);
        if (placed)
            *placed = place;
    }
    free(scratch);
    free(pixels);
    return code;
}
