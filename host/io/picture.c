#include "io/picture.h"

#include "io/atomic_file.h"
#include "io/npy_file.h"
#include "io/output_path.h"
#include "io/picture_format.h"
#include "io/png_file.h"

#include <string.h>

/* The formats that are written, by the name's end. */
static const struct writer {
    const char *extension;
    ckn_code (*write)(FILE *stream, const ckn_picture *picture, ckn_error *error);
} writers[] = {
    {".png", ckn_png_write},
    {".npy", ckn_npy_write},
};

static const struct writer *find_writer(const char *path, ckn_error *error) {
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (ckn_path_has_extension(path, writers[i].extension))
            return &writers[i];
    }
    ckn_fail(error, CKN_ERROR_ARGUMENT,
             "%s: the name of an image must end in .png or .npy, which chooses the format", path);
    return NULL;
}

ckn_code ckn_picture_read(const char *path, ckn_picture *picture, ckn_error *error) {
    ckn_input input;
    memset(picture, 0, sizeof *picture);
    CKN_TRY(ckn_input_open(&input, path, error));
    ckn_code code =
        ckn_picture_format_read(ckn_picture_format_find(&input), &input, picture, error);
    ckn_input_close(&input);
    return code;
}

ckn_code ckn_picture_write(const char *path, const ckn_picture *picture, ckn_error *error) {
    ckn_atomic_file *file = NULL;
    const struct writer *writer = find_writer(path, error);
    if (!writer)
        return CKN_ERROR_ARGUMENT;
    CKN_TRY(ckn_atomic_open(path, &file, error));
    ckn_code code = writer->write(ckn_atomic_stream(file), picture, error);
    if (code == CKN_OK)
        return ckn_atomic_commit(file, error);
    ckn_atomic_abandon(file);
    return error ? ckn_fail_prefix(error, "%s", path) : code;
}

ckn_code ckn_picture_check_path(const char *path, ckn_error *error) {
    return find_writer(path, error) ? ckn_atomic_check(path, error) : CKN_ERROR_ARGUMENT;
}
