/* Runs the program as a shell would, and keeps what it said. */
#ifndef CLI_TEST_PROGRAM_H
#define CLI_TEST_PROGRAM_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdbool.h>

typedef struct program_run {
    int status; /* exit status, or 128 + signal */
    char *out, *err;
    double seconds;
} program_run;

/* Runs with the words up to a NULL. Release with program_release(). */
program_run program_start(const char *const *words);
#define RUN(...) program_start((const char *const[]){__VA_ARGS__, NULL})

/* The same, but sends `signal_number` after `delay` seconds; `seconds` counts from the signal. */
program_run program_interrupt(int signal_number, double delay, const char *const *words);
void program_release(program_run *run);

/* Runs, expects success and an empty standard error, and gives standard output (to be freed). */
char *program_output(const char *const *words);
#define SUCCEEDS(...) free(program_output((const char *const[]){__VA_ARGS__, NULL}))
#define OUTPUT(...) program_output((const char *const[]){__VA_ARGS__, NULL})

/* Runs and expects this exit status, nothing on standard output, and exactly one line on standard
 * error that contains `message`. */
void program_fails(int status, const char *message, const char *const *words);
#define FAILS(status, message, ...)                                                                \
    program_fails(status, message, (const char *const[]){__VA_ARGS__, NULL})

/* A JSON text or file as an object; fails the test where it is none. */
json_t *json_of_text(const char *text);
json_t *json_of_file(const char *path);
/* Members that must be there. */
double json_number(const json_t *object, const char *key);
const char *json_word(const json_t *object, const char *key);

/* A cmocka group's setup and teardown: an empty folder to work in, removed at the end. The device
 * variables of the caller's environment are cleared. */
int enter_folder(void **state);
int leave_folder(void **state);

void expect_contains(const char *text, const char *part);
void expect_lacks(const char *text, const char *part);

#endif
