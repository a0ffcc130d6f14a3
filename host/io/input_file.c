#include "io/input_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ckn_code check_kind(const char *path, const struct stat *status, ckn_error *error) {
    if (S_ISDIR(status->st_mode))
        return ckn_fail(error, CKN_ERROR_FILE, "%s: is a folder, not a file", path);
    if (!S_ISREG(status->st_mode))
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: is a pipe or a device; save its contents in a file first", path);
    if (status->st_size == 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: is empty (0 bytes)", path);
    return CKN_OK;
}

/* "NAME[PAGE]": the length of NAME, or 0 where `path` has another form. */
static size_t split_page(const char *path, size_t *page) {
    const char *open = strrchr(path, '[');
    if (!open || open == path)
        return 0;
    size_t digits = strspn(open + 1, "0123456789");
    if (digits < 1 || digits > 9 || strcmp(open + 1 + digits, "]") != 0)
        return 0;
    *page = strtoul(open + 1, NULL, 10);
    return (size_t)(open - path);
}

/* 0 too where a file has the whole name: then the brackets are part of it. */
static size_t page_of(const char *path, size_t *page) {
    struct stat status;
    size_t length = split_page(path, page);
    return length && stat(path, &status) != 0 ? length : 0;
}

char *ckn_input_file_name(const char *path) {
    size_t page, length = page_of(path, &page);
    return length ? ckn_format("%.*s", (int)length, path) : ckn_format("%s", path);
}

/* O_NONBLOCK: opening a pipe that nobody writes to must not wait for ever. */
static ckn_code open_regular(const char *path, const char *name, int *descriptor, uint64_t *size,
                             ckn_error *error) {
    int opened = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened < 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be opened for reading: %s", path,
                        strerror(errno));
    struct stat status;
    ckn_code code = fstat(opened, &status) == 0
                        ? check_kind(path, &status, error)
                        : ckn_fail(error, CKN_ERROR_FILE, "%s: %s", path, strerror(errno));
    if (code != CKN_OK) {
        close(opened);
        return code;
    }
    *descriptor = opened;
    *size = (uint64_t)status.st_size;
    return CKN_OK;
}

ckn_code ckn_input_open(ckn_input *input, const char *path, const ckn_read_limits *limits,
                        ckn_error *error) {
    int descriptor = -1;
    memset(input, 0, sizeof *input);
    if (path[0] == '\0')
        return ckn_fail(error, CKN_ERROR_FILE, "the name of the input file is empty");
    input->has_page = page_of(path, &input->page) > 0;
    char *name = ckn_input_file_name(path);
    if (!name)
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to open it", path);
    ckn_code code = open_regular(path, name, &descriptor, &input->size, error);
    free(name);
    if (code != CKN_OK)
        return code;
    input->path = path;
    if (limits)
        input->limits = *limits;
    input->stream = fdopen(descriptor, "rb");
    if (!input->stream) {
        close(descriptor);
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory to open it", path);
    }
    input->head_size = fread(input->head, 1, sizeof input->head, input->stream);
    if (input->head_size == 0 || fseek(input->stream, 0, SEEK_SET) != 0) {
        ckn_input_close(input);
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read: %s", path, strerror(errno));
    }
    return CKN_OK;
}

void ckn_input_close(ckn_input *input) {
    if (input->stream)
        fclose(input->stream);
    memset(input, 0, sizeof *input);
}

ckn_code ckn_input_read(ckn_input *input, void *data, size_t size, ckn_error *error) {
    if (fread(data, 1, size, input->stream) == size)
        return CKN_OK;
    if (ferror(input->stream))
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read: %s", input->path,
                        strerror(errno));
    return ckn_fail(error, CKN_ERROR_FILE, "%s: is truncated (it ends after %llu bytes)",
                    input->path, (unsigned long long)input->size);
}
