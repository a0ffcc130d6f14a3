/* What the tests of the file floor share: a folder of their own, small files, expectations. */
#ifndef IO_TEST_H
#define IO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "io/picture.h"

/* A new folder under the working directory, and its removal with all files in it. For cmocka's
 * group setup and teardown. */
int io_test_setup(void **state);
int io_test_teardown(void **state);

/* The path of `name` in that folder; valid until the eighth call after this one. */
const char *io_test_path(const char *name);

/* Writes a file into that folder and returns its path, as io_test_path() does. */
const char *io_test_file(const char *name, const void *bytes, size_t size);

/* The file's bytes, malloc'ed; fails the test where it cannot be read. */
unsigned char *io_test_slurp(const char *path, size_t *size);

/* How many files the folder holds: none that is temporary may stay behind. */
size_t io_test_count_files(void);

/* A random number below `limit`; the same ones in every run. */
size_t io_test_below(size_t limit);

/* The call failed with `code`, and its message holds both texts. */
void io_test_expect(ckn_code found, ckn_code code, const ckn_error *error, const char *text1,
                    const char *text2);

/* Reads a picture, and touches every sample, so that a sanitizer sees planes that are too small.
 * False where it is refused, with a message that starts with the path, and nothing left behind. */
bool io_test_survives_picture(const char *path);
/* As io_test_survives_picture(), for a kernel. */
bool io_test_survives_kernel(const char *path);

#endif
