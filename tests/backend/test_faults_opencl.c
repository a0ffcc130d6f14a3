/* Failing OpenCL and clFFT calls. The linker's --wrap sends the library's calls here; the Nth call
 * of one function fails, for growing N until the job no longer reaches it. Each failure must come
 * back as a status that names the call and the symbolic code, and every OpenCL object must have
 * been released. */
#include "support/harness.h"

#include <CL/cl.h>
#include <clFFT.h>
#include <stdlib.h>
#include <string.h>

static const char *target; /* the function that fails; NULL: none */
static size_t countdown;   /* at which call: 1 is the next */

/* Objects that the library created and has not released. */
static ptrdiff_t contexts, queues, programs, kernels, buffers, plans;

static bool fails_now(const char *name) {
    return target && countdown > 0 && strcmp(target, name) == 0 && --countdown == 0;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */

/* A function that returns a status. */
#define WRAP(type, name, parameters, arguments)                                                    \
    type CL_API_CALL __real_##name parameters;                                                     \
    type CL_API_CALL __wrap_##name parameters;                                                     \
    type CL_API_CALL __wrap_##name parameters {                                                    \
        return fails_now(#name) ? (type)CL_OUT_OF_RESOURCES : __real_##name arguments;             \
    }

/* A function that returns an object, and a status through its last parameter `code`. */
#define WRAP_CREATE(type, name, living, parameters, arguments)                                     \
    type CL_API_CALL __real_##name parameters;                                                     \
    type CL_API_CALL __wrap_##name parameters;                                                     \
    type CL_API_CALL __wrap_##name parameters {                                                    \
        type object = NULL;                                                                        \
        if (fails_now(#name))                                                                      \
            *code = CL_OUT_OF_RESOURCES;                                                           \
        else                                                                                       \
            object = __real_##name arguments;                                                      \
        (living) += object != NULL;                                                                \
        return object;                                                                             \
    }

#define WRAP_RELEASE(type, name, living)                                                           \
    cl_int CL_API_CALL __real_##name(type object);                                                 \
    cl_int CL_API_CALL __wrap_##name(type object);                                                 \
    cl_int CL_API_CALL __wrap_##name(type object) {                                                \
        (living)--;                                                                                \
        return __real_##name(object);                                                              \
    }

WRAP_CREATE(cl_context, clCreateContext, contexts,
            (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
             void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
             cl_int *code),
            (properties, count, devices, notify, user, code))
WRAP_CREATE(cl_command_queue, clCreateCommandQueue, queues,
            (cl_context context, cl_device_id device, cl_command_queue_properties properties,
             cl_int *code),
            (context, device, properties, code))
WRAP_CREATE(cl_program, clCreateProgramWithSource, programs,
            (cl_context context, cl_uint count, const char **texts, const size_t *lengths,
             cl_int *code),
            (context, count, texts, lengths, code))
WRAP_CREATE(cl_program, clCreateProgramWithBinary, programs,
            (cl_context context, cl_uint count, const cl_device_id *devices, const size_t *lengths,
             const unsigned char **binaries, cl_int *status, cl_int *code),
            (context, count, devices, lengths, binaries, status, code))
WRAP_CREATE(cl_kernel, clCreateKernel, kernels,
            (cl_program program, const char *name, cl_int *code), (program, name, code))
WRAP_CREATE(cl_mem, clCreateBuffer, buffers,
            (cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code),
            (context, flags, size, host, code))
WRAP_RELEASE(cl_context, clReleaseContext, contexts)
WRAP_RELEASE(cl_command_queue, clReleaseCommandQueue, queues)
WRAP_RELEASE(cl_program, clReleaseProgram, programs)
WRAP_RELEASE(cl_kernel, clReleaseKernel, kernels)
WRAP_RELEASE(cl_mem, clReleaseMemObject, buffers)

WRAP(cl_int, clGetPlatformIDs, (cl_uint size, cl_platform_id *platforms, cl_uint *count),
     (size, platforms, count))
WRAP(cl_int, clGetPlatformInfo,
     (cl_platform_id platform, cl_platform_info what, size_t size, void *value, size_t *got),
     (platform, what, size, value, got))
WRAP(cl_int, clGetDeviceIDs,
     (cl_platform_id platform, cl_device_type type, cl_uint size, cl_device_id *devices,
      cl_uint *count),
     (platform, type, size, devices, count))
WRAP(cl_int, clGetDeviceInfo,
     (cl_device_id device, cl_device_info what, size_t size, void *value, size_t *got),
     (device, what, size, value, got))
WRAP(cl_int, clBuildProgram,
     (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
      void(CL_CALLBACK *notify)(cl_program, void *), void *user),
     (program, count, devices, options, notify, user))
WRAP(cl_int, clGetProgramInfo,
     (cl_program program, cl_program_info what, size_t size, void *value, size_t *got),
     (program, what, size, value, got))
WRAP(cl_int, clGetProgramBuildInfo,
     (cl_program program, cl_device_id device, cl_program_build_info what, size_t size, void *value,
      size_t *got),
     (program, device, what, size, value, got))
WRAP(cl_int, clGetKernelWorkGroupInfo,
     (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t size,
      void *value, size_t *got),
     (kernel, device, what, size, value, got))
WRAP(cl_int, clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value),
     (kernel, index, size, value))
