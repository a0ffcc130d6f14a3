/* The figure of an estimate: two rows of three panels, a third one of curves, and a strip of facts.
 */
#include "cli/report/field.h"
#include "cli/report/panels.h"

#include <math.h>
#include <string.h>

#define MARGIN 56.0
#define COLUMN 533.0    /* width of a panel's box */
#define GAP 44.0        /* between columns, at least */
#define NARROWEST 350.0 /* column: room for its heading */
#define WIDEST 640.0
#define FIRST_ROW 146.0
#define ROW 430.0       /* height of a panel's box */
#define ROW_STEP 492.0  /* from row to row */
#define THIRD_ROW 320.0 /* height of its panels */
#define STRIP 1092.0    /* where the facts begin, below two rows */
#define LINE 26.0       /* of facts */
#define FACT_GAP 30.0   /* between columns of facts */
#define LONG_FACT 32    /* characters: longer ones get a whole panel's width */

static ckn_code check_planes(const ckn_view *planes, size_t count, const char *what,
                             ckn_error *error) {
    for (size_t i = 0; i < count; i++) {
        CKN_TRY(ckn_view_check(&planes[i], what, error));
        if (!ckn_shape_equal(ckn_view_shape(&planes[i]), ckn_view_shape(&planes[0])))
            return ckn_fail(error, CKN_ERROR_ARGUMENT, "the channels of %s differ in size", what);
    }
    return CKN_OK;
}

static ckn_code check(const char *path, const ckn_estimate_report *report, ckn_error *error) {
    if (!path || !report)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a report needs a path and data");
    if (report->channels != 1 && report->channels != 3)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a report shows 1 or 3 channels, not %zu",
                        report->channels);
    CKN_TRY(check_planes(report->sharp, report->channels, "the report's sharp image", error));
    CKN_TRY(check_planes(report->blurred, report->channels, "the report's blurred image", error));
    CKN_TRY(check_planes(report->reconvolved, report->channels, "the report's re-convolved image",
                         error));
    CKN_TRY(check_planes(&report->kernel, 1, "the report's kernel", error));
    if (report->errors.data &&
        !ckn_shape_equal(ckn_view_shape(&report->errors), ckn_view_shape(&report->kernel)))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "the report's kernel and its standard errors differ in size");
    ckn_shape blurred = ckn_view_shape(&report->blurred[0]);
    ckn_shape reconvolved = ckn_view_shape(&report->reconvolved[0]);
    if (!ckn_shape_equal(blurred, reconvolved))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "blurred (%zu x %zu) and re-convolved image (%zu x %zu) differ in size",
                        blurred.cols, blurred.rows, reconvolved.cols, reconvolved.rows);
    return CKN_OK;
}

static size_t fact_count(const ckn_estimate_report *report) {
    size_t count = 0;
    while (report->facts && report->facts[count])
        count++;
    return count;
}

/* Half a panel's width each, or a whole one where a fact is long. */
static size_t fact_columns(const ckn_estimate_report *report) {
    for (size_t i = 0; i < fact_count(report); i++)
        if (strlen(report->facts[i]) > LONG_FACT)
            return 3;
    return 6;
}

static size_t fact_lines(const ckn_estimate_report *report) {
    size_t columns = fact_columns(report);
    return (fact_count(report) + columns - 1) / columns;
}

static void draw_fact(const ckn_canvas *canvas, double x, double y, double width,
                      const char *fact) {
    ckn_text_style style = {.size = CKN_SIZE_TEXT, .color = CKN_INK, .max_width = width};
    const char *tab = strchr(fact, '\t');
    if (tab) {
        ckn_label name = ckn_label_format("%.*s", (int)(tab - fact), fact);
        style.color = CKN_GREY;
        double used = ckn_canvas_text(canvas, x, y, name.base, style) + 9;
        style.color = CKN_INK;
        style.max_width = fmax(1, width - used);
        x += used;
        fact = tab + 1;
    }
    ckn_canvas_text(canvas, x, y, fact, style);
}

/* A panel of the third row, which those that are shown share evenly. */
typedef struct curve_panel {
    bool (*is_shown)(const ckn_estimate_report *report);
    void (*draw)(const ckn_panel *panel, const ckn_estimate_report *report);
} curve_panel;

static bool selection_is_shown(const ckn_estimate_report *report) {
    return ckn_selection_is_shown(&report->selection);
}

static void draw_selection(const ckn_panel *panel, const ckn_estimate_report *report) {
    ckn_selection_panel(panel, &report->selection);
}

