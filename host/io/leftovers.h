/* Temporary files that a killed process left behind. */
#ifndef CKN_IO_LEFTOVERS_H
#define CKN_IO_LEFTOVERS_H

#include <stdbool.h>
#include <time.h>

/* Whether this is the name of a temporary file of ours; `process` then is who made it. */
bool ckn_leftover_name(const char *name, long *process);

/* Removes regular files in `folder` that have such a name, belong to this user, are older than an
 * hour and whose process is gone. `now` is the time by the folder's own clock, which may be another
 * machine's. A folder is looked through once in a process, and no further than some ten thousand
 * names. For any thread; failures are nobody's business. */
void ckn_leftovers_remove(const char *folder, time_t now);

#endif
