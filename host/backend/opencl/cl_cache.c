#include "backend/opencl/cl_cache.h"

#include "base/memory.h"
#include "base/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An entry is this header, the key and the binary. In the byte order of the machine: the magic
 * number does not match on another one. */
typedef struct cache_header {
    uint64_t magic;
    uint64_t key_size;
    uint64_t binary_size;
    uint64_t checksum; /* of the binary */
} cache_header;

#define CACHE_MAGIC UINT64_C(0x31304e524b4c4b43)
/* No program of ours comes near it; a header that says more is broken. */
#define LARGEST_BINARY (UINT64_C(1) << 28)

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define OTHER_OFFSET UINT64_C(0x9e3779b97f4a7c15)

/* Fowler, Noll and Vo's hash, FNV-1a. */
static uint64_t hash_bytes(const void *bytes, size_t size, uint64_t state) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        state = (state ^ byte[i]) * UINT64_C(0x100000001b3);
    return state;
}

char *ckn_cl_cache_folder(const char *option, const ckn_log *log) {
    char *named = ckn_cache_folder_name(option), why[CKN_DISTRUST_SIZE];
    if (!named)
        return NULL;
    char *folder = ckn_private_folder(named, why);
    if (!folder && why[0])
        ckn_log_line(log, CKN_LOG_WARNING,
                     "the cache folder %s is not used: %s; CLKERNEST_CACHE_DIR names another",
                     named, why);
    else if (!folder)
        ckn_log_line(log, CKN_LOG_VERBOSE, "the cache folder %s is not used: %s", named,
                     strerror(errno));
    free(named);
    return folder;
}

char *ckn_cl_cache_path(const char *folder, const char *name, const char *key) {
    const size_t size = strlen(key);
    return ckn_format("%s/%s-%016" PRIx64 "%016" PRIx64 ".bin", folder, name,
                      hash_bytes(key, size, FNV_OFFSET), hash_bytes(key, size, OTHER_OFFSET));
}

static bool read_block(FILE *file, void *block, size_t size) {
    return fread(block, 1, size, file) == size;
}

/* The part of an entry behind its header. NULL where anything does not agree. */
static unsigned char *read_checked(FILE *file, const cache_header *header, const char *key) {
    const size_t size = (size_t)header->binary_size;
    char *found_key = malloc((size_t)header->key_size);
    unsigned char *binary = malloc(size);
    bool good = found_key && binary && read_block(file, found_key, (size_t)header->key_size) &&
                memcmp(found_key, key, (size_t)header->key_size) == 0 &&
                read_block(file, binary, size) && fgetc(file) == EOF &&
                hash_bytes(binary, size, FNV_OFFSET) == header->checksum;
    free(found_key);
    if (good)
        return binary;
    free(binary);
    return NULL;
}

/* NULL where there is none, or none that may be used. Nothing is followed or waited for: the name
 * may be that of a link or a pipe. */
static FILE *open_entry(const char *path, const ckn_log *log) {
    const int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    char why[CKN_DISTRUST_SIZE] = "it is a symbolic link";
    if (descriptor < 0 && errno != ELOOP)
        return NULL;
    if (descriptor >= 0 && fstat(descriptor, &status) == 0 &&
        ckn_private_file(&status, path, why)) {
        FILE *file = fdopen(descriptor, "rb");
        if (file)
            return file;
    } else {
        ckn_log_line(log, CKN_LOG_WARNING, "the cached program %s is not used: %s", path, why);
    }
    if (descriptor >= 0)
        close(descriptor);
    return NULL;
}

bool ckn_cl_cache_read(const char *path, const char *key, unsigned char **binary, size_t *size,
                       const ckn_log *log) {
    FILE *file = open_entry(path, log);
    if (!file)
        return false;
    cache_header header;
    *binary = NULL;
    if (read_block(file, &header, sizeof header) && header.magic == CACHE_MAGIC &&
        header.key_size == strlen(key) && header.binary_size > 0 &&
        header.binary_size <= LARGEST_BINARY)
        *binary = read_checked(file, &header, key);
    *size = *binary ? (size_t)header.binary_size : 0;
    fclose(file);
    return *binary != NULL;
}

static bool write_entry(int descriptor, const char *key, const unsigned char *binary, size_t size) {
    FILE *file = fdopen(descriptor, "wb");
    if (!file) {
        close(descriptor);
        return false;
    }
    const cache_header header = {CACHE_MAGIC, strlen(key), size,
                                 hash_bytes(binary, size, FNV_OFFSET)};
    bool good = fwrite(&header, sizeof header, 1, file) == 1 &&
                fwrite(key, 1, strlen(key), file) == strlen(key) &&
                fwrite(binary, 1, size, file) == size;
    return fclose(file) == 0 && good;
}

void ckn_cl_cache_write(const char *folder, const char *path, const char *key,
                        const unsigned char *binary, size_t size, const ckn_log *log) {
    char *temporary = ckn_format("%s.XXXXXX", path);
    int descriptor = -1;
    if (temporary && ckn_private_folder_make(folder))
        descriptor = mkstemp(temporary);
    bool good = descriptor >= 0 && write_entry(descriptor, key, binary, size) &&
                rename(temporary, path) == 0;
    if (good) {
        ckn_log_line(log, CKN_LOG_VERBOSE, "compiled program kept in %s", path);
    } else {
        ckn_log_line(log, CKN_LOG_VERBOSE, "compiled program not kept: cannot write %s: %s", path,
                     strerror(errno));
        if (descriptor >= 0)
            unlink(temporary);
    }
    free(temporary);
}
