/* Ctrl-C and other signals that end the program: within a second, it says how far it was and leaves
 * nothing half written.
 *
 * The first SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGXCPU sets a flag, which the progress callback
 * hands to the library, and starts a timer. Where the library does not come back in time (a long
 * compilation, one long kernel), the timer's signal handler ends the process; so does a second
 * Ctrl-C. Everything that the handler does is async-signal-safe, so the message is always written
 * in advance. SIGPIPE ends the process at once, and SIGXFSZ makes a write fail, which has its own
 * message. */
#ifndef CKN_CLI_INTERRUPT_H
#define CKN_CLI_INTERRUPT_H

#include <stdbool.h>
#include <stddef.h>

#define CKN_CLI_EXIT_INTERRUPTED 130

/* `command` starts the message and must stay valid. */
void ckn_interrupt_install(const char *command);

/* What the message says: "interrupted WHAT, nothing written". */
void ckn_interrupt_doing(const char *what);
void ckn_interrupt_at(size_t iteration, size_t iterations);
/* "interrupted after DONE of COUNT files": each result appears by itself. */
void ckn_interrupt_after(size_t done, size_t count);
/* For the moment in which several results appear: signals wait until it is over. */
void ckn_interrupt_postpone(bool postpone);
/* From here on all results are there. */
void ckn_interrupt_written(void);
/* From here on a single result appears. */
void ckn_interrupt_writing(void);

/* Whether the terminal line has to be cleared before the message. */
void ckn_interrupt_clear_line(bool clear);

/* For any thread. */
bool ckn_interrupted(void);

/* For an interruption that was honoured in time: prints the message, returns the exit status. */
int ckn_interrupt_finish(void);

#endif
