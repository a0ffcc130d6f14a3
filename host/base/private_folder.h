/* Folders of files that are run as they are: nobody but the user and root may have put them there.
 */
#ifndef CKN_BASE_PRIVATE_FOLDER_H
#define CKN_BASE_PRIVATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Room for what is wrong with a folder or a file. */
#define CKN_DISTRUST_SIZE 768

/* The path of `folder` without symbolic links (freed with free()). It need not be there; what is
 * there of it belongs to the user or to root, and nobody else may write to it (a group in which the
 * user is alone is nobody else); the folders that hold it may be writable where they are sticky, as
 * /tmp is. NULL with an empty `why`: errno says what failed. NULL otherwise: somebody else could
 * have put files there, and `why`, of CKN_DISTRUST_SIZE bytes, says so. */
char *ckn_private_folder(const char *folder, char *why);

/* mkdir -p of such a path; what is made is for the user alone. */
bool ckn_private_folder_make(const char *folder);

/* The folder of compiled programs by the rules of ckn_context_options.cache_dir, whose value
 * `option` is; NULL for none (or no memory). Freed with free(). */
char *ckn_cache_folder_name(const char *option);

/* What ckn_private_folder() asks, of one file or folder alone, by what fstat() or lstat() says of
 * it. */
bool ckn_private_status(const struct stat *status, const char *path, char *why);

/* The same; other things than regular files are refused. */
bool ckn_private_file(const struct stat *file, const char *path, char *why);

#endif
