/* The formats of image files: which are read, and why others are not. */
#ifndef CKN_IO_PICTURE_FORMAT_H
#define CKN_IO_PICTURE_FORMAT_H

#include "io/input_file.h"
#include "io/picture.h"

typedef struct ckn_picture_format {
    const char *name;  /* with its article: "a PNG" */
    const char *magic; /* the bytes at `offset` by which a file is known */
    size_t offset, length;
    const char *magic2; /* where not NULL, these stand at `offset2` too */
    size_t offset2, length2;
    /* NULL where the format is not read; `refusal` says then why not, and what to do. */
    ckn_code (*read)(ckn_input *input, ckn_picture *picture, ckn_error *error);
    const char *refusal;
    bool numbers; /* holds numbers as they are, where a picture has lost their scale */
} ckn_picture_format;

/* NULL where the file's first bytes are none that are known. */
const ckn_picture_format *ckn_picture_format_find(const ckn_input *input);

/* Reads a picture whose format was found; NULL gives the message that it is none. */
ckn_code ckn_picture_format_read(const ckn_picture_format *format, ckn_input *input,
                                 ckn_picture *picture, ckn_error *error);

#endif
