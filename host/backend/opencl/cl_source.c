#include "backend/opencl/cl_source.h"

#include "base/memory.h"
#include "kernel_sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A kernel of a megabyte is a mistake in the folder's name. */
#define LARGEST_SOURCE ((size_t)1 << 20)

ckn_code ckn_cl_source_check_folder(const char *folder, ckn_error *error) {
    struct stat status;
    if (stat(folder, &status) != 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot read the folder of kernels: %s", folder,
                        strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: the folder of kernels is not a folder; give the one that holds the "
                        ".cl files",
                        folder);
    return CKN_OK;
}

static ckn_code read_text(FILE *file, const char *path, char **text, ckn_error *error) {
    CKN_TRY(ckn_allocate(text, LARGEST_SOURCE + 1, 1, path, error));
    size_t length = fread(*text, 1, LARGEST_SOURCE + 1, file);
    if (!ferror(file) && length <= LARGEST_SOURCE) {
        (*text)[length] = '\0';
        return CKN_OK;
    }
    free(*text);
    *text = NULL;
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot read the kernels: %s", path,
                    length > LARGEST_SOURCE ? "the file is larger than 1 MiB" : strerror(errno));
}

static ckn_code copy_embedded(const char *name, char **text, ckn_error *error) {
    for (size_t i = 0; i < ckn_kernel_source_count; i++) {
        const ckn_kernel_source *source = &ckn_kernel_sources[i];
        if (strcmp(source->name, name) != 0)
            continue;
        CKN_TRY(ckn_allocate(text, source->length + 1, 1, name, error));
        memcpy(*text, source->text, source->length);
        return CKN_OK;
    }
    return ckn_fail(error, CKN_ERROR_INTERNAL, "the kernels %s are not built in", name);
}

ckn_code ckn_cl_source_read(const char *folder, const char *name, const ckn_log *log, char **text,
                            ckn_error *error) {
    *text = NULL;
    if (!folder)
        return copy_embedded(name, text, error);
    char *path = ckn_format("%s/%s", folder, name);
    if (!path)
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the path of %s", name);
    FILE *file = fopen(path, "rb");
    ckn_code code;
    if (file) {
        ckn_log_line(log, CKN_LOG_VERBOSE, "kernels from %s", path);
        code = read_text(file, path, text, error);
        fclose(file);
    } else if (errno == ENOENT) {
        code = copy_embedded(name, text, error);
    } else {
        code = ckn_fail(error, CKN_ERROR_FILE, "%s: cannot read the kernels: %s", path,
                        strerror(errno));
    }
    free(path);
    return code;
}
