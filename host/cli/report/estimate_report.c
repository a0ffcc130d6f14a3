/* The figure of an estimate: a title, panels and tables where the layout puts them. */
#include "cli/report/layout.h"
#include "cli/report/panels.h"
#include "cli/report/shown_kernel.h"
#include "cli/report/tables.h"
#include "cli/report/text.h"
#include "cli/report/words.h"

#include <stdio.h>

#define POINTS 0.425 /* to the unit: 180 mm, two columns of a journal, are 1200 units */
#define PIXELS (CKN_REPORT_WIDTH / CKN_LAYOUT_WIDTH)

static ckn_code check_planes(const ckn_view *planes, size_t count, const char *what,
                             ckn_error *error) {
    for (size_t i = 0; i < count; i++) {
        CKN_TRY(ckn_view_check(&planes[i], what, error));
        if (!ckn_shape_equal(ckn_view_shape(&planes[i]), ckn_view_shape(&planes[0])))
            return ckn_fail(error, CKN_ERROR_ARGUMENT, "the channels of %s differ in size", what);
    }
    return CKN_OK;
}

/* What has the size of the blurred picture. */
static ckn_code check_sizes(const ckn_estimate_report *report, ckn_error *error) {
    ckn_shape blurred = ckn_view_shape(&report->blurred[0]);
    ckn_shape model = ckn_view_shape(&report->model[0]);
    if (!ckn_shape_equal(blurred, model))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "blurred picture (%zu x %zu) and model (%zu x %zu) differ in size",
                        blurred.cols, blurred.rows, model.cols, model.rows);
    for (size_t i = 0; i < report->channels; i++)
        if (report->weights[i].data &&
            !ckn_shape_equal(blurred, ckn_view_shape(&report->weights[i])))
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "the report's weights and its blurred picture differ in size");
    return CKN_OK;
}

static ckn_code check(const char *path, const ckn_estimate_report *report, ckn_error *error) {
    if (!path || !report)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a report needs a path and data");
    if (report->channels != 1 && report->channels != 3)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a report shows 1 or 3 channels, not %zu",
                        report->channels);
    CKN_TRY(check_planes(report->sharp, report->channels, "the report's sharp picture", error));
    CKN_TRY(check_planes(report->blurred, report->channels, "the report's blurred picture", error));
    CKN_TRY(check_planes(report->model, report->channels, "the report's model", error));
    CKN_TRY(check_planes(&report->kernel, 1, "the report's kernel", error));
    if (report->errors.data &&
        !ckn_shape_equal(ckn_view_shape(&report->errors), ckn_view_shape(&report->kernel)))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the report's kernel and its standard errors differ in size");
    return check_sizes(report, error);
}

static ckn_code draw_panel(const ckn_canvas *canvas, const ckn_panel *panel,
                           const ckn_estimate_report *report, ckn_error *error) {
    switch (panel->kind) {
    case CKN_PANEL_SHARP:
    case CKN_PANEL_BLURRED:
    case CKN_PANEL_MODEL:
        return ckn_picture_panel(canvas, panel, report, error);
    case CKN_PANEL_RESIDUAL:
        return ckn_residual_panel(canvas, panel, report, error);
    case CKN_PANEL_SIGNALS:
        ckn_signal_panel(canvas, panel, report);
        return CKN_OK;
    case CKN_PANEL_RESIDUAL_CURVE:
        ckn_residual_curve_panel(canvas, panel, report);
        return CKN_OK;
    case CKN_PANEL_KERNEL:
        return ckn_kernel_panel(canvas, panel, report, error);
    case CKN_PANEL_SECTIONS:
        ckn_cross_section_panel(canvas, panel, report);
        return CKN_OK;
    case CKN_PANEL_MTF:
        return ckn_mtf_panel(canvas, panel, report, error);
    case CKN_PANEL_ENCIRCLED:
        ckn_encircled_panel(canvas, panel, &report->curves);
        return CKN_OK;
    case CKN_PANEL_CONVERGENCE:
        return ckn_convergence_panel(canvas, panel, &report->history, error);
    case CKN_PANEL_HISTOGRAM:
        return ckn_histogram_panel(canvas, panel, report, error);
    }
    return CKN_OK;
}

static void draw_line(const ckn_canvas *canvas, ckn_rect place, const char *text,
                      ckn_text_style style) {
    style.max_width = place.width;
    if (place.height > 0 && text)
        ckn_canvas_text(canvas, place.x, place.y + 0.7 * place.height, text, style);
}

