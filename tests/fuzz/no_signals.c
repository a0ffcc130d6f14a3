/* Handlers of signals that are never installed: where the program runs inside a fuzz target, they
 * are libFuzzer's. host/cli/interrupt.c is compiled with these in the place of the system's
 * functions, whose names CMakeLists.txt defines as other ones, here as there. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

int sigaction(int number, const struct sigaction *restrict action,
              struct sigaction *restrict before) {
    (void)number;
    (void)action;
    if (before)
        memset(before, 0, sizeof *before);
    return 0;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict timer) {
    (void)clock;
    (void)event;
    (void)timer;
    errno = EAGAIN;
    return -1;
}
