/* The figure of an extended box: kernel over Gaussian, difference, one pass, facts. */
#include "cli/report/box_curves.h"
#include "cli/report/panels.h"
#include "cli/report/text.h"

#include <math.h>
#include <stdio.h>

#define MARGIN 56.0
#define AXIS 60.0     /* left of the data: labels of the y axis */
#define MAIN 1130.0   /* width of the left column */
#define SIDE_X 1262.0 /* where the right column begins */
#define SIDE 482.0    /* its width */
#define TOP 146.0
#define KERNEL 470.0 /* heights of the data areas */
#define ERROR_TOP 706.0
#define ERROR 284.0
#define PASS 300.0
#define FACTS 548.0 /* where the facts begin */
#define LINE 36.0
#define POINTS (510.0 / CKN_REPORT_WIDTH) /* 180 mm, two columns of a journal */

#define SIGMA "\xCF\x83"
#define ALPHA "\xCE\xB1"
#define LAMBDA "\xCE\x9B"

static ckn_code check(const char *path, const ckn_box_report *report, ckn_error *error) {
    if (!path || !report || !report->box || !report->taps)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "a report needs a path, a box and its taps");
    const ckn_extended_box *box = report->box;
    if (report->taps_count % 2 == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a composed kernel has an odd number of taps, not %zu", report->taps_count);
    if (!(box->sigma > 0) || !isfinite(box->sigma) || !(box->lambda > 0) || !isfinite(box->lambda))
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "the report's box is not initialised");
    return CKN_OK;
}

static void draw_title(const ckn_canvas *canvas, const ckn_box_report *report) {
    ckn_text_style style = {.size = CKN_SIZE_TITLE, .color = CKN_INK, .bold = true};
    ckn_label sigma = ckn_label_number(report->box->sigma, 6);
    ckn_label title = ckn_label_text("Gaussian by extended boxes: " SIGMA " = ");
    if (report->axis)
        title = ckn_label_format("%s along %c: " SIGMA " = ",
                                 report->is_far ? "No box is near; the nearest" : "Nearest box",
                                 report->axis);
    title = ckn_label_prefix(title.base, sigma);
    double x = MARGIN + ckn_canvas_label(canvas, MARGIN, 60, &title, style);
    ckn_label passes = ckn_label_format(", %zu %s", report->box->passes,
                                        report->box->passes == 1 ? "pass" : "passes");
    ckn_canvas_label(canvas, x, 60, &passes, style);
    style = (ckn_text_style){
        .size = CKN_SIZE_PANEL, .color = CKN_GREY, .max_width = CKN_REPORT_WIDTH - 2 * MARGIN};
    char note[1024] = "Gwosdek, Grewenig, Bruhn & Weickert 2011: one pass has the taps (" ALPHA
                      ", 1, \xE2\x80\xA6, 1, " ALPHA ") / " LAMBDA;
    if (report->match_note)
        ckn_text_numbers(note, sizeof note, report->match_note);
    ckn_canvas_text(canvas, MARGIN, 90, note, style);
}

/* Name at the left, value in a column of its own. */
static void fact(const ckn_canvas *canvas, int line, const char *name, ckn_label value) {
    double y = FACTS + 48 + LINE * line;
    ckn_text_style style = {.size = CKN_SIZE_TEXT, .color = CKN_GREY};
    if (line > 0)
        ckn_canvas_line(canvas, SIDE_X, y - 23.5, SIDE_X + SIDE, y - 23.5, 1, CKN_GRID);
    ckn_canvas_text(canvas, SIDE_X, y, name, style);
    style.color = CKN_INK;
    style.align = CKN_RIGHT;
    ckn_canvas_label(canvas, SIDE_X + SIDE, y, &value, style);
}

