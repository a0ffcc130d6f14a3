#include "cli/interrupt.h"

#include "io/atomic_file.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NANOSECONDS 700000000L

/* Signal handlers have no argument of ours, hence these. Only the main thread writes them, but
 * for `interrupted` and `reported`, which the handlers set. */
static const char *command_name = "";
static char messages[2][160]; /* one is shown, the other one is being written */
static volatile sig_atomic_t shown;
static atomic_int interrupted; /* lock-free, as a handler needs; other threads read it too */
static volatile sig_atomic_t reported;
static volatile sig_atomic_t clear_line;
static volatile sig_atomic_t postponed;
static volatile sig_atomic_t missed; /* a signal that would have ended the process */
static timer_t watchdog;
static bool watchdog_exists;

static void write_all(const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

static void report(void) {
    if (reported)
        return;
    reported = 1;
    if (clear_line)
        write_all("\r\033[K");
    write_all(messages[shown]);
}

static void end_process(int signal_number) {
    (void)signal_number;
    missed = 1;
    if (postponed)
        return;
    ckn_atomic_unlink_all();
    report();
    _exit(CKN_CLI_EXIT_INTERRUPTED);
}

static void start_watchdog(void) {
    struct itimerspec delay = {.it_value = {0, PATIENCE_NANOSECONDS}};
    if (!watchdog_exists || timer_settime(watchdog, 0, &delay, NULL) != 0)
        alarm(1);
}

static void on_interrupt(int signal_number) {
    int saved = errno;
    if (interrupted)
        end_process(signal_number);
    interrupted = 1;
    start_watchdog();
    errno = saved;
}

static void handle(int signal_number, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/* A shell starts background jobs with SIGINT ignored; that wish is respected. */
static bool is_ignored(int signal_number) {
    struct sigaction action;
    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void ckn_interrupt_install(const char *command) {
    command_name = command;
    ckn_interrupt_doing("at the start");
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    watchdog_exists = timer_create(CLOCK_MONOTONIC, &event, &watchdog) == 0;
    handle(SIGALRM, end_process);
    if (!is_ignored(SIGINT))
        handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_interrupt);
}

static void set_message(const char *text) {
    int other = 1 - shown;
    snprintf(messages[other], sizeof messages[other], "%s: %s\n", command_name, text);
    shown = other;
}

void ckn_interrupt_doing(const char *what) {
    char text[128];
    snprintf(text, sizeof text, "interrupted %s, nothing written", what);
    set_message(text);
}

void ckn_interrupt_at(size_t iteration, size_t iterations) {
    char text[128];
    snprintf(text, sizeof text, "interrupted at iteration %zu of %zu, nothing written", iteration,
             iterations);
    set_message(text);
}

void ckn_interrupt_after(size_t done, size_t count) {
    char text[128];
    snprintf(text, sizeof text, "interrupted after %zu of %zu files: those that exist are whole",
             done, count);
    set_message(text);
}

void ckn_interrupt_postpone(bool postpone) {
    postponed = postpone;
    if (!postpone && missed)
        end_process(SIGALRM);
}

void ckn_interrupt_written(void) {
    set_message("interrupted after all results were written");
}

void ckn_interrupt_writing(void) {
    set_message("interrupted while the results were written: files that exist are whole");
}

void ckn_interrupt_clear_line(bool clear) {
    clear_line = clear;
}

bool ckn_interrupted(void) {
    return interrupted != 0;
}

int ckn_interrupt_finish(void) {
    report();
    return CKN_CLI_EXIT_INTERRUPTED;
}
