/* Files that appear whole or not at all: written beside the target under a temporary name, synced,
 * then renamed over it. */
#ifndef CKN_IO_ATOMIC_FILE_H
#define CKN_IO_ATOMIC_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct ckn_atomic_file ckn_atomic_file;

/* Opens the temporary file. Messages start with the path and say what to do. */
ckn_code ckn_atomic_open(const char *path, ckn_atomic_file **file, ckn_error *error);
/* The stream to write to; owned by the atomic file. */
FILE *ckn_atomic_stream(ckn_atomic_file *file);
/* Prints to the stream; a failure, which need not show on the stream, is reported by the commit. */
__attribute__((format(printf, 2, 3))) void ckn_atomic_print(ckn_atomic_file *file,
                                                            const char *format, ...);
/* Flushes, syncs and renames, and frees `file` in either case. A write error that happened earlier
 * on the stream (full disk) is reported here and the target stays as it was. */
ckn_code ckn_atomic_commit(ckn_atomic_file *file, ckn_error *error);
/* Removes the temporary file and frees. NULL is allowed. */
void ckn_atomic_abandon(ckn_atomic_file *file);

/* From here on ckn_atomic_commit() only flushes, syncs and closes: the files of several commits
 * then appear together with ckn_atomic_publish(), or not at all with ckn_atomic_discard(), one of
 * which must follow. Devices and pipes are written by their commit, which cannot be taken back: a
 * failure there is known before anything is renamed. */
void ckn_atomic_hold(void);
/* Renames the held files in the order of their commits. Where a name cannot be taken (its folder is
 * gone, or it is a folder by now) the names before it get back what they had, and all new files are
 * removed. Until the last rename the old files have a second name, a hard link, beside them. Where
 * the file system has no hard links they are moved out of the way instead, to a name that ends in
 * .old. A process that is killed at this moment leaves some files new and some old, each whole, and
 * the second names; without hard links, one file may be there under its .old name only. */
ckn_code ckn_atomic_publish(ckn_error *error);
void ckn_atomic_discard(void);

/* Refuses a path whose folder is missing or not writable, or that is a folder itself. */
ckn_code ckn_atomic_check(const char *path, ckn_error *error);
/* Unlinks every temporary file that is open or held now, and says whether there was any.
 * Async-signal-safe: for a signal handler that is about to end the process. */
bool ckn_atomic_unlink_all(void);

#endif
