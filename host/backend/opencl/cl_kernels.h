/* The table of all kernels: what launch calls name, and where the kernel is found. */
#ifndef CKN_BACKEND_CL_KERNELS_H
#define CKN_BACKEND_CL_KERNELS_H

/* X(identifier, program file without .cl, kernel name) */
#define CKN_CL_KERNELS(X)                                                                          \
    X(EMBED, rectangles, embed)                                                                    \
    X(EXTRACT, rectangles, extract)                                                                \
    X(RESIDUAL, residual, residual)                                                                \
    X(GRADIENT, gradient, gradient)                                                                \
    X(GRADIENT_REDUCE, gradient, gradient_reduce)                                                  \
    X(CORRELATE, correlate, correlate)                                                             \
    X(CORRELATE_REDUCE, correlate, correlate_reduce)                                               \
    X(SPECTRA, spectra, spectra)                                                                   \
    X(LAGS_SUM, lags, lags_sum)                                                                    \
    X(LAGS_GATHER, lags, lags_gather)                                                              \
    X(LAGS_INVERSE, lags, lags_inverse)                                                            \
    X(FILL, vector, fill)                                                                          \
    X(COMBINE, vector, combine)                                                                    \
    X(MULTIPLY, vector, multiply)                                                                  \
    X(MOMENTUM, vector, momentum)                                                                  \
    X(DOT, reduce, dot_product)                                                                    \
    X(STEP_SUMS, reduce, step_sums)                                                                \
    X(PROJECT_NONNEG, project, project_nonneg)                                                     \
    X(PROJECT_SIMPLEX, project, project_simplex)                                                   \
    X(SPECTRAL_MULTIPLY, spectral, spectral_multiply)                                              \
    X(SPECTRAL_ACCUMULATE, spectral, spectral_accumulate)                                          \
    X(SPECTRAL_DIVIDE, spectral, spectral_divide)                                                  \
    X(DFT_ROWS_FORWARD, dft, dft_rows_forward)                                                     \
    X(DFT_COLS, dft, dft_cols)                                                                     \
    X(DFT_ROWS_INVERSE, dft, dft_rows_inverse)                                                     \
    X(FILTER_LINES, lines, filter_lines)                                                           \
    X(RESTORE_BAD, lines, restore_bad)                                                             \
    X(FIR_DIRECT, lines, fir_direct)                                                               \
    X(FIR_PLANE, fir_plane, fir_plane)                                                             \
    X(BOX_EXTEND_COLS, box, box_extend_cols)                                                       \
    X(BOX_EXTEND_ROWS, box, box_extend_rows)                                                       \
    X(BOX_BLOCKS, box, box_blocks)                                                                 \
    X(BOX_PASS, box, box_pass)                                                                     \
    X(BOX_THREE_TAPS, box, box_three_taps)                                                         \
    X(BOX_STORE_COLS, box, box_store_cols)                                                         \
    X(BOX_STORE_ROWS, box, box_store_rows)

#define CKN_CL_KERNEL_IDENTIFIER(identifier, program, name) CKN_CL_##identifier,
typedef enum ckn_cl_kernel_id {
    CKN_CL_KERNELS(CKN_CL_KERNEL_IDENTIFIER) CKN_CL_KERNEL_COUNT
} ckn_cl_kernel_id;
#undef CKN_CL_KERNEL_IDENTIFIER

/* X(program file without .cl), compiled one by one when first needed. */
#define CKN_CL_PROGRAMS(X)                                                                         \
    X(rectangles)                                                                                  \
    X(residual)                                                                                    \
    X(gradient)                                                                                    \
    X(correlate)                                                                                   \
    X(spectra)                                                                                     \
    X(lags)                                                                                        \
    X(vector)                                                                                      \
    X(reduce)                                                                                      \
    X(project)                                                                                     \
    X(spectral)                                                                                    \
    X(dft)                                                                                         \
    X(fir_plane)                                                                                   \
    X(lines)                                                                                       \
    X(box)

#define CKN_CL_PROGRAM_IDENTIFIER(name) CKN_CL_PROGRAM_##name,
typedef enum ckn_cl_program_id {
    CKN_CL_PROGRAMS(CKN_CL_PROGRAM_IDENTIFIER) CKN_CL_PROGRAM_COUNT
} ckn_cl_program_id;
#undef CKN_CL_PROGRAM_IDENTIFIER

#endif
