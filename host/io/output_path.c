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

/* What Linux does with fs.protected_symlinks, which a rename escapes: in a folder like /tmp, where
 * everybody may create names, a link is followed only for its owner, or where it is the folder's
 * owner's. `name` is the link, `folder` where it lies. */
static bool is_trusted(const char *name, const char *folder) {
    const mode_t shared = S_ISVTX | S_IWOTH;
    struct stat link, parent;
    if (lstat(name, &link) != 0 || stat(folder, &parent) != 0)
        return false;
    return (parent.st_mode & shared) != shared || link.st_uid == geteuid() ||
           link.st_uid == parent.st_uid;
}

/* Puts what a link says into its place: `name` is the link's path, `rest` what follows it. NULL
 * where memory is exhausted. */
static char *expand(const char *name, const char *text, const char *rest) {
    const char *slash = strrchr(name, '/');
    int kept = slash && text[0] != '/' ? (int)(slash + 1 - name) : 0;
    return ckn_format("%.*s%s%s", kept, name, text, rest);
}

/* Follows the link at the first `length` characters of `*path`, if there is one, and sets `length`
 * to where to look on. */
static ckn_code follow(char **path, size_t *length, bool *followed, const char *named,
                       ckn_error *error) {
    char text[LINK_SIZE];
    char *name = ckn_format("%.*s", (int)*length, *path);
    char *folder = name ? folder_of(name) : NULL;
    ckn_code code = folder ? CKN_OK : out_of_memory(named, error);
    ssize_t size = folder ? readlink(name, text, sizeof text - 1) : -1;
    *followed = size >= 0;
    if (*followed && !is_trusted(name, folder)) {
        code = ckn_fail(error, CKN_ERROR_FILE,
                        "%s: the link %s lies in a folder that everybody may write to, and is "
                        "somebody else's: it is not followed; name the file that it points to",
                        named, name);
    } else if (*followed) {
        text[size] = '\0';
        char *next = expand(name, text, *path + *length);
        const char *slash = strrchr(name, '/');
        *length = slash && text[0] != '/' ? (size_t)(slash - name) : 0;
        free(*path);
        *path = next;
        if (!next)
            code = out_of_memory(named, error);
    }
    free(folder);
    free(name);
    return code;
}

/* Not realpath(): a link may point to a file that is yet to be written. From left to right, links
 * on the way as well. */
static ckn_code resolve_links(const char *path, char **target, ckn_error *error) {
    char *current = ckn_format("%s", path);
    ckn_code code = current ? CKN_OK : out_of_memory(path, error);
    size_t length = 0;
    int links = 0;
    while (code == CKN_OK && current[length] && links < MOST_LINKS) {
        bool followed;
        length += strspn(current + length, "/");
        length += strcspn(current + length, "/");
        code = follow(&current, &length, &followed, path, error);
        links += followed;
    }
    if (code == CKN_OK && links == MOST_LINKS)
        code = ckn_fail(error, CKN_ERROR_FILE, "%s: symbolic links lead in a circle", path);
    if (code != CKN_OK) {
        free(current);
        return code;
    }
    *target = current;
    return CKN_OK;
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

ckn_code ckn_output_folder_make(const char *path, const char *folder, ckn_error *error) {
    if (mkdir(folder, S_IRWXU | S_IRWXG | S_IRWXO) != 0 && errno != EEXIST)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: the folder %s cannot be made: %s", path, folder,
                        strerror(errno));
    return ckn_output_folder_check(path, folder, error);
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
