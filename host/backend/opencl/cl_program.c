#include "backend/opencl/cl_program.h"

#include "backend/opencl/cl_cache.h"
#include "backend/opencl/cl_source.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Before a failed build is tried again: a process that fills the same cache takes about as long. */
static const struct timespec second_try = {.tv_nsec = 100000000};

#define PROGRAM_NAME(name) #name,
static const char *const program_names[] = {CKN_CL_PROGRAMS(PROGRAM_NAME)};
#undef PROGRAM_NAME

/* One program on its way; everything is released by release_job(). */
typedef struct build_job {
    const char *name;
    char *file, *common, *source; /* "residual.cl", and the two texts */
    char *key, *path;             /* of the cache; NULL without one */
    cl_program program;
} build_job;

static void release_job(build_job *job) {
    free(job->file);
    free(job->common);
    free(job->source);
    free(job->key);
    free(job->path);
    if (job->program)
        clReleaseProgram(job->program);
}

/* Compilers that know Clang's builtins for prefetching and for storing past the caches. Others may
 * say so and fail. */
static bool takes_hints(const ckn_cl_device *device) {
    return strcmp(device->info.platform, "Portable Computing Language") == 0;
}

ckn_code ckn_cl_programs_init(ckn_cl *cl, const ckn_context_options *options, ckn_error *error) {
    const char *folder = options->kernel_dir ? options->kernel_dir : getenv("CLKERNEST_KERNEL_DIR");
    if (folder && *folder) {
        CKN_TRY(ckn_cl_source_check_folder(folder, error));
        cl->kernel_folder = ckn_format("%s", folder);
    }
    cl->cache_folder = ckn_cl_cache_folder(options->cache_dir, &cl->base.log);
    cl->options = ckn_format("-cl-std=CL1.2 -D CKN_LANES=%d -D CKN_WIDE=%zu%s%s%s", cl->lanes,
                             ckn_cl_wide(cl), cl->device.info.fp64 ? " -D CKN_FP64" : "",
                             cl->device.fast_fma ? " -D CKN_FMA" : "",
                             takes_hints(&cl->device) ? " -D CKN_HINTS" : "");
    if (!cl->options || (folder && *folder && !cl->kernel_folder))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the OpenCL backend");
    return CKN_OK;
}

/* Everything that the binary depends on, as text. */
static char *make_key(const ckn_cl *cl, const build_job *job) {
    const ckn_device_info *info = &cl->device.info;
    return ckn_format("platform: %s, %s\ndevice: %s, %s\ndriver: %s\noptions: %s\n%s\n%s",
                      info->platform, cl->device.platform_version, info->name, info->version,
                      info->driver, cl->options, job->common, job->source);
}

