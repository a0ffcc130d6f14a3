/* Compiled programs on disk. An entry is a file that holds its whole key, the binary and a
 * checksum; it is used only where all three agree, so that broken and truncated files are the same
 * as none. A checksum is no signature: folders and files that anybody but the user and root could
 * have written are not used, which the log says. Nothing here is ever an error: a cache that does
 * not work is slower. */
#ifndef CKN_BACKEND_CL_CACHE_H
#define CKN_BACKEND_CL_CACHE_H

#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

/* The folder that `option` means (see ckn_context_options), without symbolic links, freed with
 * free(). NULL: no cache. */
char *ckn_cl_cache_folder(const char *option, const ckn_log *log);

/* The file of `key` in `folder`, freed with free(): NAME-HASH.bin. NULL where memory is exhausted.
 * `key` is the text that everything the binary depends on was written into. */
char *ckn_cl_cache_path(const char *folder, const char *name, const char *key);

/* Reads an entry. *binary is freed with free(); false: there is none for this key. */
bool ckn_cl_cache_read(const char *path, const char *key, unsigned char **binary, size_t *size,
                       const ckn_log *log);

/* Writes an entry beside its place and renames it there, making the folder where needed. */
void ckn_cl_cache_write(const char *folder, const char *path, const char *key,
                        const unsigned char *binary, size_t size, const ckn_log *log);

#endif
