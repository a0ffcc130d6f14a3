/* What the three uses of `boxkernel` share: a box from --sigma, the box that --match finds, and the
 * --table of errors. */
#ifndef CKN_CLI_BOXKERNEL_H
#define CKN_CLI_BOXKERNEL_H

#include "cli/output.h"

typedef struct ckn_boxkernel_arguments {
    ckn_cli_common common;
    double sigma;  /* 0: not given */
    size_t passes; /* 0: not given */
    const char *match_path;
    bool correct, table;
    const char *kernel_path, *report_path;
} ckn_boxkernel_arguments;

enum { CKN_BOXKERNEL_OUTPUTS = 2 };

void ckn_boxkernel_list_outputs(const ckn_boxkernel_arguments *arguments, ckn_cli_output *outputs);

/* Runs --match: the box that is nearest to a kernel file. */
ckn_code ckn_boxkernel_match(const ckn_boxkernel_arguments *arguments, ckn_cli_session *session,
                             ckn_error *error);

/* Runs --table: Markdown on standard output. */
ckn_code ckn_boxkernel_table(ckn_error *error);

#endif
