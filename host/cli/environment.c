#include "cli/environment.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* Between two parallel loops libgomp's threads spin by default. Where other programs use the cores
 * as well, they spin away the time that the thread they wait for needs, and the CPU backend becomes
 * many times slower. */
static bool wait_passively(void) {
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
        return false;
    return setenv("OMP_WAIT_POLICY", "passive", 1) == 0;
}

/* OpenBLAS takes a processor that is younger than itself for a Prescott of 2004 and computes with
 * SSE3: several times slower than with what the processor has. */
static bool name_processor(void) {
#if defined(__x86_64__)
    if (getenv("OPENBLAS_CORETYPE") || strcmp(openblas_get_corename(), "Prescott") != 0)
        return false;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return setenv("OPENBLAS_CORETYPE", "SkylakeX", 1) == 0;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return setenv("OPENBLAS_CORETYPE", "Haswell", 1) == 0;
#endif
    return false;
}

/* The variables that are set end the loop. */
void ckn_cli_settle_environment(char **argv) {
    char path[PATH_SIZE];
    const bool waits = wait_passively(), named = name_processor();
    if (!waits && !named)
        return;
    /* Not /proc/self/exe itself: the process would be listed under the name "exe". */
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0 || (size_t)length >= sizeof path - 1)
        return;
    path[length] = '\0';
    execv(path, argv);
}
