/* Where an output file really goes, and whether it can go there. */
#ifndef CKN_IO_OUTPUT_PATH_H
#define CKN_IO_OUTPUT_PATH_H

#include "base/status.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct ckn_output_path {
    char *target; /* `path` with its symbolic links followed, so that a link survives */
    char *folder; /* of the target */
    bool exists;  /* the target is there already */
    bool regular; /* where it exists: a regular file; a device or a pipe is written directly */
    mode_t mode;  /* permissions, owner and group of an existing target */
    uid_t owner;
    gid_t group;
} ckn_output_path;

/* Refuses a path whose folder is missing or not writable, a folder, a write-protected file, and
 * links of others in a folder that everybody may write to, such as /tmp.
 * Messages start with `path`. Release with ckn_output_path_release(). */
ckn_code ckn_output_path_create(ckn_output_path *output, const char *path, ckn_error *error);
void ckn_output_path_release(ckn_output_path *output); /* safe on a zeroed or released one */

/* Refuses a folder that is missing, or in which no file can be created: CKN_ERROR_FILE. Messages
 * start with `path`, what was to be written. */
ckn_code ckn_output_folder_check(const char *path, const char *folder, ckn_error *error);

/* The same, but makes the folder (its parent must exist) where nothing has its name. */
ckn_code ckn_output_folder_make(const char *path, const char *folder, ckn_error *error);

/* Whether `path` ends in `extension` (lower case, with its dot), in capitals or not. */
bool ckn_path_has_extension(const char *path, const char *extension);

#endif
