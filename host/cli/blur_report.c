#include "cli/blur_report.h"

#include <math.h>
#include <string.h>

/* The axis whose figures stand for the blur. */
static const ckn_blur_axis *main_axis(const ckn_blur_result *result) {
    return result->x.method == CKN_BLUR_AUTO ? &result->y : &result->x;
}

static double sigma_x(const ckn_cli_blur *arguments) {
    return arguments->options.sigma_x;
}

static double sigma_y(const ckn_cli_blur *arguments) {
    return arguments->options.sigma_y;
}

/* "5 boxes (corrected)", "FIR of 13 taps" */
static void axis_text(const ckn_blur_axis *axis, char *text, size_t size) {
    if (axis->method == CKN_BLUR_FIR)
        snprintf(text, size, "FIR of %zu tap%s", 2 * axis->reach + 1, axis->reach ? "s" : "");
    else
        snprintf(text, size, "%zu box%s%s", axis->box.passes, axis->box.passes == 1 ? "" : "es",
                 axis->box.stride ? " (corrected)" : "");
}

static void line_part(char letter, double sigma, const ckn_blur_axis *axis, char *text,
                      size_t size) {
    char chosen[64];
    axis_text(axis, chosen, sizeof chosen);
    if (axis->method == CKN_BLUR_AUTO)
        snprintf(text, size, "nothing along %c", letter);
    else
        snprintf(text, size, "sigma %.10g, %s along %c", sigma, chosen, letter);
}

static void blur_line(ckn_cli_session *session, const ckn_cli_blur *arguments,
                      const ckn_blur_result *result) {
    const char *boundary = ckn_boundary_name(arguments->options.boundary);
    char x[128], y[128];
    if (sigma_x(arguments) == sigma_y(arguments)) {
        axis_text(&result->x, x, sizeof x);
        ckn_cli_line(session, "blur", "sigma %.10g, %s along x and y, boundary %s",
                     sigma_x(arguments), x, boundary);
        return;
    }
    line_part('x', sigma_x(arguments), &result->x, x, sizeof x);
    line_part('y', sigma_y(arguments), &result->y, y, sizeof y);
    ckn_cli_line(session, "blur", "%s; %s; boundary %s", x, y, boundary);
}

/* Three digits, never below `value`: the line is a promise. */
static double round_up(double value) {
    if (!(value > 0))
        return 0;
    const double unit = pow(10, floor(log10(value)) - 2);
    return ceil(value / unit - 1e-9) * unit;
}

static void accuracy_line(ckn_cli_session *session, const ckn_blur_result *result,
                          const ckn_picture *like) {
    char steps[64] = "";
    if (like && (like->sample == CKN_SAMPLE_U8 || like->sample == CKN_SAMPLE_U16)) {
        const bool fine = like->sample == CKN_SAMPLE_U16 && result->error_bound < 0.5 / 65535;
        snprintf(steps, sizeof steps, " (%.3g of a%s step)",
                 round_up(result->error_bound * (fine ? 65535 : 255)),
                 fine ? " 16-bit" : "n 8-bit");
    }
    ckn_cli_line(session, "accuracy",
                 "no sample farther than %.3g of the range%s from the exact Gaussian",
                 round_up(result->error_bound), steps);
}

static void axis_line(ckn_cli_session *session, const char *label, const ckn_blur_axis *axis) {
    const ckn_extended_box *box = &axis->box;
    if (axis->method == CKN_BLUR_AUTO)
        ckn_cli_line(session, label, "left as it is");
    else if (axis->method == CKN_BLUR_FIR)
        ckn_cli_line(session, label, "FIR, reach %zu, l1 error %.3g", axis->reach, axis->error_l1);
    else
        ckn_cli_line(session, label,
                     "boxes of l %zu, alpha %.6g, Lambda %.6g, correction %.3g at stride %zu, "
                     "reach %zu, l1 error %.3g",
                     box->l, box->alpha, box->lambda, box->correction, box->stride, axis->reach,
                     axis->error_l1);
}

/* Why the choice fell as it did. */
static void verbose_lines(ckn_cli_session *session, const ckn_cli_blur *arguments,
                          const ckn_blur_result *result) {
    const ckn_blur_options *options = &arguments->options;
    if (options->passes > 0)
        ckn_cli_line(session, "asked", "%zu passes, whatever their accuracy", options->passes);
    else
        ckn_cli_line(session, "asked", "method %s, accuracy %.3g of the range%s",
                     ckn_blur_method_name(options->method), options->accuracy,
                     options->method == CKN_BLUR_AUTO ? "; the shorter predicted time decides"
                                                      : "");
    axis_line(session, "along x", &result->x);
    axis_line(session, "along y", &result->y);
}

void ckn_cli_blur_lines(ckn_cli_session *session, const ckn_cli_blur *arguments,
                        const ckn_blur_result *result, const ckn_picture *like) {
    blur_line(session, arguments, result);
    accuracy_line(session, result, like);
    if (arguments->common.verbose)
        verbose_lines(session, arguments, result);
}

static const char *method_word(const ckn_blur_axis *axis) {
    return axis->method == CKN_BLUR_AUTO ? NULL : ckn_blur_method_name(axis->method);
}

static void box_json(ckn_json object, const ckn_blur_axis *axis) {
    static const char *const names[] = {"passes", "l", "alpha", "lambda", "stride", "correction"};
    const ckn_extended_box *box = &axis->box;
    if (axis->method != CKN_BLUR_BOX) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            ckn_json_text(object, names[i], NULL);
        return;
    }
    ckn_json_count(object, "passes", box->passes);
    ckn_json_count(object, "l", box->l);
    ckn_json_real(object, "alpha", box->alpha);
    ckn_json_real(object, "lambda", box->lambda);
    ckn_json_count(object, "stride", box->stride);
    ckn_json_real(object, "correction", box->correction);
}

void ckn_cli_blur_json(ckn_json object, const ckn_cli_blur *arguments,
                       const ckn_blur_result *result) {
    const ckn_blur_axis *axis = main_axis(result);
    const bool round = sigma_x(arguments) == sigma_y(arguments);
    ckn_json_real(object, "sigma", round ? sigma_x(arguments) : NAN);
    ckn_json_real(object, "sigma_x", sigma_x(arguments));
    ckn_json_real(object, "sigma_y", sigma_y(arguments));
    ckn_json_text(object, "method", method_word(axis));
    ckn_json_text(object, "method_x", method_word(&result->x));
    ckn_json_text(object, "method_y", method_word(&result->y));
    box_json(object, axis);
    ckn_json_count(object, "reach_x", result->x.reach);
    ckn_json_count(object, "reach_y", result->y.reach);
    ckn_json_real(object, "error_bound", result->error_bound);
    ckn_json_text(object, "boundary", ckn_boundary_name(arguments->options.boundary));
}

void ckn_cli_blur_picture_json(ckn_json object, const ckn_picture *picture) {
    ckn_json_count(object, "rows", picture->rows);
    ckn_json_count(object, "cols", picture->cols);
    ckn_json_count(object, "channels", picture->channels);
    ckn_json_flag(object, "has_alpha", picture->has_alpha);
}
