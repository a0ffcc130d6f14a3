#include "io/output_path.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40, LINK_SIZE = 4096 };

static ckn_code out_of_memory(const char *path, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory for the path", path);
}

/* "a/b" -> "a", "b" -> ".", "/b" -> "/". NULL where memory is exhausted. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ckn_format(".");
    while (slash > path && slash[-1] == '/')
        slash--;
    return slash == path ? ckn_format("/") : ckn_format("%.*s", (int)(slash - path), path);
}

/* The path that a link at `path` with the text `text` points to. */
static char *follow(const char *path, const char *text) {
    if (text[0] == '/')
        return ckn_format("%s", text);
    char *folder = folder_of(path);
    char *joined = folder ? ckn_format("%s/%s", folder, text) : NULL;
    free(folder);
    return joined;
}

/* Not realpath(): a link may point to a file that is yet to be written. */
static ckn_code resolve_links(const char *path, char **target, ckn_error *error) {
    char *current = ckn_format("%s", path);
    for (int links = 0; current && links < MOST_LINKS; links++) {
        char text[LINK_SIZE];
        ssize_t length = readlink(current, text, sizeof text - 1);
        if (length < 0) {
            *target = current;
            return CKN_OK;
        }
        text[length] = '\0';
        char *next = follow(current, text);
        free(current);
        current = next;
    }
    if (!current)
        return out_of_memory(path, error);
    free(current);
    return ckn_fail(error, CKN_ERROR_FILE, "%s: symbolic links lead in a circle", path);
}

ckn_code ckn_output_folder_check(const char *path, const char *folder, ckn_error *error) {
    struct stat status;
    if (stat(folder, &status) != 0) {
        if (errno == ENOENT)
            return ckn_fail(error, CKN_ERROR_FILE,
                            "%s: the folder %s does not exist; create it first", path, folder);
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot enter the folder %s: %s", path, folder,
                        strerror(errno));
    }
    if (!S_ISDIR(status.st_mode))
        return ckn_fail(error, CKN_ERROR_FILE, "%s: %s is not a folder", path, folder);
    /* AT_EACCESS: what counts is the user as whom the file will be created. */
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: the folder %s is not writable: %s", path,
                        folder, strerror(errno));
    return CKN_OK;
}

static ckn_code check_existing(const char *path, ckn_output_path *output, const struct stat *status,
                               ckn_error *error) {
    if (S_ISDIR(status->st_mode))
        return ckn_fail(error, CKN_ERROR_FILE, "%s: is a folder; name a file in it", path);
    if (faccessat(AT_FDCWD, output->target, W_OK, AT_EACCESS) != 0)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: exists and must not be written: %s; choose another name", path,
                        strerror(errno));
    output->exists = true;
    output->regular = S_ISREG(status->st_mode);
    output->mode = status->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
    output->owner = status->st_uid;
    output->group = status->st_gid;
    return CKN_OK;
}

static ckn_code examine(const char *path, ckn_output_path *output, ckn_error *error) {
    struct stat status;
    if (stat(output->target, &status) == 0) {
        CKN_TRY(check_existing(path, output, &status, error));
        /* Nothing is created beside a device or a pipe. */
        return output->regular ? ckn_output_folder_check(path, output->folder, error) : CKN_OK;
    }
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be written: %s", path, strerror(errno));
    return ckn_output_folder_check(path, output->folder, error);
}

ckn_code ckn_output_path_create(ckn_output_path *output, const char *path, ckn_error *error) {
    memset(output, 0, sizeof *output);
    if (path[0] == '\0')
        return ckn_fail(error, CKN_ERROR_FILE, "the name of the output file is empty");
    CKN_TRY(resolve_links(path, &output->target, error));
    output->folder = folder_of(output->target);
    ckn_code code = output->folder ? examine(path, output, error) : out_of_memory(path, error);
    if (code != CKN_OK)
        ckn_output_path_release(output);
    return code;
}

void ckn_output_path_release(ckn_output_path *output) {
    free(output->target);
    free(output->folder);
    memset(output, 0, sizeof *output);
}

bool ckn_path_has_extension(const char *path, const char *extension) {
    size_t length = strlen(path);
    size_t tail = strlen(extension);
    if (length < tail)
        return false;
    for (size_t i = 0; i < tail; i++) {
        char c = path[length - tail + i];
        /* Not tolower(): in a Turkish locale I is no capital i. */
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != extension[i])
            return false;
    }
    return true;
}
