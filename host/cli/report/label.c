#include "cli/report/label.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUS "\xE2\x88\x92"
#define TIMES "\xC3\x97"

/* Copies what printf made of a number, with a real minus sign and with a point for whatever stands
 * for it in the locale: everything that cannot be part of a number is the separator. */
static void plain_number(char *out, size_t size, const char *printed) {
    size_t used = 0;
    bool separator = false;
    for (const char *p = printed; *p && used + sizeof MINUS < size; p++) {
        bool part = strchr("0123456789+-einfa", *p) != NULL;
        if (*p == '-') {
            memcpy(out + used, MINUS, sizeof MINUS - 1);
            used += sizeof MINUS - 1;
        } else if (part) {
            out[used++] = *p;
        } else if (!separator) {
            out[used++] = '.';
        }
        separator = !part;
    }
    out[used] = '\0';
}

static void trim_zeros(char *number) {
    if (!strchr(number, '.'))
        return;
    size_t length = strlen(number);
    while (number[length - 1] == '0')
        length--;
    if (number[length - 1] == '.')
        length--;
    number[length] = '\0';
}

ckn_label ckn_label_text(const char *text) {
    return ckn_label_format("%s", text);
}

ckn_label ckn_label_format(const char *format, ...) {
    ckn_label label = {"", ""};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(label.base, sizeof label.base, format, arguments);
    va_end(arguments);
    return label;
}

ckn_label ckn_label_decimal(double value, int decimals) {
    ckn_label label = {"", ""};
    char printed[400];
    snprintf(printed, sizeof printed, "%.*f", decimals, value == 0 ? 0 : value);
    plain_number(label.base, sizeof label.base, printed);
    return label;
}

ckn_label ckn_label_power(const char *prefix, int exponent) {
    ckn_label label = {"", ""};
    snprintf(label.base, sizeof label.base, "%s10", prefix);
    snprintf(label.power, sizeof label.power, "%s%d", exponent < 0 ? MINUS : "", abs(exponent));
    return label;
}

ckn_label ckn_label_number(double value, int digits) {
    if (!isfinite(value))
        return ckn_label_text(isnan(value) ? "NaN" : value < 0 ? MINUS "inf" : "inf");
    char printed[64], mantissa[80];
    snprintf(printed, sizeof printed, "%.*e", digits - 1, value);
    char *mark = strchr(printed, 'e');
    int exponent = mark ? (int)strtol(mark + 1, NULL, 10) : 0;
    if (value == 0 || (exponent >= -3 && exponent < 5)) {
        int decimals = value == 0 || exponent >= digits ? 0 : digits - 1 - exponent;
        ckn_label label = ckn_label_decimal(value, decimals);
        trim_zeros(label.base);
        return label;
    }
    if (mark)
        *mark = '\0';
    plain_number(mantissa, sizeof mantissa, printed);
    trim_zeros(mantissa);
    ckn_label label = ckn_label_power(TIMES, exponent);
    return ckn_label_prefix(mantissa, label);
}

ckn_label ckn_label_prefix(const char *text, ckn_label label) {
    ckn_label whole = ckn_label_format("%s%s", text, label.base);
    memcpy(whole.power, label.power, sizeof whole.power);
    return whole;
}
