/* Numbers as people write them, the same in every locale. */
#ifndef CKN_CLI_REPORT_LABEL_H
#define CKN_CLI_REPORT_LABEL_H

/* UTF-8 text and, where `power` is not empty, a raised exponent after it. */
typedef struct ckn_label {
    char base[160];
    char power[16];
} ckn_label;

/* The text itself. */
ckn_label ckn_label_text(const char *text);
/* printf into the text; floating point values belong into the functions below. */
__attribute__((format(printf, 1, 2))) ckn_label ckn_label_format(const char *format, ...);
/* `value` with a fixed number of decimals. */
ckn_label ckn_label_decimal(double value, int decimals);
/* `value` with at most `digits` significant ones, without trailing zeros: plain from 0.001 to
 * 99999, else as mantissa and power of ten. */
ckn_label ckn_label_number(double value, int digits);
/* 10 to the power of `exponent`, with `prefix` before it. */
ckn_label ckn_label_power(const char *prefix, int exponent);
/* `label` with `text` before it. */
ckn_label ckn_label_prefix(const char *text, ckn_label label);

#endif