static bool curves_are_shown(const ckn_estimate_report *report) {
    return report->curves.count > 0;
}

static void draw_mtf(const ckn_panel *panel, const ckn_estimate_report *report) {
    ckn_mtf_panel(panel, &report->curves);
}

static void draw_encircled(const ckn_panel *panel, const ckn_estimate_report *report) {
    ckn_encircled_panel(panel, &report->curves);
}

static const curve_panel curve_panels[] = {{selection_is_shown, draw_selection},
                                           {curves_are_shown, draw_mtf},
                                           {curves_are_shown, draw_encircled}};
enum { CURVE_PANELS = sizeof curve_panels / sizeof curve_panels[0] };

static size_t curve_count(const ckn_estimate_report *report) {
    size_t count = 0;
    for (size_t i = 0; i < CURVE_PANELS; i++)
        count += curve_panels[i].is_shown(report);
    return count;
}

static double third_row(const ckn_estimate_report *report) {
    return curve_count(report) > 0 ? CKN_REPORT_CURVES : 0;
}

static void draw_curves(const ckn_canvas *canvas, const ckn_estimate_report *report) {
    const double count = (double)curve_count(report);
    const double width = (CKN_REPORT_WIDTH - 2 * MARGIN - (count - 1) * GAP) / count;
    ckn_panel panel = {canvas, {MARGIN, FIRST_ROW + 2 * ROW_STEP, width, THIRD_ROW}, 'g'};
    for (size_t i = 0; i < CURVE_PANELS; i++) {
        if (!curve_panels[i].is_shown(report))
            continue;
        curve_panels[i].draw(&panel, report);
        panel.box.x += width + GAP;
        panel.letter++;
    }
}

static void draw_facts(const ckn_canvas *canvas, const ckn_estimate_report *report) {
    size_t count = fact_count(report), columns = fact_columns(report);
    double pitch = (CKN_REPORT_WIDTH - 2 * MARGIN + FACT_GAP) / (double)columns;
    if (count == 0)
        return;
    const double top = STRIP + third_row(report);
    ckn_canvas_line(canvas, MARGIN, top + 0.5, CKN_REPORT_WIDTH - MARGIN, top + 0.5, 1, CKN_RULE);
    for (size_t i = 0; i < count; i++) {
        size_t line = i / columns;
        double x = MARGIN + pitch * (double)(i % columns);
        double y = top + 32 + LINE * (double)line;
        draw_fact(canvas, x, y, pitch - FACT_GAP, report->facts[i]);
    }
}

static void draw_title(const ckn_canvas *canvas, const ckn_estimate_report *report) {
    ckn_text_style style = {.size = CKN_SIZE_TITLE,
                            .color = CKN_INK,
                            .bold = true,
                            .max_width = CKN_REPORT_WIDTH - 2 * MARGIN};
    if (report->title)
        ckn_canvas_text(canvas, MARGIN, 60, report->title, style);
    style.size = CKN_SIZE_PANEL;
    style.color = CKN_GREY;
    style.bold = false;
    if (report->subtitle)
        ckn_canvas_text(canvas, MARGIN, 90, report->subtitle, style);
}

/* Where the panels stand. */
typedef struct layout {
    const ckn_canvas *canvas;
    ckn_image_room room;
    double x[3], width[3]; /* of the columns */
} layout;

/* Columns follow the images: what narrow ones leave goes to the curve, then to the gaps. */
static layout arrange(const ckn_canvas *canvas, const ckn_estimate_report *report) {
    ckn_shape valid = ckn_view_shape(&report->blurred[0]);
    ckn_shape sharp = ckn_view_shape(&report->sharp[0]);
    layout place = {.canvas = canvas, .room = ckn_image_room_for(valid, COLUMN, ROW)};
    double image = fmax((double)ckn_field_fit(valid, place.room.width, place.room.height).cols,
                        (double)ckn_field_fit(sharp, place.room.width, place.room.height).cols);
    image = fmax(image, NARROWEST);
    double with_bar = place.room.bar_below ? image : ckn_panel_width_with_bar(image);
    double rest = CKN_REPORT_WIDTH - 2 * MARGIN - image - with_bar;
    place.width[0] = image;
    place.width[1] = with_bar;
    place.width[2] = fmin(WIDEST, fmax(COLUMN, rest - 3 * GAP));
    place.width[2] = fmin(place.width[2], rest - 2 * GAP);
    double gap = floor((rest - place.width[2]) / 2);
    place.x[0] = MARGIN;
    place.x[1] = MARGIN + image + gap;
    place.x[2] = CKN_REPORT_WIDTH - MARGIN - place.width[2];
    return place;
}

