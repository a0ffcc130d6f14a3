#include "cli/session.h"

#include "base/clock.h"
#include "cli/cache_folder.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void ckn_cli_session_begin(ckn_cli_session *session, const char *command,
                           const ckn_cli_common *common) {
    memset(session, 0, sizeof *session);
    session->command = command;
    session->common = common;
    session->text = common->stdout_taken ? stderr : stdout;
    session->started = ckn_seconds();
    ckn_cli_progress_init(&session->progress, common->quiet);
}

static void print_log(void *user, ckn_log_level level, const char *message) {
    ckn_cli_session *session = user;
    const ckn_cli_common *common = session->common;
    if (level == CKN_LOG_WARNING ? common->quiet : !common->verbose)
        return;
    ckn_cli_progress_clear(&session->progress);
    ckn_cli_say(stderr, "%s: %s%s", session->command, level == CKN_LOG_WARNING ? "warning: " : "",
                message);
}

ckn_code ckn_cli_session_open_device(ckn_cli_session *session, const char *device,
                                     ckn_context **context, ckn_error *error) {
    ckn_context_options options;
    ckn_context_options_init(&options);
    options.device = device;
    options.log = print_log;
    options.log_user = session;
    const ckn_log log = {print_log, session};
    if (!device || strcmp(device, "cpu") != 0)
        ckn_cli_prepare_fft_cache(&log);
    return ckn_context_create(&options, context, error);
}

/* Whether `text` has `part` in it, in capitals or not, as the library looks for a device. */
static bool contains(const char *text, const char *part) {
    for (size_t length = strlen(part); *text; text++) {
        if (strncasecmp(text, part, length) == 0)
            return true;
    }
    return false;
}

static bool is_word_for_device(const char *device) {
    return strcmp(device, "auto") == 0 || strcmp(device, "cpu") == 0 ||
           strcasecmp(device, "opencl") == 0 || strncasecmp(device, "opencl:", 7) == 0;
}

/* Where there is no device at all, opening it has the better message. */
ckn_code ckn_cli_check_device(const char *device, ckn_error *error) {
    ckn_device_info *devices = NULL;
    size_t count = 0;
    if (!device || !*device || is_word_for_device(device))
        return CKN_OK;
    CKN_TRY(ckn_devices_list(&devices, &count, NULL, error));
    bool found = count == 0;
    for (size_t i = 0; i < count; i++)
        found = found || contains(devices[i].name, device) || contains(devices[i].platform, device);
    ckn_free(devices);
    return found ? CKN_OK
                 : ckn_fail(error, CKN_ERROR_DEVICE,
                            "there is no device '%.100s'; 'clkernest devices' lists what there is",
                            device);
}

static const char *device_from_environment(void) {
    const char *device = getenv("CLKERNEST_DEVICE");
    return device && *device ? device : NULL;
}

ckn_code ckn_cli_session_open(ckn_cli_session *session, const char *fallback, ckn_error *error) {
    ckn_interrupt_doing("while the device was opened");
    ckn_progress setup = {.phase = CKN_PHASE_SETUP};
    ckn_cli_progress_draw(&session->progress, &setup);
    const char *device = session->common->device;
    if (!device)
        device = device_from_environment();
    if (!device)
        device = fallback;
    double start = ckn_seconds();
    CKN_TRY(ckn_cli_session_open_device(session, device, &session->context, error));
    session->seconds_context = ckn_seconds() - start;
    ckn_context_device(session->context, &session->device);
    ckn_cli_device_label(&session->device, session->device_label, sizeof session->device_label);
    return ckn_cli_check_interrupt(error);
}

void ckn_cli_session_end(ckn_cli_session *session) {
    if (session->context && session->common->verbose)
        ckn_context_log_statistics(session->context);
    ckn_cli_progress_clear(&session->progress);
    ckn_context_destroy(session->context);
    session->context = NULL;
}

void ckn_cli_line(ckn_cli_session *session, const char *label, const char *format, ...) {
    if (session->common->quiet)
        return;
    ckn_cli_progress_clear(&session->progress);
    ckn_cli_put(session->text, "%-12s  ", label);
    va_list arguments;
    va_start(arguments, format);
    ckn_cli_put_list(session->text, format, arguments);
    va_end(arguments);
    fputc('\n', session->text);
}

void ckn_cli_note(ckn_cli_session *session, const char *format, ...) {
    if (session->common->quiet)
        return;
    ckn_cli_progress_clear(&session->progress);
    ckn_cli_put(stderr, "%s: note: ", session->command);
    va_list arguments;
    va_start(arguments, format);
    ckn_cli_put_list(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void ckn_cli_failure(ckn_cli_session *session, const ckn_error *error) {
    ckn_cli_progress_clear(&session->progress);
    ckn_cli_say(stderr, "%s: %s", session->command, error->message);
}

void ckn_cli_device_label(const ckn_device_info *device, char *label, size_t size) {
    if (device->kind == CKN_DEVICE_CPU_BACKEND)
        snprintf(label, size, "cpu");
    else
        snprintf(label, size, "opencl:%zu", device->index);
}

/* How the choice came about, where --device did not make it. */
static const char *choice_text(const ckn_cli_session *session) {
    const char *device = session->common->device;
    const char *from_environment = device_from_environment();
    if (device && strcmp(device, "auto") != 0)
        return "";
    if (!device && from_environment && strcmp(from_environment, "auto") != 0)
        return "; from CLKERNEST_DEVICE";
    if (session->device.kind == CKN_DEVICE_CPU_BACKEND)
        return "; the default where no OpenCL GPU is";
    return "; chosen as the first OpenCL GPU";
}

void ckn_cli_device_line(ckn_cli_session *session) {
    const ckn_device_info *device = &session->device;
    if (device->kind == CKN_DEVICE_CPU_BACKEND)
        ckn_cli_line(session, "device", "cpu, %s (%zu thread%s%s%s%s)", device->name,
                     device->compute_units, device->compute_units == 1 ? "" : "s",
                     device->version[0] ? ", " : "", device->version, choice_text(session));
    else
        ckn_cli_line(session, "device", "%s, %s (%s%s)", session->device_label, device->name,
                     device->platform, choice_text(session));
}

void ckn_cli_device_warnings(ckn_cli_session *session, const char *warnings) {
    while (warnings && *warnings && !session->common->quiet) {
        int length = (int)strcspn(warnings, "\n");
        if (length > 0)
            ckn_cli_say(stderr, "%s: warning: %.*s", session->command, length, warnings);
        warnings += length;
        warnings += *warnings == '\n';
    }
}

double ckn_cli_session_seconds(const ckn_cli_session *session) {
    return ckn_seconds() - session->started;
}

ckn_code ckn_cli_check_interrupt(ckn_error *error) {
    if (ckn_interrupted())
        return ckn_fail(error, CKN_ERROR_CANCELLED, "interrupted");
    return CKN_OK;
}
