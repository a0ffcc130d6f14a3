#include "cli/mask_options.h"

#include "cli/option_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of the two limits; words for an open end. */
static bool parse_limit(const char *text, bool high, double *limit) {
    const bool open = strcmp(text, "none") == 0 || strcmp(text, "inf") == 0 ||
                      strcmp(text, high ? "+inf" : "-inf") == 0;
    *limit = high ? (double)INFINITY : -(double)INFINITY;
    return open || ckn_cli_number(text, limit);
}

static ckn_code parse_saturation(ckn_cli_mask_options *options, ckn_error *error) {
    const char *words = options->saturation_words;
    char low[64];
    options->saturation = CKN_CLI_SATURATION_AUTO;
    if (!words || strcmp(words, "auto") == 0)
        return CKN_OK;
    options->saturation = CKN_CLI_SATURATION_NONE;
    if (strcmp(words, "none") == 0)
        return CKN_OK;
    options->saturation = CKN_CLI_SATURATION_GIVEN;
    const size_t comma = strcspn(words, ",");
    snprintf(low, sizeof low, "%.*s", (int)comma, words);
    if (words[comma] == ',' && comma < sizeof low && parse_limit(low, false, &options->low) &&
        parse_limit(words + comma + 1, true, &options->high) && options->low < options->high)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "--saturation must be auto, none, or two rising numbers LOW,HIGH, of which one "
                    "may be none, not '%s'",
                    words);
}

static ckn_code check_list(const char *option, const char *list, size_t pair_count,
                           ckn_error *error) {
    size_t names = 1;
    bool empty = list && (*list == '\0' || *list == ',');
    for (const char *c = list; c && *c; c++) {
        names += *c == ',';
        empty = empty || (*c == ',' && (c[1] == ',' || c[1] == '\0'));
    }
    if (empty)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s '%s' has an empty name", option, list);
    if (!list || names == 1 || names == pair_count)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "%s lists %zu files for %zu pair%s: give one for all, or one for each", option,
                    names, pair_count, pair_count == 1 ? "" : "s");
}

ckn_code ckn_cli_mask_options_check(ckn_cli_mask_options *options, size_t pair_count,
                                    ckn_error *error) {
    CKN_TRY(check_list("--mask", options->mask, pair_count, error));
    CKN_TRY(check_list("--mask-sharp", options->mask_sharp, pair_count, error));
    CKN_TRY(check_list("--weights", options->weights, pair_count, error));
    return parse_saturation(options, error);
}

bool ckn_cli_mask_options_given(const ckn_cli_mask_options *options) {
    return options->mask || options->mask_sharp || options->weights || options->nan == 1;
}

char *ckn_cli_mask_path(const char *list, size_t index) {
    if (!list)
        return NULL;
    const char *name = list;
    for (size_t n = 0; n < index && strchr(name, ','); n++)
        name = strchr(name, ',') + 1;
    const size_t length = strcspn(name, ",");
    char *path = malloc(length + 1);
    if (path) {
        memcpy(path, name, length);
        path[length] = '\0';
    }
    return path;
}
