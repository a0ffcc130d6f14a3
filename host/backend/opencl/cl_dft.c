#include "backend/opencl/cl_dft.h"

#include "backend/opencl/cl_launch.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct ckn_cl_dft {
    ckn_shape shape;
    ckn_buffer *row_roots; /* of order cols: the transform along rows */
    ckn_buffer *col_roots; /* of order rows */
    ckn_buffer *half_done; /* a spectrum after one axis */
};

/* *roots = exp(-2 pi i m / n) for m = 0 ... n-1, as pairs. */
static ckn_code make_roots(ckn_backend *backend, size_t n, ckn_buffer **roots, ckn_error *error) {
    double *table = NULL;
    CKN_TRY(ckn_allocate(&table, 2 * n, sizeof *table, "roots of unity", error));
    const double turn = 2 * acos(-1.0) / (double)n;
    for (size_t m = 0; m < n; m++) {
        table[2 * m] = cos(turn * (double)m);
        table[2 * m + 1] = -sin(turn * (double)m);
    }
    const ckn_view view = ckn_view_f64(table, n, 2);
    ckn_code code = ckn_cl_buffer_create(backend, 2 * n, roots, error);
    if (code == CKN_OK)
        code = ckn_cl_upload(backend, *roots, &view, error);
    free(table);
    return code;
}

ckn_code ckn_cl_dft_create(ckn_backend *backend, ckn_shape shape, ckn_cl_dft **dft,
                           ckn_error *error) {
    *dft = NULL;
    ckn_cl_dft *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "a transform", error));
    created->shape = shape;
    ckn_code code = make_roots(backend, shape.cols, &created->row_roots, error);
    if (code == CKN_OK)
        code = make_roots(backend, shape.rows, &created->col_roots, error);
    if (code == CKN_OK)
        code = ckn_cl_buffer_create(backend, ckn_spectrum_count(shape), &created->half_done, error);
    if (code != CKN_OK) {
        ckn_cl_dft_destroy(backend, created);
        return code;
    }
    *dft = created;
    return CKN_OK;
}

void ckn_cl_dft_destroy(ckn_backend *backend, ckn_cl_dft *dft) {
    if (!dft)
        return;
    ckn_cl_buffer_destroy(backend, dft->row_roots);
    ckn_cl_buffer_destroy(backend, dft->col_roots);
    ckn_cl_buffer_destroy(backend, dft->half_done);
    free(dft);
}

static ckn_code transform_cols(ckn_cl *cl, const ckn_cl_dft *dft, const ckn_buffer *in,
                               bool inverse, ckn_buffer *out, ckn_error *error) {
    const size_t half_cols = dft->shape.cols / 2 + 1;
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_DFT_COLS, dft->shape.rows, half_cols, &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_DFT_COLS, &range, error, ckn_cl_arg_buffer(in),
                         ckn_cl_arg_int(dft->shape.rows), ckn_cl_arg_int(half_cols),
                         ckn_cl_arg_buffer(dft->col_roots), ckn_cl_arg_int(inverse),
                         ckn_cl_arg_buffer(out));
}

ckn_code ckn_cl_dft_forward(ckn_backend *backend, ckn_cl_dft *dft, const ckn_buffer *plane,
                            ckn_buffer *spectrum, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_DFT_ROWS_FORWARD, dft->shape.rows,
                               dft->shape.cols / 2 + 1, &range, error));
    CKN_TRY(CKN_CL_LAUNCH(cl, CKN_CL_DFT_ROWS_FORWARD, &range, error, ckn_cl_arg_buffer(plane),
                          ckn_cl_arg_int(dft->shape.rows), ckn_cl_arg_int(dft->shape.cols),
                          ckn_cl_arg_buffer(dft->row_roots), ckn_cl_arg_buffer(dft->half_done)));
    return transform_cols(cl, dft, dft->half_done, false, spectrum, error);
}

ckn_code ckn_cl_dft_inverse(ckn_backend *backend, ckn_cl_dft *dft, const ckn_buffer *spectrum,
                            ckn_buffer *plane, ckn_error *error) {
    ckn_cl *cl = ckn_cl_of(backend);
    CKN_TRY(transform_cols(cl, dft, spectrum, true, dft->half_done, error));
    ckn_cl_range range;
    CKN_TRY(ckn_cl_range_plane(cl, CKN_CL_DFT_ROWS_INVERSE, dft->shape.rows, dft->shape.cols,
                               &range, error));
    return CKN_CL_LAUNCH(cl, CKN_CL_DFT_ROWS_INVERSE, &range, error,
                         ckn_cl_arg_buffer(dft->half_done), ckn_cl_arg_int(dft->shape.rows),
                         ckn_cl_arg_int(dft->shape.cols), ckn_cl_arg_buffer(dft->row_roots),
                         ckn_cl_arg_float(1 / (double)ckn_shape_count(dft->shape)),
                         ckn_cl_arg_buffer(plane));
}
