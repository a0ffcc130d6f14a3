/* The loops of cpu_simd.h for AVX-512: 32 registers of eight numbers. */
#define CKN_SIMD_NAME avx512
#define CKN_SIMD_TEXT "avx512"
#define SECONDS_PER_TAP 0.042e-9
#define LANES 8
#define CONVOLVE_ROWS 4
#define CONVOLVE_VECTORS 4
#define WINDOW_ROWS 4
#define WINDOW_COLS 4
#define IN_REGISTER(v) __asm__("" : "+v"(v))
#include "backend/cpu/cpu_simd_body.h"