/* A title that is too long for one line even in small letters takes two. */
static size_t title_lines(const ckn_canvas *canvas, const char *title) {
    const ckn_text_style style = {.size = CKN_SIZE_TITLE * CKN_SMALLEST, .bold = true};
    if (!title)
        return 0;
    return ckn_canvas_measure(canvas, title, style) > ckn_layout_title_width() ? 2 : 1;
}

static void draw_title(const ckn_canvas *canvas, ckn_rect place, const char *title) {
    char text[1024], line[1024];
    ckn_text_style style = {.size = CKN_SIZE_TITLE, .color = CKN_INK, .bold = true};
    if (!title || !(place.height > 0))
        return;
    ckn_text_numbers(text, sizeof text, title);
    ckn_rect first = {place.x, place.y, place.width, CKN_LAYOUT_TITLE};
    const char *rest = text;
    if (place.height > CKN_LAYOUT_TITLE) {
        style.size *= CKN_SMALLEST;
        size_t length = ckn_words_fitting(canvas, text, place.width, style);
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        draw_line(canvas, first, line, style);
        first.y += 0.8 * CKN_LAYOUT_TITLE;
        rest = text + length + (text[length] == ' ');
    }
    draw_line(canvas, first, rest, style);
}

static void draw_lines(const ckn_canvas *canvas, const ckn_layout *layout,
                       const ckn_estimate_report *report) {
    ckn_text_style style = {.size = CKN_SIZE_TEXT, .color = CKN_GREY};
    draw_title(canvas, layout->title, report->title);
    draw_line(canvas, layout->subtitle, report->subtitle, style);
    style.size = CKN_SIZE_TICK - 2;
    draw_line(canvas, layout->footer, report->footer, style);
}

static ckn_code draw(const ckn_canvas *canvas, const ckn_layout *layout,
                     const ckn_estimate_report *report, ckn_error *error) {
    draw_lines(canvas, layout, report);
    for (size_t i = 0; i < layout->count; i++)
        CKN_TRY(draw_panel(canvas, &layout->panels[i], report, error));
    for (size_t i = 0; i < CKN_LAYOUT_TABLES; i++)
        ckn_table_draw(canvas, layout->tables[i], &report->tables[i]);
    return CKN_OK;
}

/* Lines of title and tables depend on the widths of their words, which a canvas knows. */
static ckn_code measure(const ckn_estimate_report *report, ckn_layout_input *input,
                        ckn_error *error) {
    ckn_canvas canvas;
    ckn_code code = ckn_canvas_open(&canvas, "", (ckn_page){1, 1, 1, 1, NULL}, error);
    if (code == CKN_OK)
        input->title_lines = title_lines(&canvas, report->title);
    for (size_t i = 0; i < CKN_LAYOUT_TABLES && code == CKN_OK; i++)
        input->table_lines[i] =
            ckn_table_lines(&canvas, &report->tables[i], ckn_layout_table_width());
    ckn_canvas_close(&canvas);
    return code;
}

static ckn_code arrange(const ckn_estimate_report *report, ckn_layout *layout, ckn_error *error) {
    ckn_layout_input input = {
        .sharp = ckn_view_shape(&report->sharp[0]),
        .blurred = ckn_view_shape(&report->blurred[0]),
        .has_curves = report->curves.count > 0,
        .is_signed = ckn_shown_kernel_of(report).is_signed,
        .has_history = report->history.count > 0,
        .has_subtitle = report->subtitle != NULL,
        .has_footer = report->footer != NULL,
    };
    CKN_TRY(measure(report, &input, error));
    ckn_layout_arrange(&input, layout);
    return CKN_OK;
}

ckn_code ckn_report_estimate(const char *path, const ckn_estimate_report *report,
                             ckn_error *error) {
    CKN_TRY(check(path, report, error));
    ckn_layout layout;
    CKN_TRY(arrange(report, &layout, error));
    ckn_canvas canvas;
    const ckn_page page = {layout.width, layout.height, PIXELS, POINTS, report->title};
    ckn_code code = ckn_canvas_open(&canvas, path, page, error);
    if (code == CKN_OK)
        code = draw(&canvas, &layout, report, error);
    if (code == CKN_OK)
        code = ckn_canvas_save(&canvas, path, error);
    ckn_canvas_close(&canvas);
    return code;
}
