#include "cli/timing.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

ckn_code ckn_cli_timing_create(ckn_cli_timing *timing, size_t capacity, ckn_error *error) {
    memset(timing, 0, sizeof *timing);
    CKN_TRY(ckn_allocate(&timing->runs, capacity, sizeof *timing->runs, "the times", error));
    timing->capacity = capacity;
    return ckn_allocate(&timing->scratch, capacity, sizeof *timing->scratch, "the times", error);
}

void ckn_cli_timing_release(ckn_cli_timing *timing) {
    free(timing->runs);
    free(timing->scratch);
    memset(timing, 0, sizeof *timing);
}

void ckn_cli_timing_add(ckn_cli_timing *timing, ckn_cli_times run) {
    if (timing->count < timing->capacity)
        timing->runs[timing->count++] = run;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts `values`. */
static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare_doubles);
    return (values[(count - 1) / 2] + values[count / 2]) / 2.0;
}

/* The median of the field at `offset` of each run from `first` on. */
static double median_field(const ckn_cli_timing *timing, size_t first, size_t offset) {
    double *scratch = timing->scratch;
    size_t count = timing->count - first;
    for (size_t i = 0; i < count; i++)
        memcpy(&scratch[i], (const char *)&timing->runs[first + i] + offset, sizeof *scratch);
    return median(scratch, count);
}

ckn_cli_times ckn_cli_timing_median(const ckn_cli_timing *timing) {
    ckn_cli_times times = {.setup = timing->setup};
    if (timing->count == 0)
        return times;
    size_t first = timing->count > 1 ? 1 : 0;
    times.upload = median_field(timing, first, offsetof(ckn_cli_times, upload));
    times.compute = median_field(timing, first, offsetof(ckn_cli_times, compute));
    times.statistics = median_field(timing, first, offsetof(ckn_cli_times, statistics));
    times.download = median_field(timing, first, offsetof(ckn_cli_times, download));
    return times;
}

void ckn_cli_timing_line(ckn_cli_session *session, const ckn_cli_timing *timing) {
    ckn_cli_times times = ckn_cli_timing_median(timing);
    char runs[64] = "";
    if (timing->count > 1)
        snprintf(runs, sizeof runs, " (%s of %zu run%s after the first)",
                 timing->count > 2 ? "medians" : "times", timing->count - 1,
                 timing->count > 2 ? "s" : "");
    ckn_cli_line(session, "time",
                 "setup %.3g s, upload %.3g s, compute %.3g s, download %.3g s, total %.3g s%s",
                 times.setup, times.upload, times.compute, times.download,
                 ckn_cli_session_seconds(session), runs);
}

void ckn_cli_timing_json(ckn_json object, const ckn_cli_timing *timing) {
    ckn_cli_times times = ckn_cli_timing_median(timing);
    ckn_json_count(object, "repeat", timing->count);
    ckn_json_real(object, "seconds_setup", times.setup);
    ckn_json_real(object, "seconds_upload", times.upload);
    ckn_json_real(object, "seconds_compute", times.compute);
    ckn_json_real(object, "seconds_download", times.download);
    ckn_json_real(object, "seconds_solve", times.upload + times.compute + times.download);
}
