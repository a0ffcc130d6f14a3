/* Buffers in host memory, and moving rectangles between them and the caller's views. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* NOLINT(bugprone-reserved-identifier): for madvise() */
#endif

#include "backend/cpu/cpu_internal.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* Asks for large pages, where the system gives them to those who ask: the first write to 32 MB
 * takes 19 ms with pages of 4 kB, 10 ms with pages of 2 MB. Nothing is lost where it fails. */
static void prefer_large_pages(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    const size_t page = 4096, enough = (size_t)4 << 20;
    unsigned char *start = memory;
    size_t skipped = (page - (uintptr_t)start % page) % page;
    if (bytes >= enough)
        (void)madvise(start + skipped, (bytes - skipped) / page * page, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}

static ckn_code allocate_aligned(size_t count, size_t size, const char *what,
                                 ckn_cpu_aligned *memory, ckn_error *error) {
    unsigned char *block;
    CKN_TRY(ckn_allocate(&block, count + 64 / size, size, what, error));
    memory->block = block;
    memory->data = (double *)(void *)(block + (64 - (uintptr_t)block % 64) % 64);
    return CKN_OK;
}

ckn_code ckn_cpu_aligned_create(size_t count, const char *what, ckn_cpu_aligned *memory,
                                ckn_error *error) {
    return allocate_aligned(count, sizeof(double), what, memory, error);
}

static size_t sample_size(ckn_type type) {
    return type == CKN_FLOAT32 ? sizeof(float) : sizeof(double);
}

ckn_code ckn_cpu_samples_create(ckn_backend *backend, size_t count, ckn_type type,
                                ckn_buffer **buffer, ckn_error *error) {
    (void)backend;
    ckn_cpu_buffer *created;
    ckn_cpu_aligned memory;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "a buffer", error));
    ckn_code code =
        allocate_aligned(count + CKN_CPU_OVERREAD, sample_size(type), "a buffer", &memory, error);
    if (code != CKN_OK) {
        free(created);
        return code;
    }
    *created = (ckn_cpu_buffer){count, type, memory.data, memory.block};
    prefer_large_pages(created->data, count * sample_size(type));
    *buffer = (ckn_buffer *)(void *)created;
    return CKN_OK;
}

ckn_code ckn_cpu_buffer_create(ckn_backend *backend, size_t count, ckn_buffer **buffer,
                               ckn_error *error) {
    return ckn_cpu_samples_create(backend, count, CKN_FLOAT64, buffer, error);
}

void ckn_cpu_buffer_destroy(ckn_backend *backend, ckn_buffer *buffer) {
    (void)backend;
    if (!buffer)
        return;
    free(((ckn_cpu_buffer *)(void *)buffer)->block);
    free(buffer);
}

/* A plane of the buffer's samples, as dense as they stand there. */
static ckn_output dense(void *samples, ckn_type type, ckn_shape shape) {
    return (ckn_output){samples, type, shape.rows, shape.cols, (ptrdiff_t)shape.cols, 1};
}

/* One row after another; rows that stand alike on both sides are copied as a whole. */
static void copy_plane(ckn_backend *backend, const ckn_view *from, const ckn_output *to) {
    const ckn_shape shape = ckn_view_shape(from);
    const bool alike = from->type == to->type && from->col_stride == 1 && to->col_stride == 1;
    const size_t size = sample_size(to->type);
#pragma omp parallel for num_threads(ckn_cpu_team(backend, ckn_shape_count(shape)))
    for (size_t row = 0; row < shape.rows; row++) {
        if (alike) {
            memcpy((char *)to->data + (ptrdiff_t)row * to->row_stride * (ptrdiff_t)size,
                   (const char *)from->data + (ptrdiff_t)row * from->row_stride * (ptrdiff_t)size,
                   shape.cols * size);
            continue;
        }
        for (size_t col = 0; col < shape.cols; col++)
            ckn_output_set(to, row, col, ckn_view_at(from, row, col));
    }
}

ckn_code ckn_cpu_upload(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                        ckn_error *error) {
    (void)error;
    const ckn_output to =
        dense(ckn_cpu_samples(buffer), ckn_cpu_type(buffer), ckn_view_shape(view));
    copy_plane(backend, view, &to);
    return CKN_OK;
}

ckn_code ckn_cpu_download(ckn_backend *backend, const ckn_buffer *buffer, const ckn_output *output,
                          ckn_error *error) {
    (void)error;
    const ckn_view from = {ckn_cpu_const_samples(buffer),
                           ckn_cpu_type(buffer),
                           output->rows,
                           output->cols,
                           (ptrdiff_t)output->cols,
                           1};
    copy_plane(backend, &from, output);
    return CKN_OK;
}

ckn_code ckn_cpu_embed(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                       const ckn_buffer *src, ckn_shape src_shape, ckn_shape at, ckn_error *error) {
    (void)error;
    double *to = ckn_cpu_data(dst);
    const double *from = ckn_cpu_const_data(src);
    size_t rows = dst_shape.rows, cols = dst_shape.cols;
#pragma omp parallel for num_threads(ckn_cpu_team(backend, ckn_shape_count(dst_shape)))
    for (size_t row = 0; row < rows; row++) {
        double *line = to + row * cols;
        memset(line, 0, cols * sizeof *line);
        if (row >= at.rows && row - at.rows < src_shape.rows)
            memcpy(line + at.cols, from + (row - at.rows) * src_shape.cols,
                   src_shape.cols * sizeof *line);
    }
    return CKN_OK;
}

ckn_code ckn_cpu_extract(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                         const ckn_buffer *src, ckn_shape src_shape, ckn_shape at,
                         const ckn_buffer *subtrahend, ckn_error *error) {
    (void)error;
    double *to = ckn_cpu_data(dst);
    const double *from = ckn_cpu_const_data(src) + at.rows * src_shape.cols + at.cols;
    const double *minus = subtrahend ? ckn_cpu_const_data(subtrahend) : NULL;
    size_t rows = dst_shape.rows, cols = dst_shape.cols;
#pragma omp parallel for num_threads(ckn_cpu_team(backend, ckn_shape_count(dst_shape)))
    for (size_t row = 0; row < rows; row++) {
        const double *line = from + row * src_shape.cols;
        for (size_t col = 0; col < cols; col++)
            to[row * cols + col] = line[col] - (minus ? minus[row * cols + col] : 0.0);
    }
    return CKN_OK;
}