WRAP(cl_int, clEnqueueNDRangeKernel,
     (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
      const size_t *global, const size_t *local, cl_uint waits, const cl_event *list,
      cl_event *event),
     (queue, kernel, dimensions, offset, global, local, waits, list, event))
WRAP(cl_int, clEnqueueReadBuffer,
     (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t size, void *to,
      cl_uint waits, const cl_event *list, cl_event *event),
     (queue, buffer, blocking, offset, size, to, waits, list, event))
WRAP(cl_int, clEnqueueWriteBuffer,
     (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t size,
      const void *from, cl_uint waits, const cl_event *list, cl_event *event),
     (queue, buffer, blocking, offset, size, from, waits, list, event))
WRAP(cl_int, clFinish, (cl_command_queue queue), (queue))

WRAP(clfftStatus, clfftSetup, (const clfftSetupData *data), (data))
WRAP(clfftStatus, clfftSetPlanPrecision, (clfftPlanHandle plan, clfftPrecision precision),
     (plan, precision))
WRAP(clfftStatus, clfftSetLayout, (clfftPlanHandle plan, clfftLayout in, clfftLayout out),
     (plan, in, out))
WRAP(clfftStatus, clfftSetResultLocation, (clfftPlanHandle plan, clfftResultLocation where),
     (plan, where))
WRAP(clfftStatus, clfftSetPlanInStride, (clfftPlanHandle plan, clfftDim dim, size_t *strides),
     (plan, dim, strides))
WRAP(clfftStatus, clfftSetPlanOutStride, (clfftPlanHandle plan, clfftDim dim, size_t *strides),
     (plan, dim, strides))
WRAP(clfftStatus, clfftSetPlanDistance, (clfftPlanHandle plan, size_t in, size_t out),
     (plan, in, out))
WRAP(clfftStatus, clfftSetPlanScale,
     (clfftPlanHandle plan, clfftDirection direction, cl_float scale), (plan, direction, scale))
WRAP(clfftStatus, clfftBakePlan,
     (clfftPlanHandle plan, cl_uint count, cl_command_queue *queue,
      void(CL_CALLBACK *notify)(clfftPlanHandle, void *), void *user),
     (plan, count, queue, notify, user))
WRAP(clfftStatus, clfftEnqueueTransform,
     (clfftPlanHandle plan, clfftDirection direction, cl_uint count, cl_command_queue *queue,
      cl_uint waits, const cl_event *list, cl_event *events, cl_mem *in, cl_mem *out,
      cl_mem scratch),
     (plan, direction, count, queue, waits, list, events, in, out, scratch))

clfftStatus __real_clfftCreateDefaultPlan(clfftPlanHandle *plan, cl_context context, clfftDim dim,
                                          const size_t *lengths);
clfftStatus __wrap_clfftCreateDefaultPlan(clfftPlanHandle *plan, cl_context context, clfftDim dim,
                                          const size_t *lengths);
clfftStatus __wrap_clfftCreateDefaultPlan(clfftPlanHandle *plan, cl_context context, clfftDim dim,
                                          const size_t *lengths) {
    clfftStatus status = CLFFT_OUT_OF_RESOURCES;
    if (!fails_now("clfftCreateDefaultPlan"))
        status = __real_clfftCreateDefaultPlan(plan, context, dim, lengths);
    plans += status == CLFFT_SUCCESS;
    return status;
}

clfftStatus __real_clfftDestroyPlan(clfftPlanHandle *plan);
clfftStatus __wrap_clfftDestroyPlan(clfftPlanHandle *plan);
clfftStatus __wrap_clfftDestroyPlan(clfftPlanHandle *plan) {
    plans--;
    return __real_clfftDestroyPlan(plan);
}

/* NOLINTEND(bugprone-reserved-identifier) */

typedef ckn_code (*job_fn)(ckn_backend *backend, ckn_error *error);

