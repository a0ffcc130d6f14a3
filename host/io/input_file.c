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

/* What stands in the brackets at a path's end. */
typedef struct input_part {
    size_t length; /* of the path before them; 0 where it has another form */
    bool has_page;
    size_t page;
    char name[CKN_INPUT_NAME_SIZE];
    size_t version;
} input_part;

enum { MOST_DIGITS = 9 };

/* A whole number up to the closing bracket. */
static bool take_number(const char *text, size_t *number) {
    const size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > MOST_DIGITS || strcmp(text + digits, "]") != 0)
        return false;
    *number = strtoul(text, NULL, 10);
    return true;
}

/* NAME] or NAME,VERSION] */
static bool take_name(const char *text, input_part *part) {
    const size_t length = strcspn(text, ",]");
    if (length < 1 || length >= sizeof part->name || strspn(text, "0123456789") == length)
        return false;
    memcpy(part->name, text, length);
    part->name[length] = '\0';
    return text[length] == ',' ? take_number(text + length + 1, &part->version)
                               : strcmp(text + length, "]") == 0;
}

static input_part split_path(const char *path) {
    input_part part = {.length = 0};
    const char *open = strrchr(path, '[');
    if (!open || open == path || path[strlen(path) - 1] != ']')
        return part;
    part.has_page = take_number(open + 1, &part.page);
    if (!part.has_page && !take_name(open + 1, &part))
        return (input_part){.length = 0};
    part.length = (size_t)(open - path);
    return part;
}

/* Without one too where a file has the whole name: then the brackets are part of it. */
static input_part part_of(const char *path) {
    struct stat status;
    const input_part part = split_path(path);
    return part.length && stat(path, &status) != 0 ? part : (input_part){.length = 0};
}

char *ckn_input_file_name(const char *path) {
    const size_t length = part_of(path).length;
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
    const input_part part = part_of(path);
    input->has_page = part.has_page;
    input->page = part.page;
    input->version = part.version;
    snprintf(input->name, sizeof input->name, "%s", part.name);
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