static ckn_panel panel_at(const layout *place, int row, int col) {
    return (ckn_panel){place->canvas,
                       {place->x[col], FIRST_ROW + row * ROW_STEP, place->width[col], ROW},
                       (char)('a' + 3 * row + col)};
}

/* Dashes round the part of the sharp image whose surroundings the kernel can see whole. */
static void outline_valid(const ckn_canvas *canvas, const ckn_estimate_report *report,
                          ckn_rect place) {
    ckn_shape sharp = ckn_view_shape(&report->sharp[0]), kernel = ckn_view_shape(&report->kernel);
    ckn_shape valid = ckn_view_shape(&report->blurred[0]);
    if (!ckn_shape_equal(ckn_shape_valid(sharp, kernel), valid))
        return;
    double sx = place.width / (double)sharp.cols, sy = place.height / (double)sharp.rows;
    size_t top = kernel.rows / 2, left = kernel.cols / 2;
    ckn_rect part = {place.x + sx * (double)left, place.y + sy * (double)top,
                     sx * (double)valid.cols, sy * (double)valid.rows};
    if (place.width - part.width < 6 || place.height - part.height < 6 || part.width < 12 ||
        part.height < 12)
        return;
    const double dashes[1] = {5};
    cairo_set_dash(canvas->cairo, dashes, 1, 0);
    ckn_canvas_frame(canvas, part, 0xFFFFFFU);
    cairo_set_dash(canvas->cairo, dashes, 1, 5);
    ckn_canvas_frame(canvas, part, 0x000000U);
    cairo_set_dash(canvas->cairo, NULL, 0, 0);
}

static ckn_code draw_images(const layout *where, const ckn_estimate_report *report,
                            ckn_error *error) {
    ckn_panel a = panel_at(where, 0, 0), b = panel_at(where, 0, 1), d = panel_at(where, 1, 0);
    ckn_shown_image sharp = {report->sharp, report->channels, 0, 1, report->linear_light};
    ckn_shown_image blurred = {report->blurred, report->channels, 0, 1, report->linear_light};
    ckn_rect place;
    ckn_image_choose_range(&sharp);
    ckn_image_choose_range(&blurred);
    ckn_shown_image reconvolved = blurred; /* one range for both: they are to be compared */
    reconvolved.planes = report->reconvolved;
    CKN_TRY(ckn_image_panel(&a, "Sharp", &sharp, where->room, &place, error));
    outline_valid(where->canvas, report, place);
    CKN_TRY(ckn_image_panel(&b, "Blurred", &blurred, where->room, NULL, error));
    return ckn_image_panel(&d, "Re-convolved", &reconvolved, where->room, NULL, error);
}

static ckn_code draw_panels(const layout *where, const ckn_estimate_report *report,
                            ckn_error *error) {
    ckn_panel c = panel_at(where, 0, 2), e = panel_at(where, 1, 1), f = panel_at(where, 1, 2);
    CKN_TRY(draw_images(where, report, error));
    CKN_TRY(ckn_kernel_panel(&c, &report->kernel, error));
    CKN_TRY(ckn_residual_panel(&e, report, where->room, error));
    draw_curves(where->canvas, report);
    if (report->history.count > 0)
        return ckn_convergence_panel(&f, &report->history, error);
    ckn_cross_section_panel(&f, &report->kernel, &report->errors);
    return CKN_OK;
}

ckn_code ckn_report_estimate(const char *path, const ckn_estimate_report *report,
                             ckn_error *error) {
    CKN_TRY(check(path, report, error));
    ckn_canvas canvas;
    size_t lines = fact_lines(report);
    int height =
        CKN_REPORT_HEIGHT + (lines ? 20 + (int)(LINE * (double)lines) : 0) + (int)third_row(report);
    ckn_code code = ckn_canvas_open(&canvas, CKN_REPORT_WIDTH, height, error);
    if (code == CKN_OK) {
        draw_title(&canvas, report);
        draw_facts(&canvas, report);
        layout where = arrange(&canvas, report);
        code = draw_panels(&where, report, error);
    }
    if (code == CKN_OK)
        code = ckn_canvas_save(&canvas, path, error);
    ckn_canvas_close(&canvas);
    return code;
}
