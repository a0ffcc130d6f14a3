/* Signal handlers that are never installed: where the program runs inside a fuzz target, they are
 * libFuzzer's. host/cli/interrupt.c is compiled with these names, which CMakeLists.txt defines, in
 * the place of sigaction() and timer_create(). */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

int fuzz_sigaction(int number, const struct sigaction *action, struct sigaction *before);
int fuzz_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer);

int fuzz_sigaction(int number, const struct sigaction *action, struct sigaction *before) {
    (void)number;
    (void)action;
    if (before)
        memset(before, 0, sizeof *before);
    return 0;
}

int fuzz_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer) {
    (void)clock;
    (void)event;
    (void)timer;
    errno = EAGAIN;
    return -1;
}
