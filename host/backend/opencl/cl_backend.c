/* Opening and closing an OpenCL device, and the table of its primitives. */
#include "backend/opencl/opencl.h"

#include "backend/opencl/cl_correlate.h"
#include "backend/opencl/cl_launch.h"
#include "backend/opencl/cl_program.h"
#include "backend/opencl/cl_shared.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* What the choice of an engine is predicted from, for one compute unit. Engines are chosen by
 * ratios, for which a device's class says enough. CPUs: measured with PoCL; GPUs: from their
 * arithmetic (direct sums) and memory (transforms). Planning: on a machine that has not seen the
 * shape, the least that clFFT took; no call tells whether it has. */
static const ckn_cost gpu_cost = {2.5e-11, 1.3e-9, 1.0, 1e-9, 3e-10, 5e-10, 1.2e-11, false};
static const ckn_cost cpu_cost = {5.0e-11, 2.6e-9, 3.0, 1.4e-9, 1.6e-10, 2e-10, 5.0e-11, false};

static ckn_cost predict_cost(const ckn_cl_device *device) {
    ckn_cost cost = device->type & CL_DEVICE_TYPE_GPU ? gpu_cost : cpu_cost;
    const size_t units = device->info.compute_units ? device->info.compute_units : 1;
    cost.seconds_per_tap /= (double)units;
    cost.seconds_per_fft_unit /= (double)units;
    cost.seconds_per_box_trip /= (double)units;
    cost.seconds_per_box_pass /= (double)units;
    cost.seconds_per_fir_trip /= (double)units;
    cost.seconds_per_fir_tap /= (double)units;
    return cost;
}

static void destroy(ckn_backend *backend) {
    ckn_cl *cl = ckn_cl_of(backend);
    if (cl->queue)
        clFinish(cl->queue);
    for (size_t i = 0; i < CKN_CL_SCRATCH_COUNT; i++)
        ckn_cl_buffer_destroy(backend, cl->scratch[i]);
    ckn_cl_kernels_release(cl);
    ckn_cl_programs_release(cl);
    if (cl->queue)
        clReleaseCommandQueue(cl->queue);
    if (cl->context)
        ckn_cl_shared_release(cl->context);
    free(cl);
}

static void describe(const ckn_backend *backend, ckn_device_info *info) {
    *info = ((const ckn_cl *)backend)->device.info;
}

static void log_statistics(ckn_backend *backend) {
    ckn_cl_launches_log(ckn_cl_of(backend));
}

static ckn_code finish(ckn_backend *backend, ckn_error *error) {
    return ckn_cl_check(clFinish(ckn_cl_of(backend)->queue), "clFinish", error);
}

static const ckn_backend_ops opencl_ops = {
    .destroy = destroy,
    .describe = describe,
    .log_statistics = log_statistics,
    .finish = finish,
    .prepare = ckn_cl_prepare,
    .buffer_create = ckn_cl_buffer_create,
    .buffer_destroy = ckn_cl_buffer_destroy,
    .upload = ckn_cl_upload,
    .download = ckn_cl_download,
    .embed = ckn_cl_embed,
    .extract = ckn_cl_extract,
    .residual = ckn_cl_residual,
    .gradient = ckn_cl_gradient,
    .correlator_predict = ckn_cl_correlator_predict,
    .correlator_create = ckn_cl_correlator_create,
    .correlator_destroy = ckn_cl_correlator_destroy,
    .correlate = ckn_cl_correlate,
    .fill = ckn_cl_fill,
    .combine = ckn_cl_combine,
    .multiply = ckn_cl_multiply,
    .dot = ckn_cl_dot,
    .momentum = ckn_cl_momentum,
    .project = ckn_cl_project,
    .step_sums = ckn_cl_step_sums,
    .fft_good_length = ckn_cl_fft_good_length,
    .fft_create = ckn_cl_fft_create,
    .fft_destroy = ckn_cl_fft_destroy,
    .fft_forward = ckn_cl_fft_forward,
    .fft_inverse = ckn_cl_fft_inverse,
    .spectral_multiply = ckn_cl_spectral_multiply,
    .spectral_accumulate = ckn_cl_spectral_accumulate,
    .spectral_divide = ckn_cl_spectral_divide,
    .samples_create = ckn_cl_samples_create,
    .box_axis = ckn_cl_box_axis,
    .fir_axis = ckn_cl_fir_axis,
    .fir_plane = ckn_cl_fir_plane,
};

