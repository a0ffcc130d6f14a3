/* Files that appear whole or not at all: written beside the target under a temporary name, synced,
 * then renamed over it. */
#ifndef CKN_IO_ATOMIC_FILE_H
#define CKN_IO_ATOMIC_FILE_H

#include "base/status.h"

#include <stdio.h>

typedef struct ckn_atomic_file ckn_atomic_file;

/* Opens the temporary file. Messages start with the path and say what to do. */
ckn_code ckn_atomic_open(const char *path, ckn_atomic_file **file, ckn_error *error);
/* The stream to write to; owned by the atomic file. */
FILE *ckn_atomic_stream(ckn_atomic_file *file);
/* Flushes, syncs and renames, and frees `file` in either case. A write error that happened earlier
 * on the stream (full disk) is reported here and the target stays as it was. */
ckn_code ckn_atomic_commit(ckn_atomic_file *file, ckn_error *error);
/* Removes the temporary file and frees. NULL is allowed. */
void ckn_atomic_abandon(ckn_atomic_file *file);
/* Refuses a path whose folder is missing or not writable, or that is a folder itself. */
ckn_code ckn_atomic_check(const char *path, ckn_error *error);
/* Unlinks every temporary file that is open now. Async-signal-safe: for a signal handler that is
 * about to end the process. */
void ckn_atomic_unlink_all(void);

#endif
