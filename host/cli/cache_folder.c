#include "cli/cache_folder.h"

#include "base/memory.h"
#include "base/private_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* clkernest's own, by the rules of ckn_context_options.cache_dir; NULL for none. To be freed. */
static char *own_folder(void) {
    const char *own = getenv("CLKERNEST_CACHE_DIR");
    const char *caches = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (own)
        return *own ? ckn_format("%s", own) : NULL;
    if (caches && *caches == '/')
        return ckn_format("%s/clkernest", caches);
    return home && *home == '/' ? ckn_format("%s/.cache/clkernest", home) : NULL;
}

/* clFFT runs what it finds there, and looks at no owner. An empty `why`: something failed. */
static bool holds_private_files(const char *folder, char *why) {
    DIR *list = opendir(folder);
    bool good = list != NULL;
    why[0] = '\0';
    for (struct dirent *entry; good && (entry = readdir(list));) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        good = fstatat(dirfd(list), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               ckn_private_file(&status, entry->d_name, why);
    }
    if (list)
        closedir(list);
    return good;
}

/* The subfolder, made where it is missing, with a slash at its end. NULL: it is not to be used. */
static char *prepare_subfolder(const char *own, const ckn_log *log) {
    char *named = ckn_format("%s/clfft", own), *path = NULL, why[CKN_DISTRUST_SIZE] = "";
    char *folder = named ? ckn_private_folder(named, why) : NULL;
    if (folder && ckn_private_folder_make(folder) && holds_private_files(folder, why))
        path = ckn_format("%s/", folder);
    else if (why[0])
        ckn_log_line(log, CKN_LOG_WARNING, "the cache folder %s is not used: %s", named, why);
    free(folder);
    free(named);
    return path;
}

void ckn_cli_prepare_fft_cache(const ckn_log *log) {
    char *named = getenv("CLFFT_CACHE_PATH") ? NULL : own_folder(), why[CKN_DISTRUST_SIZE];
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
