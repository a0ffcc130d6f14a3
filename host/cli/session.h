/* One run of a command: its device, its summary for people, its clock. */
#ifndef CKN_CLI_SESSION_H
#define CKN_CLI_SESSION_H

#include "cli/common_options.h"
#include "cli/progress.h"
#include "clkernest.h"

typedef struct ckn_cli_session {
    const char *command; /* "clkernest estimate": starts every message */
    const ckn_cli_common *common;
    const char *command_line; /* as a shell takes it; may be NULL */
    FILE *text;               /* where the summary goes */
    double started;
    double seconds_context; /* spent opening the device */
    ckn_context *context;   /* NULL before ckn_cli_session_open() */
    ckn_device_info device;
    char device_label[32]; /* "cpu" or "opencl:0" */
    ckn_cli_progress progress;
    int exit_status;  /* of the program where all went well; 0 unless a command sets it */
    bool json_failed; /* memory ran out for a part of the JSON figures */
} ckn_cli_session;

/* --strict: no convolution explains the pair. */
#define CKN_CLI_EXIT_UNEXPLAINED 3

void ckn_cli_session_begin(ckn_cli_session *session, const char *command,
                           const ckn_cli_common *common);

/* Opens the device of --device, else of CLKERNEST_DEVICE, else `fallback`. */
ckn_code ckn_cli_session_open(ckn_cli_session *session, const char *fallback, ckn_error *error);

/* Refuses a name that no device has, without opening one; NULL is allowed. Only a name that is none
 * of auto, cpu, opencl and opencl:INDEX makes the OpenCL drivers load. */
ckn_code ckn_cli_check_device(const char *device, ckn_error *error);

/* Opens a context of its own on `device`, with this session's log. */
ckn_code ckn_cli_session_open_device(ckn_cli_session *session, const char *device,
                                     ckn_context **context, ckn_error *error);

/* Logs the statistics of the device where --verbose asks for them, and closes it. */
void ckn_cli_session_end(ckn_cli_session *session);

/* One line of the summary: an aligned label and a text. Nothing with --quiet. */
__attribute__((format(printf, 3, 4))) void ckn_cli_line(ckn_cli_session *session, const char *label,
                                                        const char *format, ...);

/* A remark on standard error, such as an ignored alpha channel. Nothing with --quiet. */
__attribute__((format(printf, 2, 3))) void ckn_cli_note(ckn_cli_session *session,
                                                        const char *format, ...);

/* A failure that does not end the command, on standard error; also with --quiet. */
void ckn_cli_failure(ckn_cli_session *session, const ckn_error *error);

/* The line "device". */
void ckn_cli_device_line(ckn_cli_session *session);
/* "cpu" or "opencl:INDEX". */
void ckn_cli_device_label(const ckn_device_info *device, char *label, size_t size);

/* Prints what ckn_devices_list() said about broken platforms; NULL is allowed. */
void ckn_cli_device_warnings(ckn_cli_session *session, const char *warnings);

/* What to do where there is no OpenCL device. */
#define CKN_CLI_DRIVER_ADVICE                                                                      \
    "a driver comes with your GPU's packages (Debian and Ubuntu: nvidia-opencl-icd, "              \
    "rocm-opencl-icd or mesa-opencl-icd, intel-opencl-icd) or, for the CPU, with pocl-opencl-icd"

/* Seconds since the command started. */
double ckn_cli_session_seconds(const ckn_cli_session *session);

/* CKN_ERROR_CANCELLED after Ctrl-C: for the pauses between calls of the library. */
ckn_code ckn_cli_check_interrupt(ckn_error *error);

#endif
