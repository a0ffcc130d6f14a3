#include "backend/opencl/cl_internal.h"

#include "base/memory.h"

#include <stdlib.h>

/* Samples converted at a time on their way between a view and the device. */
#define STAGING_ELEMENTS ((size_t)1 << 18)

ckn_code ckn_cl_buffer_create(ckn_backend *backend, size_t count, ckn_buffer **buffer,
                              ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    *buffer = NULL;
    if (count > CKN_CL_MOST_ELEMENTS)
        return ckn_fail(error, CKN_ERROR_MEMORY,
                        "a buffer of %zu samples is too large for the OpenCL backend (at most "
                        "%zu); use a smaller image, or --device cpu",
                        count, CKN_CL_MOST_ELEMENTS);
    const size_t bytes = count * sizeof(cl_float);
    if (bytes > cl->device.info.max_allocation)
        return ckn_fail(error, CKN_ERROR_MEMORY,
                        "a buffer of %zu bytes is needed, but %s allocates at most %zu at once; "
                        "use a smaller image, or --device cpu",
                        bytes, cl->device.info.name, cl->device.info.max_allocation);
    ckn_buffer *created;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "an OpenCL buffer", error));
    cl_int status;
    created->count = count;
    created->memory =
        clCreateBuffer(cl->context, CL_MEM_READ_WRITE, bytes ? bytes : 1, NULL, &status);
    if (status != CL_SUCCESS) {
        free(created);
        return ckn_cl_check_memory(status, "clCreateBuffer", bytes, error);
    }
    *buffer = created;
    return CKN_OK;
}

void ckn_cl_buffer_destroy(ckn_backend *backend, ckn_buffer *buffer) {
    (void)backend;
    if (!buffer)
        return;
    clReleaseMemObject(buffer->memory);
    free(buffer);
}

ckn_code ckn_cl_scratch(ckn_cl *cl, ckn_cl_scratch_id id, size_t count, ckn_buffer **buffer,
                        ckn_error *error) {
    if (!cl->scratch[id] || cl->scratch[id]->count < count) {
        ckn_cl_buffer_destroy(&cl->base, cl->scratch[id]);
        cl->scratch[id] = NULL;
        CKN_TRY(ckn_cl_buffer_create(&cl->base, count, &cl->scratch[id], error));
    }
    *buffer = cl->scratch[id];
    return CKN_OK;
}

ckn_code ckn_cl_flags(ckn_cl *cl, size_t count, ckn_buffer **flags, ckn_error *error) {
    CKN_TRY(ckn_cl_scratch(cl, CKN_CL_SCRATCH_FLAGS, count, flags, error));
    return ckn_cl_fill(&cl->base, *flags, count, 0, error); /* a float of 0 is an integer of 0 */
}

static ckn_code write_floats(ckn_cl *cl, ckn_buffer *buffer, size_t first, size_t count,
                             const float *values, ckn_error *error) {
    return ckn_cl_check_memory(clEnqueueWriteBuffer(cl->queue, buffer->memory, CL_TRUE,
                                                    first * sizeof *values, count * sizeof *values,
                                                    values, 0, NULL, NULL),
                               "clEnqueueWriteBuffer", count * sizeof *values, error);
}

static ckn_code read_floats(ckn_cl *cl, const ckn_buffer *buffer, size_t first, size_t count,
                            float *values, ckn_error *error) {
    return ckn_cl_check_memory(clEnqueueReadBuffer(cl->queue, buffer->memory, CL_TRUE,
                                                   first * sizeof *values, count * sizeof *values,
                                                   values, 0, NULL, NULL),
                               "clEnqueueReadBuffer", count * sizeof *values, error);
}

static bool is_dense(ckn_type type, size_t cols, ptrdiff_t row_stride, ptrdiff_t col_stride) {
    return type == CKN_FLOAT32 && col_stride == 1 && row_stride == (ptrdiff_t)cols;
}

/* Walks samples in row-major order without a division a sample. */
typedef struct cursor {
    size_t row, col, cols;
} cursor;

static void step(cursor *at) {
    if (++at->col == at->cols) {
        at->col = 0;
        at->row++;
    }
}

static void convert_doubles(const double *from, ptrdiff_t step, float *to, size_t count) {
    if (step == 1) {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)from[i];
    } else {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)from[(ptrdiff_t)i * step];
    }
}

static void copy_floats(const float *from, ptrdiff_t step, float *to, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = from[(ptrdiff_t)i * step];
}

/* `count` samples from `at` on, row by row, since compilers vectorise loops of one type. */
static void take_samples(const ckn_view *view, cursor *at, float *to, size_t count) {
    while (count > 0) {
        const size_t now = ckn_cl_smaller(count, at->cols - at->col);
        const ptrdiff_t step_cols = view->col_stride;
        const ptrdiff_t offset =
            (ptrdiff_t)at->row * view->row_stride + (ptrdiff_t)at->col * step_cols;
        if (view->type == CKN_FLOAT32)
            copy_floats((const float *)view->data + offset, step_cols, to, now);
        else
            convert_doubles((const double *)view->data + offset, step_cols, to, now);
        to += now;
        count -= now;
        at->col += now;
        if (at->col == at->cols)
            *at = (cursor){at->row + 1, 0, at->cols};
    }
}

static ckn_code refuse_overflow(const ckn_buffer *buffer, size_t count, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_INTERNAL,
                    "%zu samples do not fit into a buffer of %zu: please report this", count,
                    buffer->count);
}

ckn_code ckn_cl_upload(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                       ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const size_t count = view->rows * view->cols;
    if (count > buffer->count)
        return refuse_overflow(buffer, count, error);
    if (is_dense(view->type, view->cols, view->row_stride, view->col_stride))
        return write_floats(cl, buffer, 0, count, view->data, error);
    const size_t part = count < STAGING_ELEMENTS ? count : STAGING_ELEMENTS;
    float *staging;
    CKN_TRY(ckn_allocate(&staging, part, sizeof *staging, "an upload", error));
    cursor at = {0, 0, view->cols};
    ckn_code code = CKN_OK;
    for (size_t first = 0; code == CKN_OK && first < count; first += part) {
        const size_t now = count - first < part ? count - first : part;
        take_samples(view, &at, staging, now);
        code = write_floats(cl, buffer, first, now, staging, error);
    }
    free(staging);
    return code;
}

ckn_code ckn_cl_download(ckn_backend *backend, const ckn_buffer *buffer, const ckn_output *output,
                         ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    const size_t count = output->rows * output->cols;
    if (count > buffer->count)
        return refuse_overflow(buffer, count, error);
    if (is_dense(output->type, output->cols, output->row_stride, output->col_stride))
        return read_floats(cl, buffer, 0, count, output->data, error);
    const size_t part = count < STAGING_ELEMENTS ? count : STAGING_ELEMENTS;
    float *staging;
    CKN_TRY(ckn_allocate(&staging, part, sizeof *staging, "a download", error));
    cursor at = {0, 0, output->cols};
    ckn_code code = CKN_OK;
    for (size_t first = 0; code == CKN_OK && first < count; first += part) {
        const size_t now = count - first < part ? count - first : part;
        code = read_floats(cl, buffer, first, now, staging, error);
        for (size_t i = 0; code == CKN_OK && i < now; i++, step(&at))
            ckn_output_set(output, at.row, at.col, staging[i]);
    }
    free(staging);
    return code;
}
