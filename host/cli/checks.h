/* The table of a comparison or a self-test, as text and as JSON. */
#ifndef CKN_CLI_CHECKS_H
#define CKN_CLI_CHECKS_H

#include "cli/json.h"
#include "cli/session.h"

typedef struct ckn_cli_checks {
    ckn_cli_session *session;
    ckn_json list;   /* of all checks so far */
    char device[32]; /* label of the one that is checked */
    size_t count, failures;
    bool compared; /* the times have a reference */
} ckn_cli_checks;

void ckn_cli_checks_begin(ckn_cli_checks *checks, ckn_cli_session *session, bool compared);
/* Opens a device and puts the heading of its checks. */
ckn_code ckn_cli_checks_open(ckn_cli_checks *checks, const char *device, ckn_context **context,
                             ckn_error *error);
/* Ends what ckn_cli_checks_open() began; `code` is what the checks returned. */
ckn_code ckn_cli_checks_close(ckn_context *context, const ckn_cli_common *common, ckn_code code,
                              ckn_error *error);
/* A ckn_check_fn whose `user` is a ckn_cli_checks. */
void ckn_cli_checks_line(void *user, const ckn_check *check);

/* Writes the JSON, releases everything, and turns failures into CKN_ERROR_DATA. */
ckn_code ckn_cli_checks_end(ckn_cli_checks *checks, ckn_error *error);
/* The same after an error: releases only. */
void ckn_cli_checks_abandon(ckn_cli_checks *checks);

#endif
