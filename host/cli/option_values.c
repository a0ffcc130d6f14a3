#include "cli/option_values.h"

#include "cli/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* No image that this program reads has a larger side; a larger number is a slip of the hand. */
#define LARGEST_SIDE 1000000

bool ckn_cli_number(const char *text, double *value) {
    char *end;
    if (*text == '\0' || isspace((unsigned char)*text))
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

/* Digits at *text; moves *text behind them. */
static bool read_digits(const char **text, uint64_t *value) {
    if (!isdigit((unsigned char)**text))
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(*text, &end, 10);
    *text = end;
    *value = number;
    return errno == 0;
}

static bool in_range(const ckn_cli_range *range, double value) {
    if (range->above ? value <= range->low : value < range->low)
        return false;
    return range->high == 0 || value <= range->high;
}

static ckn_code refuse_number(const ckn_cli_option *option, const char *what, const char *text,
                              ckn_error *error) {
    const ckn_cli_range *range = &option->range;
    if (range->high != 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--%s must be %s from %g to %g, not '%s'",
                        option->name, what, range->low, range->high, text);
    return ckn_fail(error, CKN_ERROR_ARGUMENT, "--%s must be %s %s %g, not '%s'", option->name,
                    what, range->above ? "larger than" : "of at least", range->low, text);
}

static ckn_code store_real(const ckn_cli_option *option, const char *text, double *target,
                           ckn_error *error) {
    double value;
    if (!ckn_cli_number(text, &value) || !in_range(&option->range, value))
        return refuse_number(option, "a number", text, error);
    *target = value;
    return CKN_OK;
}

static ckn_code store_count(const ckn_cli_option *option, const char *text, size_t *target,
                            ckn_error *error) {
    const bool automatic = option->type == CKN_CLI_AUTO_COUNT;
    uint64_t value;
    const char *rest = text;
    if (automatic && strcmp(text, "auto") == 0) {
        *target = 0;
        return CKN_OK;
    }
    if (!read_digits(&rest, &value) || *rest || !in_range(&option->range, (double)value))
        return refuse_number(option, automatic ? "auto or a whole number" : "a whole number", text,
                             error);
    *target = (size_t)value;
    return CKN_OK;
}

/* 1024^n of the letter that ends a number of bytes; 0 for any other text. */
static uint64_t byte_unit(const char *text) {
    static const char letters[] = "KMG";
    if (*text == '\0')
        return 1;
    const char *letter = strchr(letters, toupper((unsigned char)*text));
    if (!letter || text[1] != '\0')
        return 0;
    return (uint64_t)1 << 10 * (letter - letters + 1);
}

static ckn_code store_bytes(const ckn_cli_option *option, const char *text, size_t *target,
                            ckn_error *error) {
    uint64_t value = 0, unit = 0;
    const char *rest = text;
    if (read_digits(&rest, &value))
        unit = byte_unit(rest);
    if (value < 1 || unit < 1 || value > SIZE_MAX / unit)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--%s must be a number of bytes, such as 500M (K, M and G are powers of "
                        "1024), not '%s'",
                        option->name, text);
    *target = (size_t)(value * unit);
    return CKN_OK;
}

static ckn_code store_seed(const ckn_cli_option *option, const char *text, uint64_t *target,
                           ckn_error *error) {
    const char *rest = text;
    if (!read_digits(&rest, target) || *rest)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--%s must be a whole number from 0 to 18446744073709551615, not '%s'",
                        option->name, text);
    return CKN_OK;
}

/* Reads N or WxH; false where `text` is something else. Sides may still be out of range. */
static bool read_shape(const char *text, uint64_t *width, uint64_t *height) {
    if (!read_digits(&text, width))
        return false;
    *height = *width;
    if (*text != 'x' && *text != 'X')
        return *text == '\0';
    text++;
    return read_digits(&text, height) && *text == '\0';
}

static bool good_side(uint64_t side) {
    return side >= 1 && side <= LARGEST_SIDE;
}

static ckn_code store_shape(const ckn_cli_option *option, const char *text, ckn_shape *target,
                            ckn_error *error) {
    uint64_t width, height;
    if (!read_shape(text, &width, &height) || !good_side(width) || !good_side(height))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--%s must be N or WIDTHxHEIGHT with sides from 1 to %d, such as 15 or "
                        "21x15, not '%s'",
                        option->name, LARGEST_SIDE, text);
    *target = (ckn_shape){(size_t)height, (size_t)width};
    return CKN_OK;
}

static ckn_code store_auto_shape(const ckn_cli_option *option, const char *text,
                                 ckn_cli_auto_shape *target, ckn_error *error) {
    uint64_t width = 0, height = 0;
    const bool automatic = strncmp(text, "auto", 4) == 0;
    const char *size = automatic ? text + 4 + (text[4] == ':') : text;
    const bool sized = read_shape(size, &width, &height) && good_side(width) && good_side(height);
    const bool good = strcmp(text, "auto") == 0 || (sized && (!automatic || text[4] == ':'));
    if (!good)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--%s must be N or WIDTHxHEIGHT with sides from 1 to %d, such as 15 or "
                        "21x15, or auto, or auto:N with a first guess, not '%s'",
                        option->name, LARGEST_SIDE, text);
    const ckn_shape shape = {(size_t)height, (size_t)width}, none = {0, 0};
    *target = automatic ? (ckn_cli_auto_shape){none, shape} : (ckn_cli_auto_shape){shape, none};
    return CKN_OK;
}

