/* Pictures and kernels for the tests, and reading what the program wrote. */
#ifndef CLI_TEST_FILES_H
#define CLI_TEST_FILES_H

#include "io/picture.h"

#include <stdbool.h>

/* Numbers in (0, 1) that look random; the same for the same seed and index. */
double pattern(unsigned seed, size_t index);

/* Writes a picture of pattern() values; the extension chooses PNG or NPY. */
void write_pattern(const char *path, size_t rows, size_t cols, size_t channels, bool alpha,
                   ckn_sample sample, unsigned seed);
/* A grey float64 NPY file with one value everywhere. */
void write_constant(const char *path, size_t rows, size_t cols, double value);
/* A grey float64 NPY file from these samples. */
void write_samples(const char *path, const double *samples, size_t rows, size_t cols);
void write_text(const char *path, const char *text);
void write_bytes(const char *path, const void *bytes, size_t count);

/* Reads a picture; fails the test where that fails. Release with ckn_picture_release(). */
ckn_picture read_picture(const char *path);
/* Sample of a plane. */
double sample_at(const ckn_picture *picture, size_t plane, size_t row, size_t col);
/* Reads a kernel of this size (to be freed). */
double *read_kernel(const char *path, size_t rows, size_t cols);

/* The file's bytes as a text (to be freed); NULL where there is none. */
char *file_text(const char *path);
/* The part of a CSV text after the lines that begin with #. */
const char *after_comments(const char *text);
bool file_exists(const char *path);
/* Entries of the working folder. */
size_t count_files(void);
bool same_bytes(const char *a, const char *b);

/* ||a - b|| / ||b|| */
double relative_difference(const double *a, const double *b, size_t count);

#endif
