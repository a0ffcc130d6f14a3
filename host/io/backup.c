#include "io/backup.h"

#include "base/memory.h"
#include "io/temporary_names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* As long as both names are there, nothing can be lost. False where the file system, or the owner
 * of the file, allows no second name, or no slot is free. */
static bool make_link(ckn_backup *backup, const char *target, const char *folder) {
    char name[CKN_TEMPORARY_NAME_SIZE];
    if (!ckn_temporary_make_name(name, folder, ".tmp"))
        return false;
    int slot = ckn_temporary_publish(name);
    if (slot < 0)
        return false;
    if (link(target, name) != 0) {
        ckn_temporary_forget(slot);
        return false;
    }
    *backup = (ckn_backup){.kind = CKN_BACKUP_LINK, .slot = slot};
    return true;
}

/* The suffix is another one, because this may be the only name of the file: nobody who removes
 * temporary files may take it for one. 0, or the reason why not. */
static int move(ckn_backup *backup, const char *target, const char *folder) {
    char name[CKN_TEMPORARY_NAME_SIZE];
    if (!ckn_temporary_make_name(name, folder, ".old"))
        return ENAMETOOLONG;
    char *kept = ckn_format("%s", name);
    if (!kept)
        return ENOMEM;
    if (rename(target, kept) != 0) {
        int reason = errno;
        free(kept);
        return reason;
    }
    *backup = (ckn_backup){.kind = CKN_BACKUP_MOVED, .name = kept};
    return 0;
}

int ckn_backup_make(ckn_backup *backup, const char *target, const char *folder) {
    struct stat status;
    *backup = (ckn_backup){.kind = CKN_BACKUP_NONE};
    if (lstat(target, &status) != 0)
        return errno == ENOENT ? 0 : errno;
    if (S_ISDIR(status.st_mode)) /* became one after the checks, and is not ours to move */
        return EISDIR;
    return make_link(backup, target, folder) ? 0 : move(backup, target, folder);
}

static const char *name_of(const ckn_backup *backup) {
    return backup->kind == CKN_BACKUP_LINK ? ckn_temporary_name(backup->slot) : backup->name;
}

/* Without rename(), which has just failed for another file and may fail again. Nothing is removed
 * where the second name is gone: a signal may have taken it. */
static bool link_again(const ckn_backup *backup, const char *target) {
    struct stat status;
    return backup->kind == CKN_BACKUP_LINK && lstat(name_of(backup), &status) == 0 &&
           unlink(target) == 0 && link(name_of(backup), target) == 0;
}

/* rename() does nothing where both names are the same file, as for a link whose target is still
 * there: the drop then removes the second name. */
int ckn_backup_restore(const ckn_backup *backup, const char *target) {
    int status = backup->kind == CKN_BACKUP_NONE ? unlink(target) : rename(name_of(backup), target);
    int reason = status == 0 ? 0 : errno;
    return reason && link_again(backup, target) ? 0 : reason;
}

const char *ckn_backup_keep(ckn_backup *backup, const char *folder) {
    ckn_backup moved;
    if (backup->kind == CKN_BACKUP_LINK && move(&moved, name_of(backup), folder) == 0) {
        ckn_temporary_forget(backup->slot);
        *backup = moved;
    }
    return name_of(backup);
}

void ckn_backup_drop(ckn_backup *backup) {
    if (backup->kind != CKN_BACKUP_NONE)
        unlink(name_of(backup));
    ckn_backup_leave(backup);
}

void ckn_backup_leave(ckn_backup *backup) {
    if (backup->kind == CKN_BACKUP_LINK)
        ckn_temporary_forget(backup->slot);
    free(backup->name);
    *backup = (ckn_backup){.kind = CKN_BACKUP_NONE};
}
