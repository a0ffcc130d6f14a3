/* Vectors: fill, linear combinations, inner products, the accelerated step. */
#include "backend/cpu/cpu_internal.h"

/* Sums are cut into at most this many chunks, whose sums are then added in order. */
#define CHUNKS 256
#define SHORTEST_CHUNK 4096

typedef struct chunking {
    size_t length, count;
} chunking;

static chunking cut(size_t count) {
    size_t length = ckn_cpu_divide_up(count, CHUNKS);
    if (length < SHORTEST_CHUNK)
        length = SHORTEST_CHUNK;
    return (chunking){length, ckn_cpu_divide_up(count, length)};
}

ckn_code ckn_cpu_fill(ckn_backend *backend, ckn_buffer *u, size_t count, double value,
                      ckn_error *error) {
    (void)error;
    double *data = ckn_cpu_data(u);
#pragma omp parallel for simd num_threads(ckn_cpu_team(backend, count))
    for (size_t i = 0; i < count; i++)
        data[i] = value;
    return CKN_OK;
}

ckn_code ckn_cpu_combine(ckn_backend *backend, ckn_buffer *out, size_t count, double a,
                         const ckn_buffer *u, double b, const ckn_buffer *v, ckn_error *error) {
    (void)error;
    double *to = ckn_cpu_data(out);
    const double *first = ckn_cpu_const_data(u), *second = ckn_cpu_const_data(v);
#pragma omp parallel for simd num_threads(ckn_cpu_team(backend, count))
    for (size_t i = 0; i < count; i++)
        to[i] = a * first[i] + b * second[i];
    return CKN_OK;
}

ckn_code ckn_cpu_multiply(ckn_backend *backend, ckn_buffer *out, size_t count, const ckn_buffer *u,
                          const ckn_buffer *v, ckn_error *error) {
    (void)error;
    double *to = ckn_cpu_data(out);
    const double *first = ckn_cpu_const_data(u), *second = ckn_cpu_const_data(v);
#pragma omp parallel for simd num_threads(ckn_cpu_team(backend, count))
    for (size_t i = 0; i < count; i++)
        to[i] = first[i] * second[i];
    return CKN_OK;
}

ckn_code ckn_cpu_dot(ckn_backend *backend, const ckn_buffer *u, const ckn_buffer *v, size_t count,
                     double *result, ckn_error *error) {
    (void)error;
    const double *first = ckn_cpu_const_data(u), *second = ckn_cpu_const_data(v);
    const ckn_cpu_simd *simd = ckn_cpu_simd_of(backend);
    double partial[CHUNKS];
    chunking chunks = cut(count);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, count))
    for (size_t chunk = 0; chunk < chunks.count; chunk++) {
        size_t start = chunk * chunks.length;
        partial[chunk] =
            simd->dot(first + start, second + start, ckn_cpu_min(chunks.length, count - start));
    }
    *result = 0.0;
    for (size_t chunk = 0; chunk < chunks.count; chunk++)
        *result += partial[chunk];
    return CKN_OK;
}

ckn_code ckn_cpu_momentum(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                          double beta, double step, ckn_error *error) {
    (void)error;
    double *h = ckn_cpu_data(buffers->h), *h_prev = ckn_cpu_data(buffers->h_prev);
    double *g_prev = ckn_cpu_data(buffers->g_prev), *z = ckn_cpu_data(buffers->z);
    const double *g = ckn_cpu_const_data(buffers->g);
#pragma omp parallel for simd num_threads(ckn_cpu_team(backend, count))
    for (size_t i = 0; i < count; i++) {
        z[i] = h[i] + beta * (h[i] - h_prev[i]);
        h_prev[i] = h[i];
        h[i] = z[i] - step * (g[i] + beta * (g[i] - g_prev[i]));
        g_prev[i] = g[i];
    }
    return CKN_OK;
}

static ckn_step_sums sums_of_chunk(const ckn_step_buffers *buffers, size_t start, size_t end) {
    const double *h = ckn_cpu_const_data(buffers->h), *z = ckn_cpu_const_data(buffers->z);
    const double *h_prev = ckn_cpu_const_data(buffers->h_prev);
    double restart = 0.0, change = 0.0, norm = 0.0;
#pragma omp simd reduction(+ : restart, change, norm)
    for (size_t i = start; i < end; i++) {
        double moved = h[i] - h_prev[i];
        restart += (z[i] - h[i]) * moved;
        change += moved * moved;
        norm += h[i] * h[i];
    }
    return (ckn_step_sums){restart, change, norm};
}

ckn_code ckn_cpu_step_sums(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                           ckn_step_sums *sums, ckn_error *error) {
    (void)error;
    ckn_step_sums partial[CHUNKS];
    chunking chunks = cut(count);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, count))
    for (size_t chunk = 0; chunk < chunks.count; chunk++) {
        size_t start = chunk * chunks.length;
        partial[chunk] = sums_of_chunk(buffers, start, ckn_cpu_min(start + chunks.length, count));
    }
    *sums = (ckn_step_sums){0.0, 0.0, 0.0};
    for (size_t chunk = 0; chunk < chunks.count; chunk++) {
        sums->restart += partial[chunk].restart;
        sums->change_squared += partial[chunk].change_squared;
        sums->norm_squared += partial[chunk].norm_squared;
    }
    return CKN_OK;
}
