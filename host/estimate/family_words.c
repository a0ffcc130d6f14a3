/* Named kernels in words. */
#include "base/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TINY_ERROR 1e-6 /* of noise-free pictures: its digits would not end */
#define SEVERAL 3.0     /* errors: what is closer to a number is taken for it */
#define PART 1e-3       /* likewise, relative to the amount */
#define ONE_TAP 0.2     /* sigma below which a Gaussian is a single tap, to 4e-6 */
#define MOST_DIGITS 7

typedef struct signs {
    const char *plus_minus, *degrees, *times;
} signs;

static const signs ascii = {"+/-", " degrees", "x"};
static const signs beyond_ascii = {"\xC2\xB1", "\xC2\xB0", "\xC3\x97"};

/* A text that grows. */
typedef struct line {
    char *text;
    size_t size;
    const signs *signs;
} line;

static void append(const line *l, const char *more) {
    const size_t used = strlen(l->text);
    if (used + 1 < l->size)
        snprintf(l->text + used, l->size - used, "%s", more);
}

/* "1.234 +/- 0.012": two digits of the error, and the value as far as these; four where there is no
 * error. */
static void append_measured(const line *l, double value, double error) {
    char number[96];
    const bool known = isfinite(error) && error > 0;
    const int digits = known ? (int)fmin(MOST_DIGITS, fmax(1, 1 - floor(log10(error)))) : 4;
    const double unit = pow(10, -digits);
    snprintf(number, sizeof number, "%.*f", digits,
             fabs(value) < 0.5 * unit ? 0.0 : value); /* no -0 */
    append(l, number);
    if (!known)
        return;
    if (error < TINY_ERROR)
        snprintf(number, sizeof number, " %s %.1e", l->signs->plus_minus, error);
    else
        snprintf(number, sizeof number, " %s %.*f", l->signs->plus_minus, digits, error);
    append(l, number);
}

static void append_with(const line *l, const char *label, double value, double error) {
    append(l, label);
    append_measured(l, value, error);
}

static void append_angle(const line *l, const ckn_family_fit *fit) {
    append_with(l, " at ", fit->value.angle, fit->error.angle);
    append(l, l->signs->degrees);
}

/* A number that is whole to its error is said as such. */
static void append_length(const line *l, double value, double error) {
    char number[32];
    const double whole = round(value);
    if (fabs(value - whole) > fmax(1e-9, isfinite(error) ? SEVERAL * error : 0)) {
        append_measured(l, value, error);
        return;
    }
    snprintf(number, sizeof number, "%.0f", whole == 0 ? 0.0 : whole); /* no -0 */
    append(l, number);
}

/* ---- blurs */

static void describe_gaussian(const ckn_family_fit *fit, const line *l) {
    char window[64];
    append_with(l, "Gaussian blur, sigma ", fit->value.sigma, fit->error.sigma);
    if (fit->variant == 0)
        return;
    snprintf(window, sizeof window, ", cut to %zu %s %zu", 2 * fit->variant + 1, l->signs->times,
             2 * fit->variant + 1);
    append(l, window);
}

static void describe_box(const ckn_family_fit *fit, const line *l) {
    char passes[64];
    snprintf(passes, sizeof passes, "extended box of %zu pass%s, sigma ", fit->variant,
             fit->variant == 1 ? "" : "es");
    append_with(l, passes, fit->value.sigma, fit->error.sigma);
}

static void describe_rectangle(const ckn_family_fit *fit, const line *l) {
    append(l, "rectangle ");
    append_length(l, fit->value.width, fit->error.width);
    append(l, " ");
    append(l, l->signs->times);
    append(l, " ");
    append_length(l, fit->value.height, fit->error.height);
}

static void describe_displacement(const ckn_family_fit *fit, double origin_x, double origin_y,
                                  const line *l) {
    const double x = fit->value.center_x - origin_x, y = fit->value.center_y - origin_y;
    const double near_x = fmax(1e-9, SEVERAL * fit->error.center_x);
    const double near_y = fmax(1e-9, SEVERAL * fit->error.center_y);
    if (fabs(x) <= near_x && fabs(y) <= near_y) {
        append(l, "identity");
        if (fabs(fit->value.gain - 1) > fmax(PART, SEVERAL * fit->error.gain))
            append_with(l, " times ", fit->value.gain, fit->error.gain);
        return;
    }
    append(l, "displacement by x ");
    append_length(l, x, fit->error.center_x);
    append(l, ", y ");
    append_length(l, y, fit->error.center_y);
}

static void describe_blur(const ckn_family_fit *fit, const line *l) {
    const ckn_family_parameters *value = &fit->value, *error = &fit->error;
    switch (fit->family) {
    case CKN_FAMILY_GAUSSIAN:
        describe_gaussian(fit, l);
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        append_with(l, "elliptic Gaussian blur, sigma ", value->sigma, error->sigma);
        if (value->sigma_minor < ONE_TAP) {
            append(l, " by none");
            append_angle(l, fit);
            break;
        }
        append_with(l, " by ", value->sigma_minor, error->sigma_minor);
        append_angle(l, fit);
        break;
    case CKN_FAMILY_EXTENDED_BOX:
        describe_box(fit, l);
        break;
    case CKN_FAMILY_DISC:
        append_with(l, "disc, radius ", value->radius, error->radius);
        break;
    case CKN_FAMILY_LINE:
        append_with(l, "motion, ", value->length, error->length);
        append(l, " pixels");
        append_angle(l, fit);
        break;
    case CKN_FAMILY_RECTANGLE:
        describe_rectangle(fit, l);
        break;
    case CKN_FAMILY_MOFFAT:
        append_with(l, "Moffat, FWHM ", value->fwhm, error->fwhm);
        append_with(l, ", beta ", value->beta, error->beta);
        break;
    default:
        append_with(l, "motion that fades, sigma ", value->sigma, error->sigma);
        append(l, " pixels");
        append_angle(l, fit);
        break;
    }
}

