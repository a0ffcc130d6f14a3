#include "cli/estimate_families.h"

#include "cli/interrupt.h"
#include "cli/json.h"

#include <math.h>
#include <string.h>

/* Larger kernels would take longer than the estimate itself. */
#define MOST_TAPS 2500

ckn_code ckn_cli_estimate_families(ckn_cli_estimate_job *job, ckn_estimate_plan *plan,
                                   ckn_error *error) {
    const ckn_cli_estimate *arguments = job->arguments;
    bool wanted = arguments->report_path || arguments->common.json || !arguments->common.quiet;
    if (!wanted || job->result.solver == CKN_SOLVER_DIVISION ||
        ckn_cli_estimate_taps(job) > MOST_TAPS)
        return CKN_OK;
    ckn_interrupt_doing("while named kernels were fitted");
    job->has_families = ckn_estimate_plan_families(plan, job->families, NULL) == CKN_OK;
    return ckn_cli_check_interrupt(error);
}

static void append(char *text, size_t size, const char *more) {
    size_t used = strlen(text);
    if (used < size)
        snprintf(text + used, size - used, "%s", more);
}

/* "label1.234 +/- 0.012": two digits of the error, and the value as far as these. */
static void append_measured(char *text, size_t size, const char *label, double value,
                            double error) {
    char number[96];
    bool known = isfinite(error) && error > 0.0;
    int digits = known ? (int)fmin(9.0, fmax(1.0, 1.0 - floor(log10(error)))) : 4;
    snprintf(number, sizeof number, "%s%.*f", label, digits, value);
    append(text, size, number);
    if (!known)
        return;
    snprintf(number, sizeof number, " +/- %.*f", digits, error);
    append(text, size, number);
}

/* Name and parameters. */
static void describe(const ckn_family_fit *fit, char *text, size_t size) {
    const ckn_family_parameters *value = &fit->value, *error = &fit->error;
    char passes[64];
    text[0] = '\0';
    switch (fit->family) {
    case CKN_FAMILY_GAUSSIAN:
        append_measured(text, size, "Gaussian, sigma ", value->sigma, error->sigma);
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        append_measured(text, size, "elliptic Gaussian, sigma ", value->sigma, error->sigma);
        append_measured(text, size, " by ", value->sigma_minor, error->sigma_minor);
        append_measured(text, size, " at ", value->angle, error->angle);
        append(text, size, " degrees");
        break;
    case CKN_FAMILY_EXTENDED_BOX:
        snprintf(passes, sizeof passes, "extended box of %zu pass%s, sigma ", fit->passes,
                 fit->passes == 1 ? "" : "es");
        append_measured(text, size, passes, value->sigma, error->sigma);
        break;
    case CKN_FAMILY_DISC:
        append_measured(text, size, "disc, radius ", value->radius, error->radius);
        break;
    case CKN_FAMILY_LINE:
        append_measured(text, size, "motion line, length ", value->length, error->length);
        append_measured(text, size, " at ", value->angle, error->angle);
        append(text, size, " degrees");
        break;
    }
}

const char *ckn_cli_family_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_family_fit *first = &job->families[0];
    char name[160];
    describe(first, name, sizeof name);
    if (first->fits)
        snprintf(text, size, "%s (chi^2 %.3g)", name, first->chi_square);
    else
        snprintf(text, size, "none fits; nearest: %s (chi^2 %.3g, %.2g %% of h * x missed)", name,
                 first->chi_square, 100.0 * first->misfit);
    return text;
}

/* Parameters that the family has. */
static void add_parameters(json_t *object, const char *key, const ckn_family_parameters *which,
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
               {"length", value->length, which->length}};
    json_t *part = json_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (isfinite(all[i].own))
            ckn_json_real(part, all[i].name, all[i].value);
    }
    json_object_set_new(object, key, part);
}

static json_t *fit_object(const ckn_family_fit *fit) {
    json_t *object = json_object();
    ckn_json_text(object, "family", ckn_family_name(fit->family));
    if (fit->family == CKN_FAMILY_EXTENDED_BOX)
        ckn_json_count(object, "passes", fit->passes);
    add_parameters(object, "value", &fit->value, &fit->value);
    add_parameters(object, "error", &fit->value, &fit->error);
    ckn_json_real(object, "chi_square", fit->chi_square);
    ckn_json_flag(object, "fits", fit->fits);
    ckn_json_real(object, "misfit", fit->misfit);
    ckn_json_real(object, "score", fit->score);
    return object;
}

void ckn_cli_family_json(json_t *object, const ckn_cli_estimate_job *job) {
    if (!job->has_families) {
        json_object_set_new(object, "family", json_null());
        return;
    }
    json_t *family = json_object(), *fits = json_array();
    ckn_json_text(family, "name",
                  job->families[0].fits ? ckn_family_name(job->families[0].family) : NULL);
    ckn_json_text(family, "nearest", ckn_family_name(job->families[0].family));
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        if (job->families[i].found)
            json_array_append_new(fits, fit_object(&job->families[i]));
    }
    json_object_set_new(family, "fits", fits);
    json_object_set_new(object, "family", family);
}
