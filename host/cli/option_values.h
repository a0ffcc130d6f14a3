/* Text -> numbers, sizes and choices, strictly: the whole text must be one value. */
#ifndef CKN_CLI_OPTION_VALUES_H
#define CKN_CLI_OPTION_VALUES_H

#include "cli/options.h"

/* Stores the value of `option` that `text` stands for at `target`. */
ckn_code ckn_cli_store(const ckn_cli_option *option, const char *text, void *target,
                       ckn_error *error);

/* A finite number that `text` consists of; false where it is none. */
bool ckn_cli_number(const char *text, double *value);

#endif
