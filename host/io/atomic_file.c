#include "io/atomic_file.h"

#include "base/memory.h"
#include "io/backup.h"
#include "io/leftovers.h"
#include "io/output_path.h"
#include "io/temporary_names.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ATTEMPTS = 100, DIRECT = -1 };

struct ckn_atomic_file {
    char *path; /* as the caller named it, for messages */
    ckn_output_path output;
    int slot; /* of the temporary name; DIRECT where the target is a device or a pipe */
    FILE *stream;
    int print_error;       /* the reason why ckn_atomic_print() failed, or 0 */
    bool published;        /* has its name, which can be taken back as long as others have not */
    ckn_backup backup;     /* what had the name before */
    ckn_atomic_file *next; /* in the list of held files */
};

/* Global by need: who holds does not know who writes. `holding` and the list are guarded by `lock`;
 * the list is in the order of the commits. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool holding;
static ckn_atomic_file *held, **held_end = &held;

static void destroy(ckn_atomic_file *file) {
    if (file->stream)
        fclose(file->stream);
    if (file->slot != DIRECT) {
        unlink(ckn_temporary_name(file->slot));
        ckn_temporary_forget(file->slot);
    }
    ckn_backup_drop(&file->backup);
    ckn_output_path_release(&file->output);
    free(file->path);
    free(file);
}

/* The name is published before the file exists: a signal in between removes nothing, whereas the
 * other order could leave a file behind. Returns the descriptor, or -1 with errno. */
static int create_temporary(ckn_atomic_file *file) {
    char name[CKN_TEMPORARY_NAME_SIZE];
    for (int i = 0; i < MOST_ATTEMPTS; i++) {
        if (!ckn_temporary_make_name(name, file->output.folder, ".tmp")) {
            errno = ENAMETOOLONG;
            return -1;
        }
        file->slot = ckn_temporary_publish(name);
        if (file->slot < 0) {
            errno = EMFILE;
            return -1;
        }
        int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                              S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
        if (descriptor >= 0)
            return descriptor;
        ckn_temporary_forget(file->slot);
        file->slot = DIRECT;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

/* The new file shall be as accessible as the one that it replaces. The owner can be kept only by
 * root, and a file system without permissions refuses both: the data matter more. */
static void keep_permissions(int descriptor, const ckn_output_path *output) {
    if (!output->exists)
        return;
    mode_t mode = output->mode;
    if (fchown(descriptor, output->owner, output->group) != 0) {
        /* Another group than before: it may do what everybody may. */
        mode_t others = (mode & S_IRWXO) << 3;
        mode &= ~(mode_t)S_IRWXG | others;
    }
    (void)!fchmod(descriptor, mode);
}

/* The new file's own time is that of the folder's clock. */
static void remove_leftovers(int descriptor, const char *folder) {
    struct stat status;
    if (fstat(descriptor, &status) == 0)
        ckn_leftovers_remove(folder, status.st_mtime);
}

static ckn_code open_target(ckn_atomic_file *file, ckn_error *error) {
    bool direct = file->output.exists && !file->output.regular;
    int descriptor = direct ? open(file->output.target, O_WRONLY | O_CLOEXEC | O_NOCTTY)
                            : create_temporary(file);
    if (descriptor < 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be opened for writing in %s: %s",
                        file->path, file->output.folder, strerror(errno));
    if (!direct) {
        keep_permissions(descriptor, &file->output);
        remove_leftovers(descriptor, file->output.folder);
    }
    file->stream = fdopen(descriptor, "wb");
    if (!file->stream) {
        close(descriptor);
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to open it", file->path);
    }
    return CKN_OK;
}

ckn_code ckn_atomic_open(const char *path, ckn_atomic_file **file, ckn_error *error) {
    ckn_atomic_file *created = NULL;
    CKN_TRY(ckn_allocate(&created, 1, sizeof *created, "an output file", error));
    created->slot = DIRECT;
    created->path = ckn_format("%s", path);
    ckn_code code = created->path ? ckn_output_path_create(&created->output, path, error)
                                  : ckn_fail(error, CKN_ERROR_MEMORY, "%s: no memory left", path);
    if (code == CKN_OK)
        code = open_target(created, error);
    if (code != CKN_OK) {
        destroy(created);
        return code;
    }
    *file = created;
    return CKN_OK;
}

FILE *ckn_atomic_stream(ckn_atomic_file *file) {
    return file->stream;
}

void ckn_atomic_print(ckn_atomic_file *file, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    errno = 0;
    if (vfprintf(file->stream, format, arguments) < 0 && !file->print_error)
        file->print_error = errno ? errno : EIO;
    va_end(arguments);
}

/* 0, or the reason why not everything that was written has reached the file. */
static int flush(FILE *stream) {
    if (ferror(stream)) {
        /* The reason of the earlier failure is gone; flushing the rest usually meets it again. */
        errno = 0;
        fflush(stream);
        return errno ? errno : EIO;
    }
    return fflush(stream) == 0 ? 0 : errno;
}

/* Some file systems and all pipes have nothing to sync and say so: that is no failure. */
static int sync_descriptor(int descriptor) {
    if (fsync(descriptor) == 0)
        return 0;
    bool impossible = errno == EINVAL || errno == ENOTSUP || errno == EROFS || errno == ENOSYS;
    return impossible ? 0 : errno;
}

static int finish_stream(ckn_atomic_file *file) {
    int reason = flush(file->stream);
    if (!reason)
        reason = file->print_error;
    if (!reason)
        reason = sync_descriptor(fileno(file->stream));
    /* Closed in any case; NFS reports a full disk only here. */
    if (fclose(file->stream) != 0 && !reason)
        reason = errno;
    file->stream = NULL;
    return reason;
}

/* Makes the new name last through a power cut; a folder that cannot be synced is no failure. */
static void sync_folder(const char *folder) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    (void)fsync(descriptor);
    close(descriptor);
}

/* Gives the file its name. 0, or the reason why not. */
static int publish(ckn_atomic_file *file) {
    if (file->slot == DIRECT)
        return 0;
    if (rename(ckn_temporary_name(file->slot), file->output.target) != 0)
        return errno;
    ckn_temporary_forget(file->slot);
    file->slot = DIRECT;
    file->published = true;
    return 0;
}

static ckn_code fail_writing(const ckn_atomic_file *file, int reason, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be written: %s%s", file->path,
                    strerror(reason),
                    file->output.regular ? "; the file that was there is unchanged" : "");
}

