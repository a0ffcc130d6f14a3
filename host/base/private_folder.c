#define _XOPEN_SOURCE 700 /* NOLINT(bugprone-reserved-identifier): for realpath() and S_ISVTX */

#include "base/private_folder.h"

#include "base/memory.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD = 4096 }; /* bytes of an entry of the user or group database, with its texts */

/* Whether the user is alone in the group: it has the user's name, as systems make one for each user
 * so that a umask of 002 does no harm, and no other member. */
static bool is_private_group(gid_t number) {
    char user_texts[RECORD], group_texts[RECORD];
    struct passwd user, *found_user = NULL;
    struct group group, *found_group = NULL;
    if (getpwuid_r(geteuid(), &user, user_texts, sizeof user_texts, &found_user) != 0 ||
        getgrgid_r(number, &group, group_texts, sizeof group_texts, &found_group) != 0 ||
        !found_user || !found_group || strcmp(user.pw_name, group.gr_name) != 0)
        return false;
    for (char **member = group.gr_mem; *member; member++) {
        if (strcmp(*member, user.pw_name) != 0)
            return false;
    }
    return true;
}

static bool is_writable_by_others(const struct stat *status) {
    return (status->st_mode & S_IWOTH) != 0 ||
           ((status->st_mode & S_IWGRP) != 0 && !is_private_group(status->st_gid));
}

static bool is_ours(const struct stat *status, const char *path, char *why) {
    if (status->st_uid == geteuid() || status->st_uid == 0)
        return true;
    snprintf(why, CKN_DISTRUST_SIZE, "%.500s belongs to user %lu", path,
             (unsigned long)status->st_uid);
    return false;
}

static bool is_closed(const struct stat *status, const char *path, char *why) {
    if (!is_writable_by_others(status))
        return true;
    snprintf(why, CKN_DISTRUST_SIZE, "others may write to %.500s (chmod go-w forbids it)", path);
    return false;
}

bool ckn_private_status(const struct stat *status, const char *path, char *why) {
    return is_ours(status, path, why) && is_closed(status, path, why);
}

bool ckn_private_file(const struct stat *file, const char *path, char *why) {
    if (S_ISREG(file->st_mode))
        return ckn_private_status(file, path, why);
    snprintf(why, CKN_DISTRUST_SIZE, "%.500s is not a regular file", path);
    return false;
}

/* Whoever may rename what is in one of the folders on the way could exchange all below it. */
static bool check_one(const char *path, bool on_the_way, char *why) {
    struct stat status;
    if (lstat(path, &status) != 0)
        return false;
    if (!is_ours(&status, path, why))
        return false;
    return (on_the_way && (status.st_mode & S_ISVTX)) || is_closed(&status, path, why);
}

/* `path` has no symbolic links; all of it is on the way where something is still to be made in it.
 */
static bool check_all(char *path, bool on_the_way, char *why) {
    if (!check_one("/", on_the_way || path[1] != '\0', why))
        return false;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const bool good = check_one(path, true, why);
        *slash = '/';
        if (!good)
            return false;
    }
    return path[1] == '\0' || check_one(path, on_the_way, why);
}

/* The longest part of `folder` that exists, without symbolic links; *rest is what is missing, with
 * a slash in front, or empty. `folder` is cut behind that part. */
static char *resolve_existing(char *folder, const char **rest) {
    char *found = realpath(folder, NULL);
    *rest = "";
    while (!found && (errno == ENOENT || errno == ENOTDIR)) {
        char *slash = strrchr(folder, '/');
        if (**rest) /* the last cut becomes part of the rest again */
            folder[strlen(folder)] = '/';
        if (!slash) {
            *rest = folder;
            return realpath(".", NULL);
        }
        *rest = slash + 1;
        *slash = '\0';
        found = realpath(slash == folder ? "/" : folder, NULL);
    }
    return found;
}

char *ckn_private_folder(const char *folder, char *why) {
    why[0] = '\0';
    char *text = ckn_format("%s", folder), *path = NULL;
    if (!text)
        return NULL;
    const char *rest;
    char *found = resolve_existing(text, &rest);
    if (found && check_all(found, *rest != '\0', why))
        path = *rest ? ckn_format("%s/%s", found[1] ? found : "", rest) : ckn_format("%s", found);
    const int failure = errno;
    free(found);
    free(text);
    errno = failure;
    return path;
}

bool ckn_private_folder_make(const char *folder) {
    char *path = ckn_format("%s", folder);
    if (!path)
        return false;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, S_IRWXU);
        *slash = '/';
    }
    const bool made = mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
    free(path);
    return made;
}

char *ckn_cache_folder_name(const char *option) {
    const char *folder = option ? option : getenv("CLKERNEST_CACHE_DIR");
    if (folder)
        return *folder ? ckn_format("%s", folder) : NULL;
    const char *base = getenv("XDG_CACHE_HOME");
    if (base && *base == '/')
        return ckn_format("%s/clkernest", base);
    base = getenv("HOME");
    return base && *base == '/' ? ckn_format("%s/.cache/clkernest", base) : NULL;
}
