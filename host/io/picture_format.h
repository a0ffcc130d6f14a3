/* The formats of image files: which are read, and why others are not. */
#ifndef CKN_IO_PICTURE_FORMAT_H
#define CKN_IO_PICTURE_FORMAT_H

#include "io/input_file.h"
#include "io/picture.h"

/* What a format holds as it is, where a picture has lost the scale of its numbers. */
typedef enum ckn_numbers {
    CKN_NUMBERS_NONE = 0,
    CKN_NUMBERS_REAL, /* real numbers, but integers are a picture's */
    CKN_NUMBERS_ALL
} ckn_numbers;

/* Refuses a file of an absent format by its name's end and the build option that it needs. */
ckn_code ckn_picture_format_absent(const char *path, const char *option, ckn_error *error);

typedef struct ckn_picture_format {
    const char *name;  /* with its article: "a PNG" */
    const char *magic; /* the bytes at `offset` by which a file is known */
    size_t offset, length;
    const char *magic2; /* where not NULL, these stand at `offset2` too */
    size_t offset2, length2;
    /* NULL where the format is not read; `refusal` says then why not, and what to do. */
    ckn_code (*read)(ckn_input *input, ckn_picture *picture, ckn_error *error);
    const char *refusal;
    ckn_numbers numbers;
    bool named; /* its parts have names */
    /* NULL where a file holds one picture, and pages are refused. */
    ckn_code (*count_pages)(ckn_input *input, size_t *count, ckn_error *error);
} ckn_picture_format;

/* NULL where the file's first bytes are none that are known. */
const ckn_picture_format *ckn_picture_format_find(const ckn_input *input);

/* Reads a picture whose format was found; NULL gives the message that it is none. */
ckn_code ckn_picture_format_read(const ckn_picture_format *format, ckn_input *input,
                                 ckn_picture *picture, ckn_error *error);

/* "PNG, NPY, JPEG": what this build reads and writes as pictures and as kernels. */
typedef struct ckn_format_lists {
    char read[64], kernels_read[64], pictures[64], kernels[64];
} ckn_format_lists;

ckn_format_lists ckn_picture_format_lists(void);

#endif