/* The build log, freed with free(); NULL where there is none. */
static char *build_log(const ckn_cl *cl, cl_program program) {
    size_t size = 0;
    if (clGetProgramBuildInfo(program, cl->device.id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size == 0)
        return NULL;
    char *log = calloc(size + 1, 1);
    if (log && clGetProgramBuildInfo(program, cl->device.id, CL_PROGRAM_BUILD_LOG, size, log,
                                     NULL) != CL_SUCCESS) {
        free(log);
        return NULL;
    }
    return log;
}

/* Cuts the log into lines; each goes to the callback. The first one that speaks of an error, else
 * the first that says anything, is copied to `telling`. */
static void report_log(const ckn_cl *cl, char *log, char *telling, size_t size) {
    bool found = false;
    char *rest = NULL;
    telling[0] = '\0';
    for (char *line = strtok_r(log, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        ckn_log_line(&cl->base.log, CKN_LOG_WARNING, "%s", line);
        bool error_line = strstr(line, "error") != NULL;
        if (!found && (error_line || !telling[0])) {
            strncpy(telling, line, size - 1);
            telling[size - 1] = '\0';
            found = error_line;
        }
    }
}

static ckn_code fail_build(const ckn_cl *cl, const build_job *job, cl_int status,
                           ckn_error *error) {
    char telling[512] = "";
    char *log = build_log(cl, job->program);
    if (log)
        report_log(cl, log, telling, sizeof telling);
    free(log);
    return ckn_fail(error, CKN_ERROR_OPENCL, "clBuildProgram(%s) failed on %s: %s (%d)%s%s",
                    job->file, cl->device.info.name, ckn_cl_status_name(status), (int)status,
                    telling[0] ? ": " : "", telling);
}

/* A cached binary that the driver takes. Whatever is wrong with it: then it is compiled anew. */
static bool build_from_cache(const ckn_cl *cl, build_job *job) {
    unsigned char *binary;
    size_t size;
    if (!job->path || !ckn_cl_cache_read(job->path, job->key, &binary, &size, &cl->base.log))
        return false;
    cl_int binary_status = CL_INVALID_BINARY, status;
    const unsigned char *bytes = binary;
    job->program = clCreateProgramWithBinary(cl->context, 1, &cl->device.id, &size, &bytes,
                                             &binary_status, &status);
    if (status == CL_SUCCESS)
        status = binary_status;
    if (status == CL_SUCCESS)
        status = clBuildProgram(job->program, 1, &cl->device.id, cl->options, NULL, NULL);
    free(binary);
    if (status == CL_SUCCESS)
        return true;
    ckn_log_line(&cl->base.log, CKN_LOG_VERBOSE, "%s is not usable (%s): compiling anew", job->path,
                 ckn_cl_status_name(status));
    if (job->program)
        clReleaseProgram(job->program);
    job->program = NULL;
    return false;
}

/* Keeps the binary; a driver that does not give it away is no reason to fail. */
static void keep_binary(const ckn_cl *cl, const build_job *job) {
    size_t size = 0;
    if (!job->path ||
        clGetProgramInfo(job->program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) !=
            CL_SUCCESS ||
        size == 0)
        return;
    unsigned char *binary = malloc(size);
    if (binary && clGetProgramInfo(job->program, CL_PROGRAM_BINARIES, sizeof(unsigned char *),
                                   (void *)&binary, NULL) == CL_SUCCESS)
        ckn_cl_cache_write(cl->cache_folder, job->path, job->key, binary, size, &cl->base.log);
    free(binary);
}

/* *status is what clBuildProgram() says. */
static ckn_code build_once(const ckn_cl *cl, build_job *job, cl_int *status, ckn_error *error) {
    /* The line directive makes the build log count lines of the file itself. */
    const char *texts[] = {job->common, "\n#line 1\n", job->source};
    job->program = clCreateProgramWithSource(cl->context, 3, texts, NULL, status);
    CKN_TRY(ckn_cl_check(*status, "clCreateProgramWithSource", error));
    *status = clBuildProgram(job->program, 1, &cl->device.id, cl->options, NULL, NULL);
    return CKN_OK;
}

/* Whether a build that failed may succeed the next time: PoCL's own cache lets one of several
 * processes fail that fill it at once. The kernels of a folder that the user named may be wrong,
 * which the compiler then says. */
static bool may_pass(const ckn_cl *cl, const build_job *job, cl_int status) {
    if (status != CL_BUILD_PROGRAM_FAILURE || !cl->kernel_folder)
        return status == CL_BUILD_PROGRAM_FAILURE;
    char *log = build_log(cl, job->program);
    const bool says_why = log && strstr(log, "error");
    free(log);
    return !says_why;
}

static ckn_code build_from_source(const ckn_cl *cl, build_job *job, ckn_error *error) {
    cl_int status;
    CKN_TRY(build_once(cl, job, &status, error));
    if (status != CL_SUCCESS && may_pass(cl, job, status)) {
        ckn_log_line(&cl->base.log, CKN_LOG_VERBOSE, "clBuildProgram(%s) failed: trying once more",
                     job->file);
        clReleaseProgram(job->program);
        nanosleep(&second_try, NULL);
        CKN_TRY(build_once(cl, job, &status, error));
    }
    if (status != CL_SUCCESS)
        return fail_build(cl, job, status, error);
    keep_binary(cl, job);
    return CKN_OK;
}

static ckn_code read_job(const ckn_cl *cl, build_job *job, ckn_error *error) {
    job->file = ckn_format("%s.cl", job->name);
    if (!job->file)
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the kernels");
    CKN_TRY(ckn_cl_source_read(cl->kernel_folder, "common.h", &cl->base.log, &job->common, error));
    CKN_TRY(ckn_cl_source_read(cl->kernel_folder, job->file, &cl->base.log, &job->source, error));
    if (cl->cache_folder)
        job->key = make_key(cl, job);
    if (job->key)
        job->path = ckn_cl_cache_path(cl->cache_folder, job->name, job->key);
    return CKN_OK;
}

ckn_code ckn_cl_program_need(ckn_cl *cl, ckn_cl_program_id id, ckn_error *error) {
    if (cl->programs[id])
        return CKN_OK;
    build_job job = {.name = program_names[id]};
    ckn_code code = read_job(cl, &job, error);
    if (code == CKN_OK && !build_from_cache(cl, &job))
        code = build_from_source(cl, &job, error);
    if (code == CKN_OK) {
        cl->programs[id] = job.program;
        job.program = NULL;
    }
    release_job(&job);
    return code;
}

void ckn_cl_programs_release(ckn_cl *cl) {
    for (size_t i = 0; i < CKN_CL_PROGRAM_COUNT; i++) {
        if (cl->programs[i])
            clReleaseProgram(cl->programs[i]);
    }
    free(cl->options);
    free(cl->kernel_folder);
    free(cl->cache_folder);
}
