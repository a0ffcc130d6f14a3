#include "cli/checks.h"
#include "cli/command.h"
#include "cli/history.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/pairs.h"
#include "cli/solver_options.h"

#include <string.h>

typedef struct compare_arguments {
    ckn_cli_common common;
    ckn_cli_pair_options pair;
    ckn_cli_solver_options solver;
    const char *devices; /* comma separated; NULL: all OpenCL devices */
} compare_arguments;

typedef struct compare_job {
    const compare_arguments *arguments;
    ckn_cli_session *session;
    ckn_cli_pairs pairs;
    ckn_estimate_options options;
    ckn_context *reference;
    ckn_cli_checks checks;
} compare_job;

#define TARGET(member) offsetof(compare_arguments, member)

static const ckn_cli_option options[] = {
    CKN_CLI_KERNEL_SIZE_LINE(compare_arguments, pair),
    CKN_CLI_PAIR_OPTION_LINES(compare_arguments, pair),
    {.name = "devices",
     .argument = "LIST",
     .type = CKN_CLI_TEXT,
     .target = TARGET(devices),
     .help = "devices to compare with the CPU backend, separated by commas and named as for "
             "--device (default: all OpenCL devices)"},
    CKN_CLI_SOLVER_OPTION_LINES(compare_arguments, solver),
};

static void set_defaults(void *pointer) {
    compare_arguments *arguments = pointer;
    arguments->pair.channels = CKN_CHANNELS_DEFAULT;
    ckn_cli_solver_defaults(&arguments->solver);
}

static ckn_code check(void *pointer, ckn_error *error) {
    compare_arguments *arguments = pointer;
    if (arguments->devices && arguments->common.device)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--device and --devices say the same thing: use one of them");
    CKN_TRY(ckn_cli_solver_check(&arguments->solver, error));
    CKN_TRY(ckn_cli_check_files(&arguments->common, &arguments->pair.files, NULL, 0, error));
    if (arguments->pair.kernel.rows == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: --kernel-size N or WIDTHxHEIGHT of the kernel%s",
                        arguments->pair.files.count == 2
                            ? " (two kernel files are compared by 'clkernest kernel A B')"
                            : "");
    return ckn_cli_check_inputs(&arguments->common, &arguments->pair.files, NULL, 0, error);
}

static ckn_code compare_device(compare_job *job, const char *device, ckn_error *error) {
    ckn_context *context;
    CKN_TRY(ckn_cli_checks_open(&job->checks, device, &context, error));
    ckn_interrupt_doing("while devices were compared");
    ckn_code code =
        ckn_compare(job->reference, context, &job->options, job->pairs.planes,
                    job->pairs.plane_count, ckn_cli_checks_line, &job->checks, NULL, error);
    return ckn_cli_checks_close(context, &job->arguments->common, code, error);
}

static ckn_code compare_listed(compare_job *job, const char *list, ckn_error *error) {
    char name[256];
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length == 0 || length >= sizeof name)
            return ckn_fail(error, CKN_ERROR_ARGUMENT, "--devices %s has an empty or overlong name",
                            job->arguments->devices);
        snprintf(name, sizeof name, "%.*s", (int)length, list);
        CKN_TRY(compare_device(job, name, error));
        list += length + (list[length] == ',');
    }
    return CKN_OK;
}

static ckn_code compare_all(compare_job *job, ckn_error *error) {
    ckn_device_info *devices;
    size_t count;
    char *warnings;
    CKN_TRY(ckn_devices_list(&devices, &count, &warnings, error));
    ckn_cli_device_warnings(job->session, warnings);
    ckn_code code = CKN_OK;
    if (count == 0)
        code = ckn_fail(error, CKN_ERROR_DEVICE,
                        "no OpenCL device to compare with; " CKN_CLI_DRIVER_ADVICE);
    for (size_t i = 0; i < count && code == CKN_OK; i++) {
        char label[32];
        ckn_cli_device_label(&devices[i], label, sizeof label);
        code = compare_device(job, label, error);
    }
    ckn_free(devices);
    ckn_free(warnings);
    return code;
}

static ckn_code compare_devices(compare_job *job, ckn_error *error) {
    const compare_arguments *arguments = job->arguments;
    const char *list = arguments->devices ? arguments->devices : arguments->common.device;
    CKN_TRY(ckn_cli_session_open_device(job->session, "cpu", &job->reference, error));
    ckn_cli_checks_begin(&job->checks, job->session, true);
    ckn_code code = list ? compare_listed(job, list, error) : compare_all(job, error);
    if (code == CKN_OK)
        return ckn_cli_checks_end(&job->checks, error);
    ckn_cli_checks_abandon(&job->checks);
    return code;
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    compare_job job = {.arguments = pointer, .session = session};
    const compare_arguments *arguments = job.arguments;
    ckn_cli_watcher watcher = {session, NULL};
    ckn_cli_solver_fill(&arguments->solver, arguments->pair.kernel, &job.options);
    job.options.progress = ckn_cli_watch;
    job.options.progress_user = &watcher;
    ckn_code code = ckn_cli_pairs_read(
        session, &arguments->pair, job.options.solver == CKN_SOLVER_DIVISION, &job.pairs, error);
    if (code == CKN_OK)
        code = compare_devices(&job, error);
    ckn_context_destroy(job.reference);
    ckn_cli_pairs_release(&job.pairs);
    return code;
}

const ckn_cli_command ckn_command_compare = {
    .syntax =
        {
            .command = "compare",
            .summary = "Runs each primitive and the whole estimate on the CPU backend and on other "
                       "devices. The exit status is 1 where a difference is too large.",
            .positionals = {"SHARP", "BLURRED", NULL},
            .positionals_repeat = true,
            .positional_target = TARGET(pair.files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "Example: clkernest compare sharp.png blurred.png --kernel-size 31\n"
                     "CLKERNEST_DEVICE is not used here: --device or --devices choose.\n",
        },
    .arguments_size = sizeof(compare_arguments),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
