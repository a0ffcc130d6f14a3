/* Temporary folders for the tests of this directory. */
#ifndef CKN_TEST_OPENCL_FOLDER_H
#define CKN_TEST_OPENCL_FOLDER_H

#include "support/harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A new folder in $TMPDIR or /tmp; `path` has 256 bytes. */
static inline void make_folder(char *path) {
    const char *base = getenv("TMPDIR");
    snprintf(path, 256, "%s/clkernest-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(path))
        ckn_test_fail("cannot make %s", path);
}

typedef void (*file_fn)(const char *path);

/* Calls `each`, which may be NULL, with every file of a folder; returns how many there are. */
static inline size_t each_file(const char *folder, file_fn each) {
    DIR *list = opendir(folder);
    size_t count = 0;
    if (!list)
        return 0;
    for (const struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (each)
            each(path);
        count++;
    }
    closedir(list);
    return count;
}

static inline void unlink_file(const char *path) {
    unlink(path);
}

static inline void remove_folder(const char *path) {
    each_file(path, unlink_file);
    rmdir(path);
}

static inline void write_file(const char *folder, const char *name, const char *text) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(text, 1, strlen(text), file) != strlen(text) || fclose(file) != 0)
        ckn_test_fail("cannot write %s", path);
}

#endif
