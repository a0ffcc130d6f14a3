/* The names of the temporary files that exist now, in static storage, so that a signal handler can
 * remove them. */
#ifndef CKN_IO_TEMPORARY_NAMES_H
#define CKN_IO_TEMPORARY_NAMES_H

#include <stdbool.h>

enum {
    CKN_TEMPORARY_SLOTS = 32,       /* files of ours that may exist at the same time */
    CKN_TEMPORARY_NAME_SIZE = 4096, /* bytes of one path, with its final zero */
};

/* Makes the name of a file of ours in `folder`: .clkernest-PROCESS-COUNT-TIME and `suffix`. False
 * where the path is too long. */
bool ckn_temporary_make_name(char name[CKN_TEMPORARY_NAME_SIZE], const char *folder,
                             const char *suffix);

/* Enters a name shorter than CKN_TEMPORARY_NAME_SIZE and returns its slot, or -1 where all slots
 * are taken. From here on ckn_temporary_unlink_all() removes that file. */
int ckn_temporary_publish(const char *name);
const char *ckn_temporary_name(int slot);
/* Gives the slot back; the file itself is left alone. */
void ckn_temporary_forget(int slot);
/* Whether there was any. Async-signal-safe. */
bool ckn_temporary_unlink_all(void);

#endif
