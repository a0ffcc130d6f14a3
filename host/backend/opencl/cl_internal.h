/* The state of one OpenCL backend, for the files of this folder. */
#ifndef CKN_BACKEND_CL_INTERNAL_H
#define CKN_BACKEND_CL_INTERNAL_H

#include "backend/backend.h"
#include "backend/opencl/cl_error.h"
#include "backend/opencl/cl_kernels.h"
#include "backend/opencl/cl_platform.h"

/* Kernels count in int: buffers hold at most this many elements, with room for rounding launch
 * sizes up. */
#define CKN_CL_MOST_ELEMENTS ((size_t)0x7fe00000)

/* Constants of kernels/common.h. */
#define CKN_CL_STEP 8
#define CKN_CL_BLOCK 16
#define CKN_CL_TILE_ROWS 16

/* NVIDIA's limit on work-groups in dimensions 1 and 2; nothing in OpenCL tells it. */
#define CKN_CL_MOST_GROUPS 65535
/* Multiply-adds of a launch per compute unit of a GPU: well under a second, since a GPU that draws
 * the display as well is reset where a launch keeps it busy for some seconds. */
#define CKN_CL_WORK_PER_UNIT 2e9

static inline size_t ckn_cl_smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t ckn_cl_larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static inline size_t ckn_cl_ceil_divide(size_t a, size_t b) {
    return (a + b - 1) / b;
}

struct ckn_buffer {
    cl_mem memory;
    size_t count;
};

/* Work space that is kept between calls and grows when needed. */
typedef enum ckn_cl_scratch_id {
    CKN_CL_SCRATCH_PARTIAL = 0, /* partial sums */
    CKN_CL_SCRATCH_LINES,       /* line filters: lines between launches */
    CKN_CL_SCRATCH_PASSED,
    CKN_CL_SCRATCH_HEAD, /* box: sums within blocks */
    CKN_CL_SCRATCH_TAIL,
    CKN_CL_SCRATCH_TAPS,  /* FIR */
    CKN_CL_SCRATCH_FLAGS, /* line filters: what was seen of the samples; integers */
    CKN_CL_SCRATCH_COUNT
} ckn_cl_scratch_id;

typedef struct ckn_cl_kernel {
    cl_kernel handle; /* NULL until first used */
    size_t max_group; /* work-items in a group */
    size_t launches;
} ckn_cl_kernel;

typedef struct ckn_cl {
    ckn_backend base; /* first: the contract's pointer is ours */
    ckn_cl_device device;
    cl_context context; /* shared, see cl_shared.h */
    cl_command_queue queue;
    int lanes; /* CKN_LANES of the kernels; 1: the device is driven like a GPU */
    /* What one launch may have; larger ones are cut into pieces. */
    size_t most_groups;                 /* in each of dimensions 1 and 2 */
    double most_work;                   /* multiply-adds */
    char *options;                      /* of the compiler */
    char *kernel_folder, *cache_folder; /* NULL: none */
    cl_program programs[CKN_CL_PROGRAM_COUNT];
    ckn_cl_kernel kernels[CKN_CL_KERNEL_COUNT];
    ckn_buffer *scratch[CKN_CL_SCRATCH_COUNT]; /* NULL until first used */
    size_t transforms[2];                      /* forward, inverse; for the statistics */
    unsigned warmed;                           /* what ckn_cl_prepare...() has done */
    /* Bytes of global memory that line filters read and wrote, from the kernels' own loops (halos
     * counted, what restores bad samples not); for the statistics. */
    double line_reads, line_writes;
} ckn_cl;

static inline ckn_cl *ckn_cl_of(ckn_backend *backend) {
    return (ckn_cl *)backend;
}

/* Doubles that a work-item handles at a time, CKN_WIDE of the kernels. */
static inline size_t ckn_cl_wide(const ckn_cl *cl) {
    return cl->lanes > 1 ? (size_t)cl->lanes / 2 : 1;
}

/* At least `count` floats of work space; contents are undefined. */
ckn_code ckn_cl_scratch(ckn_cl *cl, ckn_cl_scratch_id id, size_t count, ckn_buffer **buffer,
                        ckn_error *error);

/* Work space of `count` integers of 0. */
ckn_code ckn_cl_flags(ckn_cl *cl, size_t count, ckn_buffer **flags, ckn_error *error);

/* The primitives of the contract, see backend.h. */
ckn_code ckn_cl_buffer_create(ckn_backend *backend, size_t count, ckn_buffer **buffer,
                              ckn_error *error);
void ckn_cl_buffer_destroy(ckn_backend *backend, ckn_buffer *buffer);
ckn_code ckn_cl_upload(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                       ckn_error *error);
ckn_code ckn_cl_download(ckn_backend *backend, const ckn_buffer *buffer, const ckn_output *output,
                         ckn_error *error);
