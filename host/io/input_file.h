/* An opened input file whose first bytes are known. */
#ifndef CKN_IO_INPUT_FILE_H
#define CKN_IO_INPUT_FILE_H

#include "base/status.h"
#include "io/read_limit.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { CKN_INPUT_HEAD_SIZE = 64, CKN_INPUT_NAME_SIZE = 72 };

typedef struct ckn_input {
    const char *path; /* the caller's, with the page that it may name */
    FILE *stream;     /* at the first byte */
    bool has_page;    /* `path` was "NAME[PAGE]" */
    size_t page;
    char name[CKN_INPUT_NAME_SIZE]; /* `path` was "FILE[NAME]" or "FILE[NAME,VERSION]"; else "" */
    size_t version;                 /* 0: none was given */
    ckn_read_limits limits;
    uint64_t size;    /* bytes */
    size_t head_size; /* bytes in `head`: fewer than it holds where the file is shorter */
    unsigned char head[CKN_INPUT_HEAD_SIZE];
} ckn_input;

/* Refuses what is missing, unreadable, empty, a folder, or no regular file. Where no file has the
 * name `path` and it ends in a number in brackets, as "stack.tif[2]", that is a page of the file
 * before it; a name there, as "a.fits[SCI]" or "a.fits[SCI,2]", is that of a part. `limits` are
 * kept for the formats; NULL: the defaults. Messages start with the path.
 */
ckn_code ckn_input_open(ckn_input *input, const char *path, const ckn_read_limits *limits,
                        ckn_error *error);
/* The file's own name, without what stands in brackets: a new string (freed with free()); NULL
 * where memory is exhausted. */
char *ckn_input_file_name(const char *path);
void ckn_input_close(ckn_input *input); /* safe on a zeroed or closed one */

/* Reads exactly `size` bytes; fewer, or a read error, is CKN_ERROR_FILE. */
ckn_code ckn_input_read(ckn_input *input, void *data, size_t size, ckn_error *error);

#endif
