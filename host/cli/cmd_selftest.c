#include "cli/checks.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/output.h"

typedef struct selftest_arguments {
    ckn_cli_common common;
} selftest_arguments;

typedef struct selftest_job {
    const selftest_arguments *arguments;
    ckn_cli_session *session;
    ckn_cli_checks checks;
} selftest_job;

static ckn_code check(void *pointer, ckn_error *error) {
    selftest_arguments *arguments = pointer;
    return ckn_cli_check_outputs(&arguments->common, NULL, 0, error);
}

static ckn_code test_device(selftest_job *job, const char *device, ckn_error *error) {
    ckn_context *context;
    CKN_TRY(ckn_cli_checks_open(&job->checks, device, &context, error));
    ckn_interrupt_doing("during the self-test");
    ckn_code code = ckn_selftest(context, ckn_cli_checks_line, &job->checks, NULL, error);
    return ckn_cli_checks_close(context, &job->arguments->common, code, error);
}

static ckn_code test_all(selftest_job *job, ckn_error *error) {
    ckn_device_info *devices;
    size_t count;
    char *warnings;
    CKN_TRY(test_device(job, "cpu", error));
    CKN_TRY(ckn_devices_list(&devices, &count, &warnings, error));
    ckn_cli_device_warnings(job->session, warnings);
    ckn_code code = CKN_OK;
    if (count == 0)
        ckn_cli_note(job->session, "there is no OpenCL device to test; " CKN_CLI_DRIVER_ADVICE);
    for (size_t i = 0; i < count && code == CKN_OK; i++) {
        char label[32];
        ckn_cli_device_label(&devices[i], label, sizeof label);
        code = test_device(job, label, error);
    }
    ckn_free(devices);
    ckn_free(warnings);
    return code;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    selftest_job job = {.arguments = pointer, .session = session};
    const char *device = job.arguments->common.device;
    ckn_cli_checks_begin(&job.checks, session, false);
    ckn_code code = device ? test_device(&job, device, error) : test_all(&job, error);
    if (code == CKN_OK)
        return ckn_cli_checks_end(&job.checks, error);
    ckn_cli_checks_abandon(&job.checks);
    return code;
}

const ckn_cli_command ckn_command_selftest = {
    .syntax =
        {
            .command = "selftest",
            .summary = "Checks known answers on the CPU backend and on every OpenCL device. With "
                       "--device, on that one alone. The exit status is 1 where one is wrong.",
            .notes = "CLKERNEST_DEVICE is not used here.\n",
        },
    .arguments_size = sizeof(selftest_arguments),
    .check = check,
    .run = run,
};
