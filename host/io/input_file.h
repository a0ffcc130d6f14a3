/* An opened input file whose first bytes are known. */
#ifndef CKN_IO_INPUT_FILE_H
#define CKN_IO_INPUT_FILE_H

#include "base/status.h"

#include <stdint.h>
#include <stdio.h>

enum { CKN_INPUT_HEAD_SIZE = 64 };

typedef struct ckn_input {
    const char *path; /* the caller's */
    FILE *stream;     /* at the first byte */
    uint64_t size;    /* bytes */
    size_t head_size; /* bytes in `head`: fewer than it holds where the file is shorter */
    unsigned char head[CKN_INPUT_HEAD_SIZE];
} ckn_input;

/* Refuses what is missing, unreadable, empty, a folder, or no regular file. Messages start with the
 * path. */
ckn_code ckn_input_open(ckn_input *input, const char *path, ckn_error *error);
void ckn_input_close(ckn_input *input); /* safe on a zeroed or closed one */

/* Reads exactly `size` bytes; fewer, or a read error, is CKN_ERROR_FILE. */
ckn_code ckn_input_read(ckn_input *input, void *data, size_t size, ckn_error *error);

#endif
