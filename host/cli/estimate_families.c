#include "cli/estimate_families.h"

#include "cli/json.h"

#include <math.h>
#include <stdio.h>

/* The tap of displacement 0, which may lie outside of the kernel. */
static void describe(const ckn_cli_estimate_job *job, int utf8, char *text, size_t size) {
    const ckn_kernel_offset offset = ckn_cli_estimate_offset(job);
    const size_t col = (job->options.kernel_cols - 1) / 2;
    const size_t row = (job->options.kernel_rows - 1) / 2;
    const double x = (double)col - (double)offset.col, y = (double)row - (double)offset.row;
    ckn_family_describe(&job->families[0], x, y, utf8, text, size);
}

const char *ckn_cli_family_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_family_fit *first = &job->families[0];
    char name[200];
    describe(job, 0, name, sizeof name);
    if (!first->found)
        snprintf(text, size, "none fits");
    else if (first->fits)
        snprintf(text, size, "%s (chi^2 %.3g)", name, first->chi_square);
    else
        snprintf(text, size, "none fits; nearest: %s (chi^2 %.3g, %.2g %% of h * x missed)", name,
                 first->chi_square, 100.0 * first->misfit);
    return text;
}

const char *ckn_cli_family_fact(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_family_fit *first = &job->families[0];
    if (first->fits)
        describe(job, 1, text, size);
    else
        snprintf(text, size, "none fits");
    return text;
}

/* Parameters that the family has. */
static void add_parameters(ckn_json object, const char *key, const ckn_family_parameters *which,
                           const ckn_family_parameters *value) {
    const struct {
        const char *name;
        double value, own;
    } all[] = {{"gain", value->gain, which->gain},
               {"center_x", value->center_x, which->center_x},
               {"center_y", value->center_y, which->center_y},
               {"sigma", value->sigma, which->sigma},
               {"sigma_minor", value->sigma_minor, which->sigma_minor},
               {"angle", value->angle, which->angle},
               {"radius", value->radius, which->radius},
               {"length", value->length, which->length},
               {"width", value->width, which->width},
               {"height", value->height, which->height},
               {"fwhm", value->fwhm, which->fwhm},
               {"beta", value->beta, which->beta},
               {"amount", value->amount, which->amount}};
    ckn_json part = ckn_json_object(object, key);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (isfinite(all[i].own))
            ckn_json_real(part, all[i].name, all[i].value);
    }
}

static const char *ground_name(ckn_family_ground ground) {
    static const char *const names[] = {NULL, "noise", "misfit", "step"};
    return names[ground];
}

/* Passes, the side of a cut Gaussian's window, or a stencil. */
static void add_variant(ckn_json object, const ckn_family_fit *fit) {
    switch (fit->family) {
    case CKN_FAMILY_EXTENDED_BOX:
    case CKN_FAMILY_UNSHARP:
        ckn_json_count(object, "passes", fit->variant);
        break;
    case CKN_FAMILY_LAPLACIAN:
    case CKN_FAMILY_DERIVATIVE:
        ckn_json_text(object, "stencil", ckn_stencil_name((ckn_stencil)fit->variant));
        break;
    case CKN_FAMILY_GAUSSIAN:
        if (fit->variant > 0)
            ckn_json_count(object, "cut_to", 2 * fit->variant + 1);
        break;
    case CKN_FAMILY_HALF_GAUSSIAN_LINE:
        ckn_json_flag(object, "rounded", fit->variant == 1);
        break;
    default:
        break;
    }
}

static void add_fit(ckn_json fits, const ckn_family_fit *fit) {
    ckn_json object = ckn_json_append_object(fits);
    ckn_json_text(object, "family", ckn_family_name(fit->family));
    add_variant(object, fit);
    add_parameters(object, "value", &fit->value, &fit->value);
    add_parameters(object, "error", &fit->value, &fit->error);
    ckn_json_real(object, "chi_square", fit->chi_square);
    ckn_json_flag(object, "fits", fit->fits);
    ckn_json_text(object, "ground", ground_name(fit->ground));
    ckn_json_flag(object, "refused", fit->refused);
    ckn_json_real(object, "misfit", fit->misfit);
    ckn_json_real(object, "score", fit->score);
}

void ckn_cli_family_json(ckn_json object, const ckn_cli_estimate_job *job) {
    if (!job->has_families) {
        ckn_json_null(object, "family");
        ckn_json_text(object, "family_reason", job->no_families);
        return;
    }
    const bool any = job->families[0].found;
    char text[200];
    describe(job, 0, text, sizeof text);
    ckn_json family = ckn_json_object(object, "family");
    ckn_json_text(family, "name",
                  job->families[0].fits ? ckn_family_name(job->families[0].family) : NULL);
    ckn_json_text(family, "nearest", any ? ckn_family_name(job->families[0].family) : NULL);
    ckn_json_text(family, "text", job->families[0].fits ? text : NULL);
    ckn_json fits = ckn_json_list(family, "fits");
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        if (job->families[i].found)
            add_fit(fits, &job->families[i]);
    }
    ckn_json_null(object, "family_reason");
}
