/* Options that every command has, with the same meaning everywhere. */
#ifndef CKN_CLI_COMMON_OPTIONS_H
#define CKN_CLI_COMMON_OPTIONS_H

#include "cli/options.h"
#include "io/read_limit.h"

/* The first member of every command's arguments. */
typedef struct ckn_cli_common {
    const char *device;     /* NULL: not given */
    const char *json;       /* "-": standard output */
    ckn_read_limits limits; /* of the pictures and kernels that are read */
    bool quiet, verbose, help;
    bool stdout_taken; /* a result goes to standard output, so the summary must not */
} ckn_cli_common;

extern const ckn_cli_option ckn_cli_common_options[];
extern const size_t ckn_cli_common_option_count;

#endif
