#include "cli/cache_folder.h"

#include "base/memory.h"
#include "base/private_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clFFT makes folders for vendors, devices and drivers in there. */
enum { DEPTH = 8 };

/* Whether all that is in the open folder may be run, at any depth; closes it. */
static bool holds_private_files(int folder, int depth, char *why) {
    DIR *list = folder < 0 ? NULL : fdopendir(folder);
    if (!list) {
        if (folder >= 0)
            close(folder);
        return false;
    }
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(list));) {
        const char *name = entry->d_name;
        struct stat status;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        good = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (good && S_ISDIR(status.st_mode) && depth < DEPTH)
            good = ckn_private_status(&status, name, why) &&
                   holds_private_files(
                       openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                       depth + 1, why);
        else if (good)
            good = ckn_private_file(&status, name, why);
    }
    closedir(list);
    return good;
}

/* clFFT runs what it finds there, and looks at no owner. An empty `why`: something failed. */
static bool may_be_run(const char *folder, char *why) {
    why[0] = '\0';
    return holds_private_files(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1, why);
}

/* The subfolder, made where it is missing, with a slash at its end. NULL: it is not to be used. */
static char *prepare_subfolder(const char *own, const ckn_log *log) {
    char *named = ckn_format("%s/clfft", own), *path = NULL, why[CKN_DISTRUST_SIZE] = "";
    char *folder = named ? ckn_private_folder(named, why) : NULL;
    if (folder && ckn_private_folder_make(folder) && may_be_run(folder, why))
        path = ckn_format("%s/", folder);
    else if (why[0])
        ckn_log_line(log, CKN_LOG_WARNING, "the cache folder %s is not used: %s", named, why);
    free(folder);
    free(named);
    return path;
}

void ckn_cli_prepare_fft_cache(const ckn_log *log) {
    char *named = getenv("CLFFT_CACHE_PATH") ? NULL : ckn_cache_folder_name(NULL),
         why[CKN_DISTRUST_SIZE];
    if (!named)
        return;
    /* Of this folder itself the library will say what is wrong. */
    char *own = ckn_private_folder(named, why);
    char *path = own ? prepare_subfolder(own, log) : NULL;
    if (path)
        setenv("CLFFT_CACHE_PATH", path, 0);
    free(path);
    free(own);
    free(named);
}
