/* The residual as a picture. */
#include "cli/report/field.h"
#include "cli/report/hatch.h"
#include "cli/report/panels.h"
#include "cli/report/residual.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define MINUS "\xE2\x88\x92"
#define SHOWN_PART 0.995 /* of the pixels: single ones must not hide the rest */

/* A plane of values on its way to the figure. */
typedef struct value_map {
    ckn_shape display;
    double *values, *scratch; /* on the grid of `display` */
    uint32_t *pixels;
    ckn_colormap colors;
    double range;
} value_map;

static ckn_code allocate(value_map *map, ckn_error *error) {
    size_t count = ckn_shape_count(map->display);
    CKN_TRY(ckn_allocate(&map->values, count, sizeof *map->values, "the figure", error));
    CKN_TRY(ckn_allocate(&map->scratch, count, sizeof *map->scratch, "the figure", error));
    return ckn_allocate(&map->pixels, count, sizeof *map->pixels, "the figure", error);
}

static void render(value_map *map, const ckn_estimate_report *report) {
    ckn_shape shape = ckn_view_shape(&report->blurred[0]);
    size_t count = ckn_shape_count(map->display);
    ckn_field_resample(ckn_residual_sample, report, shape, map->display, map->values);
    double range = ckn_field_percentile(map->values, count, SHOWN_PART, map->scratch);
    map->range = range > 0 ? range : 1;
    for (size_t i = 0; i < count; i++)
        map->pixels[i] = ckn_colormap_at(&map->colors, -map->range, map->range, map->values[i]);
    if (!report->weights[0].data)
        return;
    ckn_field_resample(ckn_residual_mask_sample, report, shape, map->display, map->scratch);
    ckn_hatch(map->pixels, map->scratch, map->display, 0x8A9099U, 0xE4E7EBU);
}

/* The bar, and its name with the unit below its labels. */
static void draw_bar(const ckn_canvas *canvas, const ckn_panel *panel, const value_map *map,
                     const char *unit) {
    ckn_axis axis;
    for (int wanted = 4; wanted < 10; wanted++) { /* 0 alone says nothing */
        ckn_axis_linear(&axis, -map->range, map->range, wanted);
        if (axis.count > 2)
            break;
    }
    ckn_color_bar(canvas, panel->bar, &map->colors, &axis);
    ckn_rect name = panel->bar_labels;
    name.y += name.height - 22;
    name.height = 22;
    ckn_label text =
        ckn_label_format("BLURRED " MINUS " model%s%s", unit ? ", " : "", unit ? unit : "");
    ckn_panel_line(canvas, name, &text);
}

ckn_code ckn_residual_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                            const ckn_estimate_report *report, ckn_error *error) {
    value_map map = {.display = ckn_canvas_display(canvas, panel->data)};
    ckn_colormap_diverging(&map.colors);
    ckn_code code = allocate(&map, error);
    if (code == CKN_OK) {
        double rms = ckn_report_residual_rms(report);
        ckn_label text = rms > 0 ? ckn_label_prefix("RMS ", ckn_label_number(rms, 3))
                                 : ckn_label_text(rms == 0 ? "zero throughout" : "no samples");
        render(&map, report);
        ckn_panel_heading(canvas, panel->heading, panel->letter, "Residual");
        ckn_canvas_pixels(canvas, panel->data, (int)map.display.cols, (int)map.display.rows,
                          map.pixels);
        ckn_canvas_frame(canvas, panel->data, CKN_RULE);
        ckn_panel_line(canvas, panel->foot, &text);
        draw_bar(canvas, panel, &map, report->unit);
    }
    free(map.values);
    free(map.scratch);
    free(map.pixels);
    return code;
}