static void draw_facts(const ckn_canvas *canvas, const ckn_box_report *report) {
    const ckn_extended_box *box = report->box;
    ckn_text_style style = {.size = CKN_SIZE_PANEL, .color = CKN_INK, .bold = true};
    ckn_canvas_text(canvas, SIDE_X, FACTS + 10, "Figures", style);
    fact(canvas, 0, "standard deviation " SIGMA " (px)", ckn_label_number(box->sigma, 6));
    fact(canvas, 1, "passes d", ckn_label_format("%zu", box->passes));
    fact(canvas, 2, "half length l of the plain box", ckn_label_format("%zu", box->l));
    fact(canvas, 3, "weight " ALPHA " of the end taps", ckn_label_number(box->alpha, 8));
    fact(canvas, 4, LAMBDA " = 2l + 1 + 2" ALPHA, ckn_label_number(box->lambda, 8));
    fact(canvas, 5, "variance of one pass (px\xC2\xB2)", ckn_label_number(box->variance_pass, 8));
    fact(canvas, 6, "variance of all passes (px\xC2\xB2)",
         ckn_label_number(box->sigma * box->sigma, 8));
    fact(canvas, 7, "taps of the composed kernel", ckn_label_format("%zu", report->taps_count));
    if (report->axis) {
        fact(canvas, 8, "kernel \xE2\x88\x92 box: l1", ckn_label_number(report->match_l1, 4));
        fact(canvas, 9, "kernel \xE2\x88\x92 box: l2", ckn_label_number(report->match_l2, 4));
        return;
    }
    fact(canvas, 8, "largest error", ckn_label_number(report->errors.max, 4));
    fact(canvas, 9, "sum of absolute errors (l1)", ckn_label_number(report->errors.l1, 4));
    fact(canvas, 10, "root of summed squares (l2)", ckn_label_number(report->errors.l2, 4));
    fact(canvas, 11, "largest error beside a step edge", ckn_label_number(report->errors.step, 4));
    if (box->stride) {
        char stride[48];
        snprintf(stride, sizeof stride, "correction, samples %zu apart", box->stride);
        fact(canvas, 12, stride, ckn_label_number(box->correction, 6));
    }
}

/* Letter, name and, in grey, `caption`, on a line above a panel at (x, y). */
static void heading(const ckn_canvas *canvas, double x, double y, char letter, const char *name,
                    const ckn_label *caption) {
    ckn_text_style style = {.size = CKN_SIZE_PANEL, .color = CKN_BLUE, .bold = true};
    const char text[2] = {letter, '\0'};
    x += ckn_canvas_text(canvas, x, y - 13, text, style) + 9;
    style.color = CKN_INK;
    x += ckn_canvas_text(canvas, x, y - 13, name, style) + 12;
    style = (ckn_text_style){.size = CKN_SIZE_TICK, .color = CKN_GREY};
    ckn_canvas_label(canvas, x, y - 13, caption, style);
}

static void draw_panels(const ckn_canvas *canvas, const ckn_box_report *report) {
    ckn_box_curves curves;
    ckn_box_curves_init(&curves, report);
    ckn_label caption = ckn_label_format("%zu taps", report->taps_count);
    heading(canvas, MARGIN, TOP, 'a',
            report->axis ? "Kernel and nearest box" : "Composed kernel and Gaussian", &caption);
    ckn_box_draw_kernel(canvas, (ckn_rect){MARGIN + AXIS, TOP, MAIN - AXIS, KERNEL}, &curves);
    caption = ckn_label_prefix("kernel \xE2\x88\x92 sampled Gaussian, at most ",
                               ckn_label_number(report->errors.max, 3));
    if (report->axis)
        caption = ckn_label_prefix("kernel to match \xE2\x88\x92 box, sum of magnitudes ",
                                   ckn_label_number(report->match_l1, 3));
    heading(canvas, MARGIN, ERROR_TOP, 'b', report->axis ? "Difference" : "Error", &caption);
    ckn_box_draw_error(canvas, (ckn_rect){MARGIN + AXIS, ERROR_TOP, MAIN - AXIS, ERROR}, &curves);
    caption = ckn_label_format("2l + 3 = %zu taps", 2 * report->box->l + 3);
    heading(canvas, SIDE_X, TOP, 'c', "One pass", &caption);
    ckn_box_draw_pass(canvas, (ckn_rect){SIDE_X + AXIS, TOP, SIDE - AXIS, PASS}, report->box);
}

ckn_code ckn_report_box(const char *path, const ckn_box_report *report, ckn_error *error) {
    CKN_TRY(check(path, report, error));
    ckn_canvas canvas;
    const ckn_page page = {CKN_REPORT_WIDTH, CKN_BOX_REPORT_HEIGHT, 1, POINTS, NULL};
    ckn_code code = ckn_canvas_open(&canvas, path, page, error);
    if (code == CKN_OK) {
        draw_title(&canvas, report);
        draw_facts(&canvas, report);
        draw_panels(&canvas, report);
        code = ckn_canvas_save(&canvas, path, error);
    }
    ckn_canvas_close(&canvas);
    return code;
}
