#include "cli/checks.h"

#include "cli/interrupt.h"
#include "cli/terminal.h"

void ckn_cli_checks_begin(ckn_cli_checks *checks, ckn_cli_session *session, bool compared) {
    *checks = (ckn_cli_checks){
        .session = session, .list = ckn_json_begin_list(session), .compared = compared};
}

static FILE *table(const ckn_cli_checks *checks) {
    ckn_cli_progress_clear(&checks->session->progress);
    return checks->session->common->quiet ? NULL : checks->session->text;
}

static void print_heading(const ckn_cli_checks *checks, const ckn_device_info *device) {
    FILE *stream = table(checks);
    if (!stream)
        return;
    if (checks->count)
        fputc('\n', stream);
    ckn_cli_say(stream, "%s, %s", checks->device, device->name);
    fprintf(stream, "  %-24s %-28s %11s %10s %10s\n", "check", "detail", "difference", "tolerance",
            checks->compared ? "cpu/device" : "seconds");
    fflush(stream);
}

ckn_code ckn_cli_checks_open(ckn_cli_checks *checks, const char *device, ckn_context **context,
                             ckn_error *error) {
    ckn_device_info info;
    ckn_interrupt_doing("while a device was opened");
    CKN_TRY(ckn_cli_session_open_device(checks->session, device, context, error));
    ckn_context_device(*context, &info);
    ckn_cli_device_label(&info, checks->device, sizeof checks->device);
    print_heading(checks, &info);
    return CKN_OK;
}

ckn_code ckn_cli_checks_close(ckn_context *context, const ckn_cli_common *common, ckn_code code,
                              ckn_error *error) {
    if (common->verbose)
        ckn_context_log_statistics(context);
    ckn_context_destroy(context);
    return code == CKN_OK ? ckn_cli_check_interrupt(error) : code;
}

/* How many times faster than the reference; 0 where that is unknown. */
static double speed_up(const ckn_check *check) {
    return check->seconds > 0.0 ? check->seconds_reference / check->seconds : 0.0;
}

static void add_json(ckn_cli_checks *checks, const ckn_check *check) {
    ckn_json object = ckn_json_append_object(checks->list);
    ckn_json_text(object, "device", checks->device);
    ckn_json_text(object, "name", check->name);
    ckn_json_text(object, "detail", check->detail);
    ckn_json_real(object, "difference", check->difference);
    ckn_json_real(object, "tolerance", check->tolerance);
    if (checks->compared)
        ckn_json_real(object, "seconds_reference", check->seconds_reference);
    ckn_json_real(object, "seconds", check->seconds);
    ckn_json_flag(object, "passed", check->passed);
}

void ckn_cli_checks_line(void *user, const ckn_check *check) {
    ckn_cli_checks *checks = user;
    checks->count++;
    checks->failures += !check->passed;
    add_json(checks, check);
    FILE *stream = table(checks);
    if (!stream)
        return;
    fprintf(stream, "  %-24s %-28s %11.2e %10.0e ", check->name, check->detail, check->difference,
            check->tolerance);
    if (checks->compared)
        fprintf(stream, "%9.2fx", speed_up(check));
    else
        fprintf(stream, "%10.4f", check->seconds);
    fprintf(stream, "  %s\n", check->passed ? "ok" : "FAIL");
    fflush(stream);
}

static ckn_code write_json(ckn_cli_checks *checks, ckn_error *error) {
    if (!checks->session->common->json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(checks->session);
    ckn_json_count(object, "count", checks->count);
    ckn_json_count(object, "failures", checks->failures);
    ckn_json_adopt(object, "checks", checks->list);
    return ckn_json_end(checks->session, object, error);
}

void ckn_cli_checks_abandon(ckn_cli_checks *checks) {
    ckn_json_abandon(&checks->list);
}

ckn_code ckn_cli_checks_end(ckn_cli_checks *checks, ckn_error *error) {
    ckn_interrupt_writing();
    ckn_code code = write_json(checks, error);
    FILE *stream = table(checks);
    if (code == CKN_OK && stream)
        fprintf(stream, "\n%zu of %zu checks passed\n", checks->count - checks->failures,
                checks->count);
    ckn_cli_checks_abandon(checks);
    if (code == CKN_OK && checks->failures)
        code = ckn_fail(error, CKN_ERROR_DATA, "%zu of %zu checks are outside their tolerance",
                        checks->failures, checks->count);
    return code;
}
