#include "cli/cache_folder.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder, with a slash at its end, by the rules of ckn_context_options.cache_dir; NULL for
 * none. To be freed. */
static char *cache_path(void) {
    const char *own = getenv("CLKERNEST_CACHE_DIR");
    const char *caches = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (own)
        return *own ? ckn_format("%s/clfft/", own) : NULL;
    if (caches && *caches == '/')
        return ckn_format("%s/clkernest/clfft/", caches);
    return home && *home == '/' ? ckn_format("%s/.cache/clkernest/clfft/", home) : NULL;
}

static bool make_folder(const char *path) {
    return mkdir(path, S_IRWXU) == 0 || errno == EEXIST;
}

/* Makes every folder on the way to `path`, which ends with a slash. */
static bool make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = make_folder(path);
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

void ckn_cli_prepare_fft_cache(void) {
    if (getenv("CLFFT_CACHE_PATH"))
        return;
    char *path = cache_path();
    if (path && make_folders(path))
        setenv("CLFFT_CACHE_PATH", path, 0);
    free(path);
}