/* Warming runs every primitive but the transforms; reading and writing come on top. */
static ckn_code run_primitives(ckn_backend *backend, ckn_error *error) {
    float samples[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    ckn_view view = ckn_view_f32(samples, 3, 4);
    ckn_output output = ckn_output_f32(samples, 3, 4);
    ckn_buffer *buffer = NULL;
    CKN_TRY(backend->ops->prepare(backend, CKN_USE_ALL, error));
    CKN_TRY(backend->ops->buffer_create(backend, 12, &buffer, error));
    ckn_code code = backend->ops->upload(backend, buffer, &view, error);
    if (code == CKN_OK)
        code = backend->ops->project(backend, buffer, 12, CKN_CONSTRAINT_SIMPLEX, error);
    if (code == CKN_OK)
        code = backend->ops->download(backend, buffer, &output, error);
    if (code == CKN_OK)
        code = backend->ops->finish(backend, error);
    backend->ops->buffer_destroy(backend, buffer);
    return code;
}

static ckn_code run_transforms(ckn_backend *backend, ckn_error *error) {
    const ckn_shape shape = {3, 4};
    ckn_buffer *plane = NULL, *spectrum = NULL;
    ckn_fft *fft = NULL;
    CKN_TRY(backend->ops->fft_create(backend, shape, &fft, error));
    ckn_code code = backend->ops->buffer_create(backend, 12, &plane, error);
    if (code == CKN_OK)
        code = backend->ops->buffer_create(backend, ckn_spectrum_count(shape), &spectrum, error);
    if (code == CKN_OK)
        code = backend->ops->fft_forward(backend, fft, plane, spectrum, error);
    if (code == CKN_OK)
        code = backend->ops->fft_inverse(backend, fft, spectrum, plane, error);
    if (code == CKN_OK)
        code = backend->ops->finish(backend, error);
    backend->ops->buffer_destroy(backend, plane);
    backend->ops->buffer_destroy(backend, spectrum);
    backend->ops->fft_destroy(backend, fft);
    return code;
}

static ckn_code run_correlations(ckn_backend *backend, ckn_error *error) {
    const ckn_shape image = {5, 6}, taps = {2, 2};
    double numbers[12];
    ckn_correlations out = {numbers, numbers + 4, numbers + 8, 0};
    ckn_buffer *plane = NULL;
    CKN_TRY(backend->ops->buffer_create(backend, 30, &plane, error));
    ckn_code code = backend->ops->fill(backend, plane, 30, 1.0, error);
    for (int method = CKN_CORRELATION_DIRECT; code == CKN_OK && method <= CKN_CORRELATION_FFT;
         method++) {
        ckn_correlator *correlator = NULL;
        code = backend->ops->correlator_create(backend, image, taps, (ckn_correlation_method)method,
                                               &correlator, error);
        if (code == CKN_OK)
            code = backend->ops->correlate(backend, correlator, plane, plane, &out, error);
        if (code == CKN_OK && numbers[0] != 20.0)
            ckn_test_fail("method %d: %g where 20 was due", method, numbers[0]);
        backend->ops->correlator_destroy(backend, correlator);
    }
    backend->ops->buffer_destroy(backend, plane);
    return code;
}

static ckn_code open_and_run(job_fn job, const char *cache_dir, ckn_error *error) {
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    options.device = getenv("CKN_TEST_DEVICE");
    options.cache_dir = cache_dir;
    ckn_backend *backend = NULL;
    CKN_TRY(ckn_backend_create(&options, &backend, error));
    ckn_code code = job(backend, error);
    ckn_backend_destroy(backend);
    return code;
}

/* What must follow from a failing call. */
typedef enum promise {
    ALWAYS,    /* the job fails, and the message names the call */
    SOMEWHERE, /* the same, but not at every place: clean-up ignores its own failures */
    PERHAPS    /* the library may find another way, or fail in its own words */
} promise;

typedef struct fault {
    const char *name;
    promise promised;
} fault;

static void check_released(const char *name, size_t n) {
    if (queues != 0 || programs != 0 || kernels != 0 || buffers != 0 || plans != 0)
        ckn_test_fail("call %zu of %s failed: left behind %td queues, %td programs, %td kernels, "
                      "%td buffers, %td plans",
                      n, name, queues, programs, kernels, buffers, plans);
}

/* Runs the job with the Nth call failing; false where it was not reached. */
static bool inject(const fault *what, size_t n, job_fn job, const char *cache_dir,
                   size_t *reported) {
    ckn_error error = {CKN_OK, ""};
    target = what->name;
    countdown = n;
    ckn_code code = open_and_run(job, cache_dir, &error);
    bool reached = countdown == 0;
    target = NULL;
    check_released(what->name, n);
    if (!reached) {
        ckn_test_succeeds(code, &error, "the job without a failure");
        return false;
    }
    if (code == CKN_OK && what->promised == ALWAYS)
        ckn_test_fail("call %zu of %s failed, and the job went on", n, what->name);
    if (code == CKN_OK)
        return true;
    bool names = strstr(error.message, what->name) && strstr(error.message, "OUT_OF_RESOURCES");
    if (error.code != code || error.message[0] == '\0' || (what->promised != PERHAPS && !names))
        ckn_test_fail("call %zu of %s failed: '%s', message '%s'", n, what->name,
                      ckn_code_name(code), error.message);
    ++*reported;
    return true;
}

/* Every call up to the 8th, then fewer: each costs a device's opening. */
static size_t next_call(size_t n) {
    return n < 8 ? n + 1 : n + n / 3;
}

static void inject_all(const fault *faults, size_t count, job_fn job, const char *cache_dir) {
    for (size_t i = 0; i < count; i++) {
        size_t reported = 0, n = 1;
        while (inject(&faults[i], n, job, cache_dir, &reported))
            n = next_call(n);
        if (n == 1 && faults[i].promised != PERHAPS)
            ckn_test_fail("the job never calls %s", faults[i].name);
        if (reported == 0 && faults[i].promised != PERHAPS)
            ckn_test_fail("no failure of %s was reported", faults[i].name);
    }
}

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Without a cache of compiled programs, so that each is built from source. */
static void test_primitives(void **state) {
    (void)state;
    static const fault faults[] = {
        {"clGetPlatformIDs", ALWAYS},
        {"clGetPlatformInfo", PERHAPS},
        {"clGetDeviceIDs", PERHAPS},
        {"clGetDeviceInfo", PERHAPS},
        {"clCreateContext", ALWAYS},
        {"clCreateCommandQueue", ALWAYS},
        {"clCreateProgramWithSource", ALWAYS},
        {"clBuildProgram", ALWAYS},
        {"clCreateKernel", ALWAYS},
        {"clGetKernelWorkGroupInfo", ALWAYS},
        {"clCreateBuffer", ALWAYS},
        {"clSetKernelArg", ALWAYS},
        {"clEnqueueNDRangeKernel", ALWAYS},
        {"clEnqueueWriteBuffer", ALWAYS},
        {"clEnqueueReadBuffer", ALWAYS},
        {"clFinish", SOMEWHERE},
    };
    inject_all(faults, LENGTH(faults), run_primitives, "");
    assert_true(contexts == 0);
}

static void test_correlations(void **state) {
    (void)state;
    static const fault faults[] = {
        {"clCreateKernel", ALWAYS},         {"clGetKernelWorkGroupInfo", ALWAYS},
        {"clCreateBuffer", ALWAYS},         {"clSetKernelArg", ALWAYS},
        {"clEnqueueNDRangeKernel", ALWAYS}, {"clEnqueueWriteBuffer", ALWAYS},
        {"clEnqueueReadBuffer", ALWAYS},    {"clFinish", SOMEWHERE},
    };
    inject_all(faults, LENGTH(faults), run_correlations, NULL);
    assert_true(contexts == 0);
}

/* A cache that cannot be read or written never makes a job fail. */
static void test_cache(void **state) {
    (void)state;
    static const fault faults[] = {
        {"clCreateProgramWithBinary", PERHAPS},
        {"clGetProgramInfo", PERHAPS},
    };
    for (size_t i = 0; i < LENGTH(faults); i++) {
        size_t reported = 0, n = 1;
        while (inject(&faults[i], n, run_primitives, NULL, &reported))
            n = next_call(n);
        assert_true(reported == 0);
    }
    assert_true(contexts == 0);
}

/* clFFT keeps references to a context that it used, so contexts are not counted here. */
static void test_transforms(void **state) {
    (void)state;
    static const fault faults[] = {
        {"clfftSetup", ALWAYS},
        {"clfftCreateDefaultPlan", ALWAYS},
        {"clfftSetPlanPrecision", ALWAYS},
        {"clfftSetLayout", ALWAYS},
        {"clfftSetResultLocation", ALWAYS},
        {"clfftSetPlanInStride", ALWAYS},
        {"clfftSetPlanOutStride", ALWAYS},
        {"clfftSetPlanDistance", ALWAYS},
        {"clfftSetPlanScale", ALWAYS},
        {"clfftBakePlan", ALWAYS},
        {"clfftEnqueueTransform", ALWAYS},
    };
    inject_all(faults, LENGTH(faults), run_transforms, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_correlations),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_transforms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
