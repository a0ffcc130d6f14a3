/* The loops of cpu_simd.h for any processor: pairs of numbers, which x86-64 and 64-bit ARM always
 * have. */
#define CKN_SIMD_NAME plain
#define CKN_SIMD_TEXT "plain"
#define SECONDS_PER_TAP 0.155e-9
#define LANES 2
#define CONVOLVE_ROWS 2
#define CONVOLVE_VECTORS 4
#define WINDOW_ROWS 2
#define WINDOW_COLS 4
#define IN_REGISTER(v) ((void)0)
#include "backend/cpu/cpu_simd_body.h"