ckn_code ckn_cl_embed(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                      const ckn_buffer *src, ckn_shape src_shape, ckn_shape at, ckn_error *error);
ckn_code ckn_cl_extract(ckn_backend *backend, ckn_buffer *dst, ckn_shape dst_shape,
                        const ckn_buffer *src, ckn_shape src_shape, ckn_shape at,
                        const ckn_buffer *subtrahend, ckn_error *error);
ckn_code ckn_cl_residual(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *h, ckn_shape h_shape, const ckn_buffer *y, ckn_buffer *r,
                         ckn_error *error);
ckn_code ckn_cl_gradient(ckn_backend *backend, const ckn_buffer *x, ckn_shape x_shape,
                         const ckn_buffer *r, ckn_shape h_shape, bool accumulate, ckn_buffer *g,
                         ckn_error *error);
ckn_code ckn_cl_fill(ckn_backend *backend, ckn_buffer *u, size_t count, double value,
                     ckn_error *error);
ckn_code ckn_cl_combine(ckn_backend *backend, ckn_buffer *out, size_t count, double a,
                        const ckn_buffer *u, double b, const ckn_buffer *v, ckn_error *error);
ckn_code ckn_cl_multiply(ckn_backend *backend, ckn_buffer *out, size_t count, const ckn_buffer *u,
                         const ckn_buffer *v, ckn_error *error);
ckn_code ckn_cl_dot(ckn_backend *backend, const ckn_buffer *u, const ckn_buffer *v, size_t count,
                    double *result, ckn_error *error);
ckn_code ckn_cl_momentum(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                         double beta, double step, ckn_error *error);
ckn_code ckn_cl_project(ckn_backend *backend, ckn_buffer *h, size_t count,
                        ckn_constraint constraint, ckn_error *error);
ckn_code ckn_cl_step_sums(ckn_backend *backend, const ckn_step_buffers *buffers, size_t count,
                          ckn_step_sums *sums, ckn_error *error);
size_t ckn_cl_fft_good_length(const ckn_backend *backend, size_t length);
ckn_code ckn_cl_fft_create(ckn_backend *backend, ckn_shape shape, ckn_fft **fft, ckn_error *error);
void ckn_cl_fft_destroy(ckn_backend *backend, ckn_fft *fft);
ckn_code ckn_cl_fft_forward(ckn_backend *backend, ckn_fft *fft, ckn_buffer *plane,
                            ckn_buffer *spectrum, ckn_error *error);
ckn_code ckn_cl_fft_inverse(ckn_backend *backend, ckn_fft *fft, ckn_buffer *spectrum,
                            ckn_buffer *plane, ckn_error *error);
ckn_code ckn_cl_spectral_multiply(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *a,
                                  const ckn_buffer *b, size_t pairs, bool conjugate_b,
                                  ckn_error *error);
ckn_code ckn_cl_spectral_accumulate(ckn_backend *backend, ckn_buffer *numerator, ckn_buffer *power,
                                    const ckn_buffer *y, const ckn_buffer *x, size_t pairs,
                                    bool accumulate, ckn_error *error);
ckn_code ckn_cl_spectral_divide(ckn_backend *backend, ckn_buffer *numerator,
                                const ckn_buffer *power, size_t pairs, double epsilon,
                                ckn_error *error);
ckn_code ckn_cl_samples_create(ckn_backend *backend, size_t count, ckn_type type,
                               ckn_buffer **buffer, ckn_error *error);
ckn_code ckn_cl_box_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                         const ckn_lines *lines, const ckn_extended_box *box, ckn_error *error);
ckn_code ckn_cl_fir_axis(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                         const ckn_lines *lines, const double *taps, size_t radius,
                         ckn_error *error);
ckn_code ckn_cl_fir_plane(ckn_backend *backend, ckn_buffer *out, const ckn_buffer *in,
                          const ckn_lines *lines, const double *taps_x, size_t radius_x,
                          const double *taps_y, size_t radius_y, ckn_error *error);

/* Run kernels once on something small, for compilers that work at the first launch (cl_warm.c); a
 * second time does nothing. What a job uses, what works on spectra, what cl_dft.h and what a
 * correlator need. */
ckn_code ckn_cl_prepare(ckn_backend *backend, unsigned uses, ckn_error *error);
ckn_code ckn_cl_prepare_spectra(ckn_backend *backend, ckn_error *error);
ckn_code ckn_cl_prepare_dft(ckn_backend *backend, ckn_error *error);
ckn_code ckn_cl_prepare_correlator(ckn_backend *backend, ckn_correlation_method method,
                                   ckn_error *error);

#endif
