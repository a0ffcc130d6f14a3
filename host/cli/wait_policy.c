#include "cli/wait_policy.h"

#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* Between two parallel loops libgomp's threads spin by default. Where other programs use the cores
 * as well, they spin away the time that the thread they wait for needs, and the CPU backend becomes
 * many times slower. libgomp reads the variable when it is loaded, which is before main(): setting
 * it takes effect in a new start of the program only. The variable itself ends the loop. */
void ckn_cli_wait_passively(char **argv) {
    char path[PATH_SIZE];
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
        return;
    /* Not /proc/self/exe itself: the process would be listed under the name "exe". */
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0 || (size_t)length >= sizeof path - 1 ||
        setenv("OMP_WAIT_POLICY", "passive", 1) != 0)
        return;
    path[length] = '\0';
    execv(path, argv);
}
