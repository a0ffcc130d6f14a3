/* The table of a comparison or a self-test, as text and as JSON. */
#ifndef CKN_CLI_CHECKS_H
#define CKN_CLI_CHECKS_H

#include "cli/json.h"
#include "cli/session.h"

typedef struct ckn_cli_checks {
    ckn_cli_session *session;
    json_t *list; /* of all checks so far */
    const char *device;
    size_t count, failures;
    bool compared; /* the times have a reference */
} ckn_cli_checks;

void ckn_cli_checks_begin(ckn_cli_checks *checks, ckn_cli_session *session, bool compared);
/* The heading of one device's checks. */
void ckn_cli_checks_device(ckn_cli_checks *checks, const ckn_device_info *device,
                           const char *label);
/* A ckn_check_fn whose `user` is a ckn_cli_checks. */
void ckn_cli_checks_line(void *user, const ckn_check *check);

/* Writes the JSON, releases everything, and turns failures into CKN_ERROR_DATA. */
ckn_code ckn_cli_checks_end(ckn_cli_checks *checks, ckn_error *error);
/* The same after an error: releases only. */
void ckn_cli_checks_abandon(ckn_cli_checks *checks);

#endif
