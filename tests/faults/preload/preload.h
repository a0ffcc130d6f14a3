/* A library to preload (LD_PRELOAD) into the program: one chosen call fails, all are counted.
 *
 *   CKN_FAULT=CALL:N:CODE      the N-th CALL fails with CODE (an errno, or an OpenCL error)
 *   CKN_FAULT=CALL:N:CODE:on   it and all later ones fail
 *   CKN_FAULT_REPORT=FILE      receives the counts: records of a name and a number, see
 *                              preload_counter; the first is the number of calls that failed
 *
 * CALL is own-memory (an allocation by clkernest's own code), any-memory (by anybody in the
 * process), a system call such as write, pthread_create, an OpenCL function such as clFinish that
 * clkernest calls, or clFFT:clFinish for one that clFFT calls. Without CKN_FAULT nothing fails. */
#ifndef CKN_TEST_FAULTS_PRELOAD_H
#define CKN_TEST_FAULTS_PRELOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The libraries are built with hidden symbols; these replace those of others. */
#define PRELOADED __attribute__((visibility("default")))

typedef struct preload_counter {
    char name[56];
    atomic_uint_least64_t calls;
} preload_counter;

/* Who called: found by the return address. */
typedef enum preload_caller { CALLER_OTHER, CALLER_OWN, CALLER_CLFFT } preload_caller;
preload_caller preload_caller_of(const void *return_address);

/* Counts a call; true where it shall fail. Never allocates, and makes no system call. */
bool preload_fails(const char *name);
/* The CODE of CKN_FAULT. */
int preload_code(void);
/* False where CKN_FAULT names another call than this one. */
bool preload_concerns(const char *name);

/* Makes system calls come to us; called when the rest is ready. */
void preload_trap_system_calls(void);

/* The function of this name that was replaced, in *function (of any function type). */
void preload_find_original(const char *name, void *function);

#endif
