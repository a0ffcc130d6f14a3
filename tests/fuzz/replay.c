/* Runs a fuzz target on files, without libFuzzer. Arguments are files and folders of them; a file
 * that fails is the last that was named. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t replayed;

static void replay_file(const char *path) {
    printf("%s\n", path);
    fflush(stdout);
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file, "%s cannot be opened", path);
    FUZZ_CHECK(fseek(file, 0, SEEK_END) == 0, "%s has no end", path);
    const long size = ftell(file);
    FUZZ_CHECK(size >= 0, "%s has no size", path);
    rewind(file);
    /* Of the very size, so that AddressSanitizer sees a byte too far. */
    uint8_t *bytes = malloc(size ? (size_t)size : 1);
    FUZZ_CHECK(bytes, "no memory for %s", path);
    FUZZ_CHECK(fread(bytes, 1, (size_t)size, file) == (size_t)size, "%s cannot be read", path);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, (size_t)size);
    free(bytes);
    replayed++;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path) {
    struct dirent **entries;
    const int count = scandir(path, &entries, is_visible, alphasort);
    FUZZ_CHECK(count >= 0, "%s cannot be listed", path);
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        replay_file(name);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct stat status;
        FUZZ_CHECK(stat(argv[i], &status) == 0, "%s is missing", argv[i]);
        if (S_ISDIR(status.st_mode))
            replay_folder(argv[i]);
        else
            replay_file(argv[i]);
    }
    FUZZ_CHECK(replayed > 0, "there was nothing to replay");
    printf("%zu inputs\n", replayed);
    return 0;
}
