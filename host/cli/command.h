/* A command of the program: one line of the table in main.c. */
#ifndef CKN_CLI_COMMAND_H
#define CKN_CLI_COMMAND_H

#include "cli/session.h"

typedef struct ckn_cli_command {
    ckn_cli_syntax syntax;
    size_t arguments_size; /* of the struct that starts with ckn_cli_common */
    /* Sets what is not zero by default; may be NULL. */
    void (*defaults)(void *arguments);
    /* Refuses contradictions and outputs that cannot be written, before anything is read. A
     * failure is a usage error, but for CKN_ERROR_FILE. May be NULL. */
    ckn_code (*check)(void *arguments, ckn_error *error);
    ckn_code (*run)(void *arguments, ckn_cli_session *session, ckn_error *error);
} ckn_cli_command;

extern const ckn_cli_command ckn_command_estimate;
extern const ckn_cli_command ckn_command_boxkernel;
extern const ckn_cli_command ckn_command_blur;
extern const ckn_cli_command ckn_command_apply;
extern const ckn_cli_command ckn_command_simulate;
extern const ckn_cli_command ckn_command_target;
extern const ckn_cli_command ckn_command_kernel;
extern const ckn_cli_command ckn_command_compare;
extern const ckn_cli_command ckn_command_devices;
extern const ckn_cli_command ckn_command_selftest;

#endif
