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

/* What ends the program, with what status, and what is said of it. Interrupts have one status; for
 * the others it is what a shell makes of a process that the signal ended. */
static const struct interrupt {
    int number, status;
    const char *reason;
} interrupts[] = {
    {SIGINT, CKN_CLI_EXIT_INTERRUPTED, ""},
    {SIGTERM, CKN_CLI_EXIT_INTERRUPTED, ""},
    {SIGHUP, 128 + SIGHUP, "the terminal is gone: "},
    {SIGQUIT, 128 + SIGQUIT, ""},
    {SIGXCPU, 128 + SIGXCPU, "the limit of CPU time is reached: "},
    {SIGPIPE, 128 + SIGPIPE, "nobody reads the output any more: "},
};

enum { INTERRUPTS = sizeof interrupts / sizeof interrupts[0] };

/* Signal handlers have no argument of ours, hence these. Only the main thread writes them, but
 * for `interrupted` and `reported`, which the handlers set. */
static const char *command_name = "";
static char messages[2][160]; /* one is shown, the other one is being written */
static volatile sig_atomic_t shown;
static atomic_int interrupted;      /* lock-free, as a handler needs; other threads read it too */
static volatile sig_atomic_t cause; /* the signal */
static volatile sig_atomic_t reported;
static volatile sig_atomic_t clear_line;
static volatile sig_atomic_t postponed;
static volatile sig_atomic_t missed; /* a signal that would have ended the process */
static timer_t watchdog;
static bool watchdog_exists;
static bool unwanted[INTERRUPTS]; /* ignored when the program was started */

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

static const struct interrupt *find_cause(void) {
    for (int i = 1; i < INTERRUPTS; i++) {
        if (interrupts[i].number == cause)
            return &interrupts[i];
    }
    return &interrupts[0];
}

static void report(void) {
    if (reported)
        return;
    reported = 1;
    if (clear_line)
        write_all("\r\033[K");
    write_all(command_name);
    write_all(": ");
    write_all(find_cause()->reason);
    write_all(messages[shown]);
}

static void end_process(int signal_number) {
    (void)signal_number;
    missed = 1;
    if (postponed)
        return;
    ckn_atomic_unlink_all();
    report();
    _exit(find_cause()->status);
}

/* Who read the output has seen enough, as head has: that is worth a word only where files are lost
 * with it. */
static void on_broken_pipe(int signal_number) {
    cause = signal_number;
    missed = 1;
    if (postponed)
        return;
    if (ckn_atomic_unlink_all())
        report();
    _exit(find_cause()->status);
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
    cause = signal_number;
    interrupted = 1;
    start_watchdog();
    errno = saved;
}

/* No handler interrupts another one. */
static void handle(int signal_number, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/* A shell starts background jobs with SIGINT ignored, nohup a command with SIGHUP: such wishes are
 * respected. */
static bool is_ignored(int signal_number) {
    struct sigaction action;
    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Where the limit of a file's size is reached, the write then fails, and has a message. */
static void set_handlers(void) {
    for (int i = 0; i < INTERRUPTS; i++) {
        if (!unwanted[i])
            handle(interrupts[i].number,
                   interrupts[i].number == SIGPIPE ? on_broken_pipe : on_interrupt);
    }
    handle(SIGXFSZ, SIG_IGN);
}

void ckn_interrupt_install(const char *command) {
    command_name = command;
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    watchdog_exists = timer_create(CLOCK_MONOTONIC, &event, &watchdog) == 0;
    handle(SIGALRM, end_process);
    for (int i = 0; i < INTERRUPTS; i++)
        unwanted[i] = interrupts[i].number != SIGTERM && is_ignored(interrupts[i].number);
    ckn_interrupt_doing("at the start");
}

static void set_message(const char *text) {
    int other = 1 - shown;
    snprintf(messages[other], sizeof messages[other], "%s\n", text);
    shown = other;
}

/* LLVM, in OpenCL drivers for the CPU, puts its own handlers in the place of ours while it loads,
 * and those swallow the first SIGQUIT and SIGXCPU: each new phase puts ours back. */
void ckn_interrupt_doing(const char *what) {
    char text[128];
    snprintf(text, sizeof text, "interrupted %s, nothing written", what);
    set_message(text);
    set_handlers();
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
    return find_cause()->status;
}
