#include "cli/estimate_families.h"

#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/json.h"

#include <math.h>
#include <string.h>

/* Larger kernels would take longer than the estimate itself. */
#define MOST_TAPS 2500
#define LEAST_TAPS 5    /* that ckn_estimate_plan_families() takes */
#define TINY_ERROR 1e-6 /* of noise-free pictures: its digits would not end */

/* Whether there is nothing to fit, and why. A kernel without errors is not determined, or not found
 * yet. */
static bool is_no_case(ckn_cli_estimate_job *job) {
    char *reason = job->no_families;
    const size_t size = sizeof job->no_families;
    if (job->result.solver == CKN_SOLVER_DIVISION)
        snprintf(reason, size, "the division has no errors to fit by");
    else if (job->no_errors[0])
        snprintf(reason, size, "%s", job->no_errors);
    else if (ckn_cli_estimate_taps(job) > MOST_TAPS)
        snprintf(reason, size, "the kernel has more than %d taps", MOST_TAPS);
    else if (ckn_cli_estimate_taps(job) < LEAST_TAPS)
        snprintf(reason, size, "the kernel has fewer than %d taps", LEAST_TAPS);
    return reason[0] != '\0';
}

ckn_code ckn_cli_estimate_families(ckn_cli_estimate_job *job, ckn_estimate_plan *plan,
                                   ckn_error *error) {
    const ckn_cli_estimate *arguments = job->arguments;
    bool wanted = arguments->report_path || arguments->common.json || !arguments->common.quiet;
    if (!wanted || is_no_case(job))
        return CKN_OK;
    ckn_interrupt_doing("while named kernels were fitted");
    ckn_code code = ckn_estimate_plan_families(plan, job->families, error);
    job->has_families = code == CKN_OK;
    if (code == CKN_ERROR_DATA || code == CKN_ERROR_UNSUPPORTED) {
        job->families_failed = true;
        code = CKN_OK;
        ckn_text_printable(job->no_families, sizeof job->no_families, error->message);
    }
    return code == CKN_OK ? ckn_cli_check_interrupt(error) : code;
}

/* The signs of a terminal, or of a figure. */
typedef struct signs {
    const char *plus_minus, *degrees;
} signs;

static const signs of_terminal = {"+/-", " degrees"};
static const signs of_figure = {"\xC2\xB1", "\xC2\xB0"};

/* A text that grows. */
typedef struct line {
    char *text;
    size_t size;
    const signs *signs;
} line;

static void append(const line *l, const char *more) {
    size_t used = strlen(l->text);
    if (used < l->size)
        snprintf(l->text + used, l->size - used, "%s", more);
}

/* "label1.234 +/- 0.012": two digits of the error, and the value as far as these. */
static void append_measured(const line *l, const char *label, double value, double error) {
    char number[96];
    bool known = isfinite(error) && error > 0.0;
    int digits = known ? (int)fmin(7.0, fmax(1.0, 1.0 - floor(log10(error)))) : 4;
    snprintf(number, sizeof number, "%s%.*f", label, digits, value);
    append(l, number);
    if (!known)
        return;
    if (error < TINY_ERROR)
        snprintf(number, sizeof number, " %s %.1e", l->signs->plus_minus, error);
    else
        snprintf(number, sizeof number, " %s %.*f", l->signs->plus_minus, digits, error);
    append(l, number);
}

/* Name and parameters. */
static void describe(const ckn_family_fit *fit, const line *l) {
    const ckn_family_parameters *value = &fit->value, *error = &fit->error;
    char passes[64];
    l->text[0] = '\0';
    switch (fit->family) {
    case CKN_FAMILY_GAUSSIAN:
        append_measured(l, "Gaussian, sigma ", value->sigma, error->sigma);
        break;
    case CKN_FAMILY_ELLIPTIC_GAUSSIAN:
        append_measured(l, "elliptic Gaussian, sigma ", value->sigma, error->sigma);
        append_measured(l, " by ", value->sigma_minor, error->sigma_minor);
        append_measured(l, " at ", value->angle, error->angle);
        append(l, l->signs->degrees);
        break;
    case CKN_FAMILY_EXTENDED_BOX:
        snprintf(passes, sizeof passes, "extended box of %zu pass%s, sigma ", fit->passes,
                 fit->passes == 1 ? "" : "es");
        append_measured(l, passes, value->sigma, error->sigma);
        break;
    case CKN_FAMILY_DISC:
        append_measured(l, "disc, radius ", value->radius, error->radius);
        break;
    case CKN_FAMILY_LINE:
        append_measured(l, "motion line, length ", value->length, error->length);
        append_measured(l, " at ", value->angle, error->angle);
        append(l, l->signs->degrees);
        break;
    }
}

const char *ckn_cli_family_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_family_fit *first = &job->families[0];
    char name[160];
    describe(first, &(line){name, sizeof name, &of_terminal});
    if (first->fits)
        snprintf(text, size, "%s (chi^2 %.3g)", name, first->chi_square);
    else
        snprintf(text, size, "none fits; nearest: %s (chi^2 %.3g, %.2g %% of h * x missed)", name,
                 first->chi_square, 100.0 * first->misfit);
    return text;
}

const char *ckn_cli_family_name_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    if (!job->has_families || !job->families[0].fits)
        return NULL;
    describe(&job->families[0], &(line){text, size, &of_terminal});
    return text;
}

const char *ckn_cli_family_fact(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_family_fit *first = &job->families[0];
    if (first->fits)
        describe(first, &(line){text, size, &of_figure});
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
               {"length", value->length, which->length}};
    ckn_json part = ckn_json_object(object, key);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (isfinite(all[i].own))
            ckn_json_real(part, all[i].name, all[i].value);
    }
}

static void add_fit(ckn_json fits, const ckn_family_fit *fit) {
    ckn_json object = ckn_json_append_object(fits);
    ckn_json_text(object, "family", ckn_family_name(fit->family));
    if (fit->family == CKN_FAMILY_EXTENDED_BOX)
        ckn_json_count(object, "passes", fit->passes);
    add_parameters(object, "value", &fit->value, &fit->value);
    add_parameters(object, "error", &fit->value, &fit->error);
    ckn_json_real(object, "chi_square", fit->chi_square);
    ckn_json_flag(object, "fits", fit->fits);
    ckn_json_real(object, "misfit", fit->misfit);
    ckn_json_real(object, "score", fit->score);
}

void ckn_cli_family_json(ckn_json object, const ckn_cli_estimate_job *job) {
    if (!job->has_families) {
        ckn_json_null(object, "family");
        ckn_json_text(object, "family_reason", job->no_families);
        return;
    }
    ckn_json family = ckn_json_object(object, "family");
    ckn_json_text(family, "name",
                  job->families[0].fits ? ckn_family_name(job->families[0].family) : NULL);
    ckn_json_text(family, "nearest", ckn_family_name(job->families[0].family));
    ckn_json fits = ckn_json_list(family, "fits");
    for (size_t i = 0; i < CKN_FAMILY_COUNT; i++) {
        if (job->families[i].found)
            add_fit(fits, &job->families[i]);
    }
    ckn_json_null(object, "family_reason");
}
