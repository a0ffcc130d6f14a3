/* The CPU backend's table, life and description. */
#include "backend/cpu/cpu.h"

#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libgomp ends the process where it cannot start a thread, so absurd numbers are refused here. */
#define MAX_THREADS 1024

/* Measured on one core at 2.1 GHz: 0.3 to 0.6 ns. The choice of an engine needs only the ratio to
 * the seconds per tap (cpu_simd_*.c). */
#define SECONDS_PER_FFT_UNIT 0.45e-9
#define SECONDS_FFT_PLAN 5e-3
/* A sample along one axis on one core with AVX-512 (EPYC of the 9004 series); the choice between
 * boxes and FIR needs the ratio only. */
#define SECONDS_PER_BOX_TRIP 1.1e-9
#define SECONDS_PER_BOX_PASS 1.1e-10
#define SECONDS_PER_FIR_TRIP 2.0e-10
#define SECONDS_PER_FIR_TAP 4.0e-11

static void destroy(ckn_backend *backend) {
    free(backend);
}

/* Copies the value of the first "field : value" line of /proc/cpuinfo; `text` keeps its contents
 * where there is none, as on systems without that file and on some architectures. */
static void read_cpuinfo(const char *field, char *text, size_t size) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, field, strlen(field)) != 0 || !colon)
            continue;
        const char *value = colon + 1 + strspn(colon + 1, " \t");
        int length = (int)strcspn(value, "\n");
        if (length > 0)
            snprintf(text, size, "%.*s", length, value);
        break;
    }
    (void)fclose(file);
}

static void describe(const ckn_backend *backend, ckn_device_info *info) {
    memset(info, 0, sizeof *info);
    info->kind = CKN_DEVICE_CPU_BACKEND;
    snprintf(info->name, sizeof info->name, "CPU");
    read_cpuinfo("model name", info->name, sizeof info->name);
    read_cpuinfo("vendor_id", info->vendor, sizeof info->vendor);
    snprintf(info->platform, sizeof info->platform, "clkernest CPU backend");
    ckn_cpu_fft_describe(info->version, sizeof info->version);
    snprintf(info->driver, sizeof info->driver, "OpenMP %d", _OPENMP);
    info->global_memory = ckn_physical_memory();
    info->max_allocation = info->global_memory;
    info->compute_units = (size_t)ckn_cpu_threads(backend);
    info->fp64 = 1;
}

static void log_statistics(ckn_backend *backend) {
    char fft[64];
    ckn_cpu_fft_describe(fft, sizeof fft);
    ckn_log_line(&backend->log, CKN_LOG_VERBOSE,
                 "CPU backend: %d thread(s), double precision, %s; no OpenCL kernel was launched",
                 ckn_cpu_threads(backend), fft);
}

static ckn_code finish(ckn_backend *backend, ckn_error *error) {
    (void)backend; /* nothing is ever queued */
    (void)error;
    return CKN_OK;
}

/* Starts the team of threads, which OpenMP keeps for later regions. */
static ckn_code prepare(ckn_backend *backend, unsigned uses, ckn_error *error) {
    (void)uses;
    (void)error;
    int started = 0;
#pragma omp parallel num_threads(ckn_cpu_threads(backend)) reduction(+ : started)
    started += 1;
    ckn_log_line(&backend->log, CKN_LOG_VERBOSE, "CPU backend: a team of %d thread(s) is running",
                 started);
    return CKN_OK;
}

static const ckn_backend_ops operations = {
    .destroy = destroy,
    .describe = describe,
    .log_statistics = log_statistics,
    .finish = finish,
    .prepare = prepare,
    .buffer_create = ckn_cpu_buffer_create,
    .buffer_destroy = ckn_cpu_buffer_destroy,
    .upload = ckn_cpu_upload,
    .download = ckn_cpu_download,
    .embed = ckn_cpu_embed,
    .extract = ckn_cpu_extract,
    .residual = ckn_cpu_residual,
    .gradient = ckn_cpu_gradient,
    .correlator_predict = ckn_cpu_correlator_predict,
    .correlator_create = ckn_cpu_correlator_create,
    .correlator_destroy = ckn_cpu_correlator_destroy,
    .correlate = ckn_cpu_correlate,
    .fill = ckn_cpu_fill,
    .combine = ckn_cpu_combine,
    .multiply = ckn_cpu_multiply,
    .dot = ckn_cpu_dot,
    .momentum = ckn_cpu_momentum,
    .project = ckn_cpu_project,
    .step_sums = ckn_cpu_step_sums,
    .fft_good_length = ckn_cpu_fft_good_length,
    .fft_create = ckn_cpu_fft_create,
    .fft_destroy = ckn_cpu_fft_destroy,
    .fft_forward = ckn_cpu_fft_forward,
    .fft_inverse = ckn_cpu_fft_inverse,
    .spectral_multiply = ckn_cpu_spectral_multiply,
    .spectral_accumulate = ckn_cpu_spectral_accumulate,
    .spectral_divide = ckn_cpu_spectral_divide,
    .samples_create = ckn_cpu_samples_create,
    .box_axis = ckn_cpu_box_axis,
    .fir_axis = ckn_cpu_fir_axis,
    .fir_plane = ckn_cpu_fir_plane,
};

ckn_code ckn_cpu_create(int threads, const ckn_log *log, ckn_backend **backend, ckn_error *error) {
    if (threads < 0 || threads > MAX_THREADS)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%d threads asked for; use 1 to %d, or 0 for OpenMP's default", threads,
                        MAX_THREADS);
    const ckn_cpu_simd *simd;
    CKN_TRY(ckn_cpu_simd_choose(&simd, error));
    ckn_cpu *cpu;
    CKN_TRY(ckn_allocate(&cpu, 1, sizeof *cpu, "the CPU backend", error));
    cpu->threads = threads > 0 ? threads : omp_get_max_threads();
    cpu->simd = simd;
    cpu->base.ops = &operations;
    if (log)
        cpu->base.log = *log;
    cpu->base.cost = (ckn_cost){.seconds_per_tap = simd->seconds_per_tap / cpu->threads,
                                .seconds_per_fft_unit = SECONDS_PER_FFT_UNIT / cpu->threads,
                                .seconds_fft_plan = SECONDS_FFT_PLAN,
                                .seconds_per_box_trip = SECONDS_PER_BOX_TRIP / cpu->threads,
                                .seconds_per_fir_trip = SECONDS_PER_FIR_TRIP / cpu->threads,
                                .seconds_per_box_pass = SECONDS_PER_BOX_PASS / cpu->threads,
                                .seconds_per_fir_tap = SECONDS_PER_FIR_TAP / cpu->threads,
                                .boxes_leave_periods_out = true};
    *backend = &cpu->base;
    return CKN_OK;
}
