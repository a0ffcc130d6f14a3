/* How large a picture may be: one rule for all formats, asked before any memory is taken or
 * anything is unpacked, as the size is what the file says. */
#ifndef CKN_IO_READ_LIMIT_H
#define CKN_IO_READ_LIMIT_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ckn_read_limits {
    /* The most pixels of one picture, and no other limit. 0: 2^29 pixels, and of memory what the
     * program may take for them, at most half of the machine's. */
    size_t max_pixels;
    size_t held; /* bytes of planes that were read before and are still needed */
} ckn_read_limits;

/* What a file says before its samples are read. */
typedef struct ckn_announcement {
    uint64_t cols, rows;
    size_t planes, sample_bytes; /* in memory, as in ckn_picture; at most 8 and 8 */
} ckn_announcement;

/* CKN_ERROR_FILE with a message that starts with `path` where that is too much. */
ckn_code ckn_read_limit_check(const ckn_read_limits *limits, const char *path,
                              ckn_announcement size, ckn_error *error);

#endif
