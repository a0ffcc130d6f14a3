#include "cli/command.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/terminal.h"

typedef struct devices_arguments {
    ckn_cli_common common;
} devices_arguments;

static ckn_code check(void *pointer, ckn_error *error) {
    devices_arguments *arguments = pointer;
    return ckn_cli_check_outputs(&arguments->common, NULL, 0, error);
}

static const char *kind_name(ckn_device_kind kind) {
    switch (kind) {
    case CKN_DEVICE_CPU_BACKEND:
        return "CPU backend";
    case CKN_DEVICE_OPENCL_GPU:
        return "OpenCL GPU";
    case CKN_DEVICE_OPENCL_CPU:
        return "OpenCL CPU";
    case CKN_DEVICE_OPENCL_OTHER:
        return "OpenCL accelerator";
    }
    return "unknown";
}

static double mebibytes(size_t bytes) {
    return (double)bytes / (1024.0 * 1024.0);
}

static void print_device(const ckn_cli_session *session, const ckn_device_info *device) {
    char label[32];
    if (session->common->quiet)
        return;
    FILE *text = session->text;
    ckn_cli_device_label(device, label, sizeof label);
    ckn_cli_say(text, "%-10s %s (%s)", label, device->name, kind_name(device->kind));
    if (device->kind != CKN_DEVICE_CPU_BACKEND)
        ckn_cli_say(text, "           platform %s, vendor %s", device->platform, device->vendor);
    ckn_cli_say(text, "           version %s%s%s", device->version,
                device->driver[0] ? ", driver " : "", device->driver);
    fprintf(text, "           memory %.0f MiB, largest buffer %.0f MiB",
            mebibytes(device->global_memory), mebibytes(device->max_allocation));
    if (device->local_memory)
        fprintf(text, ", local memory %.0f KiB", (double)device->local_memory / 1024.0);
    fprintf(text, "\n           %zu %s", device->compute_units,
            device->kind == CKN_DEVICE_CPU_BACKEND ? "threads" : "compute units");
    if (device->max_work_group)
        fprintf(text, ", work-groups up to %zu", device->max_work_group);
    fprintf(text, ", fp64 %s\n", device->fp64 ? "yes" : "no");
}

static void add_json(ckn_json list, const ckn_device_info *device) {
    char label[32];
    ckn_json object = ckn_json_append_object(list);
    ckn_cli_device_label(device, label, sizeof label);
    ckn_json_text(object, "device", label);
    ckn_json_text(object, "kind", kind_name(device->kind));
    ckn_json_text(object, "name", device->name);
    ckn_json_text(object, "vendor", device->vendor);
    ckn_json_text(object, "platform", device->platform);
    ckn_json_text(object, "version", device->version);
    ckn_json_text(object, "driver", device->driver);
    ckn_json_count(object, "global_memory", device->global_memory);
    ckn_json_count(object, "max_allocation", device->max_allocation);
    ckn_json_count(object, "local_memory", device->local_memory);
    ckn_json_count(object, "max_work_group", device->max_work_group);
    ckn_json_count(object, "compute_units", device->compute_units);
    ckn_json_flag(object, "fp64", device->fp64);
}

static void show(const ckn_cli_session *session, ckn_json list, const ckn_device_info *device) {
    print_device(session, device);
    add_json(list, device);
}

/* The device that a context gets, for the CPU backend or the one of --device. */
static ckn_code show_opened(ckn_cli_session *session, ckn_json list, const char *device,
                            ckn_error *error) {
    ckn_context *context;
    ckn_device_info info;
    CKN_TRY(ckn_cli_session_open_device(session, device, &context, error));
    ckn_context_device(context, &info);
    ckn_context_destroy(context);
    show(session, list, &info);
    return CKN_OK;
}

static ckn_code show_all(ckn_cli_session *session, ckn_json list, ckn_error *error) {
    ckn_device_info *devices;
    size_t count;
    char *warnings;
    const char *automatic = "cpu";
    CKN_TRY(show_opened(session, list, "cpu", error));
    CKN_TRY(ckn_devices_list(&devices, &count, &warnings, error));
    ckn_cli_device_warnings(session, warnings);
    char label[32];
    for (size_t i = 0; i < count; i++) {
        show(session, list, &devices[i]);
        if (devices[i].kind == CKN_DEVICE_OPENCL_GPU && automatic[0] == 'c') {
            ckn_cli_device_label(&devices[i], label, sizeof label);
            automatic = label;
        }
    }
    if (count == 0)
        ckn_cli_note(session, "no OpenCL device; " CKN_CLI_DRIVER_ADVICE);
    if (!session->common->quiet)
        fprintf(session->text, "--device auto takes %s\n", automatic);
    ckn_free(devices);
    ckn_free(warnings);
    return CKN_OK;
}

static ckn_code write_json(ckn_cli_session *session, ckn_json list, ckn_error *error) {
    if (!session->common->json)
        return CKN_OK;
    ckn_json object = ckn_json_begin(session);
    ckn_json_adopt(object, "devices", list);
    return ckn_json_end(session, object, error);
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    const devices_arguments *arguments = pointer;
    ckn_json list = ckn_json_begin_list(session);
    ckn_code code = arguments->common.device
                        ? show_opened(session, list, arguments->common.device, error)
                        : show_all(session, list, error);
    if (code == CKN_OK)
        code = write_json(session, list, error);
    ckn_json_abandon(&list);
    return code;
}

const ckn_cli_command ckn_command_devices = {
    .syntax =
        {
            .command = "devices",
            .summary = "Lists the devices that --device can name, with their versions, memory and "
                       "limits. With --device that one alone.",
        },
    .arguments_size = sizeof(devices_arguments),
    .check = check,
    .run = run,
};