/* CPUs work on vectors of samples; elsewhere a work-item is a lane. CLKERNEST_OPENCL_LANES takes
 * the other way, so that both can be tested on one device. */
static int choose_lanes(const ckn_cl_device *device) {
    static const int known[] = {16, 8, 4, 1};
    const char *wish = getenv("CLKERNEST_OPENCL_LANES");
    int width = device->type & CL_DEVICE_TYPE_GPU ? 1 : (int)device->vector_width;
    if (wish && *wish)
        width = (int)strtol(wish, NULL, 10);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (width >= known[i])
            return known[i];
    }
    return 1;
}

static ckn_code open_queue(ckn_cl *cl, ckn_error *error) {
    CKN_TRY(ckn_cl_shared_acquire(&cl->device, &cl->context, error));
    cl_int status;
    cl->queue = clCreateCommandQueue(cl->context, cl->device.id, 0, &status);
    return ckn_cl_check(status, "clCreateCommandQueue", error);
}

static ckn_code open_device(const ckn_cl_device *device, const ckn_context_options *options,
                            ckn_backend **backend, ckn_error *error) {
    ckn_cl *cl;
    CKN_TRY(ckn_allocate(&cl, 1, sizeof *cl, "the OpenCL backend", error));
    cl->base.ops = &opencl_ops;
    cl->base.log = (ckn_log){options->log, options->log_user};
    cl->base.cost = predict_cost(device);
    cl->device = *device;
    cl->lanes = choose_lanes(device);
    cl->most_groups = CKN_CL_MOST_GROUPS;
    cl->most_work =
        cl->lanes == 1 ? CKN_CL_WORK_PER_UNIT * (double)device->info.compute_units : HUGE_VAL;
    ckn_code code = ckn_cl_programs_init(cl, options, error);
    if (code == CKN_OK)
        code = open_queue(cl, error);
    if (code != CKN_OK) {
        destroy(&cl->base);
        return code;
    }
    *backend = &cl->base;
    return CKN_OK;
}

/* Devices that were left out are worth a line each, since the user may miss one. */
static void log_warnings(const ckn_context_options *options, const char *warnings) {
    const ckn_log log = {options->log, options->log_user};
    while (warnings && *warnings) {
        size_t length = 0;
        while (warnings[length] && warnings[length] != '\n')
            length++;
        ckn_log_line(&log, CKN_LOG_WARNING, "%.*s", (int)length, warnings);
        warnings += length + (warnings[length] == '\n');
    }
}

ckn_code ckn_opencl_create(const char *choice, const ckn_context_options *options,
                           ckn_backend **backend, ckn_error *error) {
    ckn_cl_device_list list;
    size_t index;
    *backend = NULL;
    CKN_TRY(ckn_cl_devices_find(&list, error));
    log_warnings(options, list.warnings);
    ckn_code code = ckn_cl_devices_choose(&list, choice, &index, error);
    if (code == CKN_OK)
        code = open_device(&list.items[index], options, backend, error);
    ckn_cl_devices_release(&list);
    return code;
}

ckn_code ckn_opencl_create_gpu(const ckn_context_options *options, ckn_backend **backend,
                               ckn_error *error) {
    ckn_cl_device_list list;
    *backend = NULL;
    CKN_TRY(ckn_cl_devices_find(&list, error));
    log_warnings(options, list.warnings);
    ckn_code code = CKN_OK;
    for (size_t i = 0; i < list.count && !*backend; i++) {
        if (list.items[i].info.kind == CKN_DEVICE_OPENCL_GPU)
            code = open_device(&list.items[i], options, backend, error);
    }
    ckn_cl_devices_release(&list);
    return *backend ? CKN_OK : code;
}
