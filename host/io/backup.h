/* What a target was before a new file took its name, for as long as that may be taken back. */
#ifndef CKN_IO_BACKUP_H
#define CKN_IO_BACKUP_H

typedef enum ckn_backup_kind {
    CKN_BACKUP_NONE = 0, /* there was nothing */
    CKN_BACKUP_LINK,     /* a second name: the target itself stays where it is */
    CKN_BACKUP_MOVED     /* the file system has no hard links: the target has another name now */
} ckn_backup_kind;

typedef struct ckn_backup {
    ckn_backup_kind kind;
    int slot;   /* of a link's temporary name: a signal may remove it, and nothing is lost */
    char *name; /* of a moved file, which a signal must not remove */
} ckn_backup;

/* Keeps `target`, a file in `folder` or nothing yet. 0, or the reason why not: then the target is
 * where it was. */
int ckn_backup_make(ckn_backup *backup, const char *target, const char *folder);
/* Puts the target back, in the place of whatever is there now. 0, or the reason why not. */
int ckn_backup_restore(const ckn_backup *backup, const char *target);
/* After a restore that failed: gives the backup a name that nobody takes for a temporary file,
 * where that can be done, and returns the name it has. Then leave it. */
const char *ckn_backup_keep(ckn_backup *backup, const char *folder);
/* Removes the backup, or what is left of it after a restore. Safe on a zeroed one. */
void ckn_backup_drop(ckn_backup *backup);
/* Frees, but leaves the file alone. */
void ckn_backup_leave(ckn_backup *backup);

#endif
