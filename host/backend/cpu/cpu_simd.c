/* Choice of the instruction set. */
#include "backend/cpu/cpu_simd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct candidate {
    const ckn_cpu_simd *simd;
    bool usable;
} candidate;

ckn_code ckn_cpu_simd_choose(const ckn_cpu_simd **simd, ckn_error *error) {
    const candidate candidates[] = {
#ifdef CKN_HAVE_X86_SIMD
        {&ckn_cpu_simd_avx512, __builtin_cpu_supports("avx512f")},
        {&ckn_cpu_simd_avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
#endif
        {&ckn_cpu_simd_plain, true},
    };
    const char *wish = getenv("CLKERNEST_CPU_SIMD");
    bool any = !wish || !*wish;
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        *simd = candidates[i].simd;
        if (candidates[i].usable && (any || strcmp(wish, (*simd)->name) == 0))
            return CKN_OK;
    }
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "CLKERNEST_CPU_SIMD asks for '%s', which this processor or this build does not "
                    "have; use plain, avx2 or avx512, or unset it",
                    wish);
}
