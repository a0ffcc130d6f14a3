/* The loops of cpu_simd.h for AVX2 and FMA: 16 registers of four numbers. */
#define CKN_SIMD_NAME avx2
#define CKN_SIMD_TEXT "avx2"
#define SECONDS_PER_TAP 0.085e-9
#define LANES 4
#define CONVOLVE_ROWS 2
#define CONVOLVE_VECTORS 4
#define WINDOW_ROWS 3
#define WINDOW_COLS 4
#define IN_REGISTER(v) __asm__("" : "+x"(v))
#include "backend/cpu/cpu_simd_body.h"