/* A whole number with or without a sign, at most LARGEST_SIDE. */
static bool read_offset(const char **text, ptrdiff_t *value) {
    const bool negative = **text == '-';
    uint64_t size = 0;
    *text += **text == '-' || **text == '+';
    if (!read_digits(text, &size) || size > LARGEST_SIDE)
        return false;
    *value = negative ? -(ptrdiff_t)size : (ptrdiff_t)size;
    return true;
}

static ckn_code store_shift(const ckn_cli_option *option, const char *text, ckn_cli_shift *target,
                            ckn_error *error) {
    ckn_cli_shift shift = {CKN_CLI_SHIFT_GIVEN, 0, 0};
    const char *rest = text;
    if (strcmp(text, "auto") == 0 || strcmp(text, "none") == 0) {
        *target = (ckn_cli_shift){*text == 'a' ? CKN_CLI_SHIFT_AUTO : CKN_CLI_SHIFT_NONE, 0, 0};
        return CKN_OK;
    }
    if (!read_offset(&rest, &shift.x) || *rest++ != ',' || !read_offset(&rest, &shift.y) || *rest)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--%s must be auto, none or X,Y in whole pixels, such as 40,-12, not '%s'",
                        option->name, text);
    *target = shift;
    return CKN_OK;
}

static ckn_code store_region(const ckn_cli_option *option, const char *text, ckn_cli_region *target,
                             ckn_error *error) {
    uint64_t x, y, width, height;
    const char *rest = text;
    bool good = read_digits(&rest, &x) && *rest++ == ',' && read_digits(&rest, &y) &&
                *rest++ == ',' && strpbrk(rest, "xX") && read_shape(rest, &width, &height) &&
                good_side(width) && good_side(height);
    if (!good)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--%s must be X,Y,WIDTHxHEIGHT, such as 100,50,256x256, not '%s'",
                        option->name, text);
    *target = (ckn_cli_region){(size_t)y, (size_t)x, {(size_t)height, (size_t)width}};
    return CKN_OK;
}

static ckn_code store_choice(const ckn_cli_option *option, const char *text, int *target,
                             ckn_error *error) {
    int position = ckn_cli_word_position(option->argument, text);
    if (position >= 0) {
        *target = position;
        return CKN_OK;
    }
    char hint[96];
    ckn_cli_suggest_word(option->argument, text, hint, sizeof hint);
    return ckn_fail(error, CKN_ERROR_ARGUMENT, "--%s must be one of %s, not '%s'%s", option->name,
                    option->argument, text, hint);
}

static ckn_code store_choice_or_real(const ckn_cli_option *option, const char *text,
                                     ckn_cli_choice_or_real *target, ckn_error *error) {
    const char *number = strrchr(option->argument, '|') + 1;
    const int position = ckn_cli_word_position(option->argument, text);
    double value;
    if (position >= 0 && strcmp(text, number) != 0) {
        *target = (ckn_cli_choice_or_real){position, 0};
        return CKN_OK;
    }
    if (!ckn_cli_number(text, &value) || !in_range(&option->range, value))
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--%s must be %.*s, or a number %s %g, not '%s'",
                        option->name, (int)(number - 1 - option->argument), option->argument,
                        option->range.above ? "larger than" : "of at least", option->range.low,
                        text);
    *target = (ckn_cli_choice_or_real){-1, value};
    return CKN_OK;
}

ckn_code ckn_cli_store(const ckn_cli_option *option, const char *text, void *target,
                       ckn_error *error) {
    switch (option->type) {
    case CKN_CLI_FLAG:
    case CKN_CLI_CLEAR:
        *(bool *)target = option->type == CKN_CLI_FLAG;
        return CKN_OK;
    case CKN_CLI_TEXT:
        if (*text == '\0')
            return ckn_fail(error, CKN_ERROR_ARGUMENT, "--%s needs %s, not an empty text",
                            option->name, option->argument);
        *(const char **)target = text;
        return CKN_OK;
    case CKN_CLI_REAL:
        return store_real(option, text, target, error);
    case CKN_CLI_COUNT:
    case CKN_CLI_AUTO_COUNT:
        return store_count(option, text, target, error);
    case CKN_CLI_BYTES:
        return store_bytes(option, text, target, error);
    case CKN_CLI_SEED:
        return store_seed(option, text, target, error);
    case CKN_CLI_SHAPE:
        return store_shape(option, text, target, error);
    case CKN_CLI_REGION:
        return store_region(option, text, target, error);
    case CKN_CLI_CHOICE:
        return store_choice(option, text, target, error);
    case CKN_CLI_AUTO_SHAPE:
        return store_auto_shape(option, text, target, error);
    case CKN_CLI_SHIFT:
        return store_shift(option, text, target, error);
    case CKN_CLI_CHOICE_OR_REAL:
        return store_choice_or_real(option, text, target, error);
    }
    return ckn_fail(error, CKN_ERROR_INTERNAL, "--%s has no type", option->name);
}
