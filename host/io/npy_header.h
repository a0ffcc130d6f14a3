/* The header of an NPY file: a Python dictionary as text. */
#ifndef CKN_IO_NPY_HEADER_H
#define CKN_IO_NPY_HEADER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { CKN_NPY_MOST_DIMENSIONS = 32, CKN_NPY_DESCR_SIZE = 32, CKN_NPY_COMMENT_SIZE = 80 };

typedef struct ckn_npy_header {
    char descr[CKN_NPY_DESCR_SIZE]; /* for example "<f4"; printable, cut where it is longer */
    bool fortran_order;
    char
        comment[CKN_NPY_COMMENT_SIZE]; /* behind the dictionary and its #; cut where it is longer */
    size_t dimensions;                 /* elements of `shape` in use */
    size_t shape[CKN_NPY_MOST_DIMENSIONS];
} ckn_npy_header;

/* Parses `length` characters such as
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 * with the keys in any order; each must be there once, and no other. A comment after a # may
 * follow. Messages bear no path. */
ckn_code ckn_npy_header_parse(const char *text, size_t length, ckn_npy_header *header,
                              ckn_error *error);

#endif