/* Destroys the file; `reason` is 0 or what went wrong. */
static ckn_code conclude(ckn_atomic_file *file, int reason, ckn_error *error) {
    ckn_code code = reason ? fail_writing(file, reason, error) : CKN_OK;
    destroy(file);
    return code;
}

/* False where nobody holds, and the file is to appear now. */
static bool hold(ckn_atomic_file *file) {
    pthread_mutex_lock(&lock);
    bool kept = holding;
    if (kept) {
        *held_end = file;
        held_end = &file->next;
    }
    pthread_mutex_unlock(&lock);
    return kept;
}

ckn_code ckn_atomic_commit(ckn_atomic_file *file, ckn_error *error) {
    int reason = finish_stream(file);
    if (!reason && hold(file))
        return CKN_OK;
    if (!reason)
        reason = publish(file);
    if (file->published)
        sync_folder(file->output.folder);
    return conclude(file, reason, error);
}

void ckn_atomic_hold(void) {
    pthread_mutex_lock(&lock);
    holding = true;
    pthread_mutex_unlock(&lock);
}

/* Ends the holding and hands over the list. */
static ckn_atomic_file *take_held(void) {
    pthread_mutex_lock(&lock);
    ckn_atomic_file *list = held;
    held = NULL;
    held_end = &held;
    holding = false;
    pthread_mutex_unlock(&lock);
    return list;
}

/* Keeps what has the name now, unless nothing can fail any more, and takes its place. */
static int replace(ckn_atomic_file *file) {
    int reason = 0;
    if (file->slot != DIRECT && file->next)
        reason = ckn_backup_make(&file->backup, file->output.target, file->output.folder);
    return reason ? reason : publish(file);
}

/* Puts back what was there. A file that cannot be put back stays under another name, and the
 * message says where; `error` is not NULL. */
static void take_back(ckn_atomic_file *file, ckn_error *error) {
    if (!file->published && file->backup.kind != CKN_BACKUP_MOVED)
        return;
    int reason = ckn_backup_restore(&file->backup, file->output.target);
    if (!reason)
        return;
    char first[sizeof error->message];
    snprintf(first, sizeof first, "%s", error->message);
    if (file->backup.kind == CKN_BACKUP_NONE)
        ckn_fail(error, error->code, "%s; %s, which is new, cannot be removed: %s", first,
                 file->path, strerror(reason));
    else
        ckn_fail(error, error->code, "%s; the former content of %s is in %s: %s", first, file->path,
                 ckn_backup_keep(&file->backup, file->output.folder), strerror(reason));
    ckn_backup_leave(&file->backup);
}

ckn_code ckn_atomic_publish(ckn_error *error) {
    ckn_atomic_file *list = take_held();
    ckn_error own;
    int reason = 0;
    if (!error)
        error = &own;
    for (ckn_atomic_file *file = list; file && !reason; file = file->next) {
        reason = replace(file);
        if (reason)
            fail_writing(file, reason, error);
    }
    for (ckn_atomic_file *file = list; file && reason; file = file->next)
        take_back(file, error);
    for (ckn_atomic_file *file = list, *next; file; file = next) {
        next = file->next;
        if (file->published)
            sync_folder(file->output.folder);
        destroy(file);
    }
    return reason ? CKN_ERROR_FILE : CKN_OK;
}

void ckn_atomic_discard(void) {
    for (ckn_atomic_file *file = take_held(), *next; file; file = next) {
        next = file->next;
        destroy(file);
    }
}

void ckn_atomic_abandon(ckn_atomic_file *file) {
    if (file)
        destroy(file);
}

ckn_code ckn_atomic_check(const char *path, ckn_error *error) {
    ckn_output_path output;
    CKN_TRY(ckn_output_path_create(&output, path, error));
    ckn_output_path_release(&output);
    return CKN_OK;
}

bool ckn_atomic_unlink_all(void) {
    return ckn_temporary_unlink_all();
}