/* ---- signed ones */

/* Whether the kernel's sum is nothing beside its amount. */
static bool is_without_sum(const ckn_family_fit *fit) {
    const double error = isfinite(fit->error.gain) ? fit->error.gain : 0;
    return fabs(fit->value.gain) <= fmax(SEVERAL * error, PART * fabs(fit->value.amount));
}

/* ", amount 150 %" of the sum. */
static void append_amount(const ckn_family_fit *fit, const line *l) {
    const double unit = 100 / fabs(fit->value.gain);
    append_with(l, ", amount ", fit->value.amount * unit, fit->error.amount * unit);
    append(l, " %");
}

static void append_factor(const ckn_family_fit *fit, const line *l) {
    append_with(l, ", factor ", fit->value.amount, fit->error.amount);
}

static void describe_unsharp(const ckn_family_fit *fit, const line *l) {
    char passes[64];
    const bool bare = is_without_sum(fit);
    append(l, bare ? "high pass" : fit->value.amount > 0 ? "unsharp mask" : "soft focus");
    append_with(l, ", radius ", fit->value.sigma, fit->error.sigma);
    if (bare)
        append_factor(fit, l);
    else
        append_amount(fit, l);
    if (fit->variant == 0)
        return;
    snprintf(passes, sizeof passes, " (by %zu box%s)", fit->variant, fit->variant == 1 ? "" : "es");
    append(l, passes);
}

static void describe_laplacian(const ckn_family_fit *fit, const line *l) {
    const bool bare = is_without_sum(fit);
    append(l, bare ? "Laplacian" : fit->value.amount > 0 ? "sharpening" : "smoothing");
    append(l, " 3 ");
    append(l, l->signs->times);
    append(l, fit->variant == CKN_STENCIL_SQUARE     ? " 3, 8 neighbours"
              : fit->variant == CKN_STENCIL_DIAGONAL ? " 3, 4 corners"
                                                     : " 3, 4 neighbours");
    if (bare)
        append_factor(fit, l);
    else
        append_amount(fit, l);
}

static void describe_derivative(const ckn_family_fit *fit, const line *l) {
    static const char *const names[CKN_STENCIL_COUNT] = {[CKN_STENCIL_CENTRAL] = "central",
                                                         [CKN_STENCIL_PREWITT] = "Prewitt",
                                                         [CKN_STENCIL_SOBEL] = "Sobel",
                                                         [CKN_STENCIL_SCHARR] = "Scharr",
                                                         [CKN_STENCIL_DIFFERENCE] =
                                                             "neighbour's difference"};
    const bool bare = is_without_sum(fit);
    if (bare) {
        append(l, "derivative (");
        append(l, names[fit->variant]);
    } else {
        append(l, "emboss (");
        append(l, names[fit->variant]);
        append_with(l, ", sum ", fit->value.gain, fit->error.gain);
    }
    append(l, ")");
    append_angle(l, fit);
    append_factor(fit, l);
}

static void describe_signed(const ckn_family_fit *fit, const line *l) {
    switch (fit->family) {
    case CKN_FAMILY_UNSHARP:
        describe_unsharp(fit, l);
        break;
    case CKN_FAMILY_LAPLACIAN:
        describe_laplacian(fit, l);
        break;
    case CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS:
        append_with(l, "difference of Gaussians, sigma ", fit->value.sigma, fit->error.sigma);
        append_with(l, " and ", fit->value.sigma_minor, fit->error.sigma_minor);
        append_factor(fit, l);
        if (!is_without_sum(fit))
            append_with(l, ", sum ", fit->value.gain, fit->error.gain);
        break;
    case CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN:
        append_with(l, "Laplacian of Gaussian, sigma ", fit->value.sigma, fit->error.sigma);
        append_factor(fit, l);
        if (!is_without_sum(fit))
            append_with(l, ", sum ", fit->value.gain, fit->error.gain);
        break;
    default:
        describe_derivative(fit, l);
        break;
    }
}

/* Why the name holds although noise does not explain all that it leaves. */
static void append_ground(const ckn_family_fit *fit, const line *l) {
    char text[64];
    if (fit->ground != CKN_GROUND_MISFIT && fit->ground != CKN_GROUND_STEP)
        return;
    snprintf(text, sizeof text, " (%.2g %% rounded or truncated)", 100 * fit->misfit);
    append(l, text);
}

void ckn_family_describe(const ckn_family_fit *fit, double origin_x, double origin_y, int utf8,
                         char *text, size_t size) {
    const line l = {text, size, utf8 ? &beyond_ascii : &ascii};
    if (size == 0)
        return;
    text[0] = '\0';
    if (!fit->found)
        append(&l, "no named kernel");
    else if (fit->family == CKN_FAMILY_DISPLACEMENT)
        describe_displacement(fit, origin_x, origin_y, &l);
    else if (fit->family < CKN_FAMILY_UNSHARP)
        describe_blur(fit, &l);
    else
        describe_signed(fit, &l);
    append_ground(fit, &l);
}
