/* Compiled programs on disk. An entry is a file that holds its whole key, the binary and a
 * checksum; it is used only where all three agree, so that broken, truncated and foreign files are
 * the same as none. Nothing here is ever an error: a cache that does not work is slower. */
#ifndef CKN_BACKEND_CL_CACHE_H
#define CKN_BACKEND_CL_CACHE_H

#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

/* The folder that `option` means (see ckn_context_options), freed with free(). NULL: no cache. */
char *ckn_cl_cache_folder(const char *option);

/* The file of `key` in `folder`, freed with free(): NAME-HASH.bin. NULL where memory is exhausted.
 * `key` is the text that everything the binary depends on was written into. */
char *ckn_cl_cache_path(const char *folder, const char *name, const char *key);

/* Reads an entry. *binary is freed with free(); false: there is none for this key. */
bool ckn_cl_cache_read(const char *path, const char *key, unsigned char **binary, size_t *size);

/* Writes an entry beside its place and renames it there, making the folder where needed. */
void ckn_cl_cache_write(const char *folder, const char *path, const char *key,
                        const unsigned char *binary, size_t size, const ckn_log *log);

#endif
