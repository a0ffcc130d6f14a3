/* Choice of the backend. */
#include "backend/backend.h"

#include "backend/cpu/cpu.h"
#include "backend/opencl/opencl.h"

#include <stdlib.h>
#include <string.h>

size_t ckn_boundary_period(ckn_boundary boundary, size_t samples) {
    switch (boundary) {
    case CKN_BOUNDARY_REFLECT:
        return 2 * samples;
    case CKN_BOUNDARY_MIRROR:
        return samples > 1 ? 2 * samples - 2 : 1;
    case CKN_BOUNDARY_PERIODIC:
        return samples;
    case CKN_BOUNDARY_REPLICATE:
    case CKN_BOUNDARY_ZERO:
        break;
    }
    return 0;
}

const char *ckn_version(void) {
    return CKN_VERSION;
}

/* A GPU that cannot be opened does not keep the user from working: "auto" promises a device that
 * works, and the log says which one and why. */
static ckn_code create_auto(const ckn_context_options *options, const ckn_log *log,
                            ckn_backend **backend, ckn_error *error) {
    ckn_error gpu_error = {CKN_OK, ""};
    if (ckn_opencl_create_gpu(options, backend, &gpu_error) != CKN_OK)
        ckn_log_line(log, CKN_LOG_WARNING, "the GPU cannot be used, taking the CPU backend: %s",
                     gpu_error.message);
    if (*backend)
        return CKN_OK;
    ckn_log_line(log, CKN_LOG_VERBOSE, "no usable OpenCL GPU: taking the CPU backend");
    return ckn_cpu_create(options->threads, log, backend, error);
}

ckn_code ckn_backend_create(const ckn_context_options *options, ckn_backend **backend,
                            ckn_error *error) {
    *backend = NULL;
    const ckn_log log = {options->log, options->log_user};
    const char *choice = options->device ? options->device : getenv("CLKERNEST_DEVICE");
    if (!choice || !*choice)
        choice = "auto";
    if (options->threads < 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "threads must not be negative (%d)",
                        options->threads);
    if (strcmp(choice, "auto") == 0)
        return create_auto(options, &log, backend, error);
    if (strcmp(choice, "cpu") == 0)
        return ckn_cpu_create(options->threads, &log, backend, error);
    return ckn_opencl_create(choice, options, backend, error);
}

ckn_code ckn_backend_create_host(const ckn_backend *like, ckn_backend **backend, ckn_error *error) {
    *backend = NULL;
    return ckn_cpu_create(1, &like->log, backend, error);
}

void ckn_backend_destroy(ckn_backend *backend) {
    if (backend)
        backend->ops->destroy(backend);
}
