#include "files.h"

#include "program.h"

#include "base/view.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

double pattern(unsigned seed, size_t index) {
    uint64_t z = (seed + 1) * 0x9e3779b97f4a7c15ULL + index * 0xd1342543de82ef95ULL;
    z = (z ^ (z >> 32)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 29)) * 0x94d049bb133111ebULL;
    return ((double)((z ^ (z >> 32)) >> 12) + 0.5) * 0x1p-52;
}

static void succeed(ckn_code code, const ckn_error *error) {
    if (code != CKN_OK)
        fail_msg("%s", error->message);
}

void write_pattern(const char *path, size_t rows, size_t cols, size_t channels, bool alpha,
                   ckn_sample sample, unsigned seed) {
    ckn_error error;
    ckn_picture picture;
    succeed(ckn_picture_create(&picture, rows, cols, channels, alpha, sample, &error), &error);
    size_t index = 0;
    for (size_t plane = 0; plane < ckn_picture_plane_count(&picture); plane++) {
        ckn_output output = ckn_picture_output(&picture, plane);
        for (size_t r = 0; r < rows; r++) {
            for (size_t c = 0; c < cols; c++)
                ckn_output_set(&output, r, c, pattern(seed, index++));
        }
    }
    succeed(ckn_picture_write(path, &picture, &error), &error);
    ckn_picture_release(&picture);
}

void write_samples(const char *path, const double *samples, size_t rows, size_t cols) {
    ckn_error error;
    ckn_picture picture;
    succeed(ckn_picture_create(&picture, rows, cols, 1, false, CKN_SAMPLE_F64, &error), &error);
    memcpy(picture.data, samples, rows * cols * sizeof *samples);
    succeed(ckn_picture_write(path, &picture, &error), &error);
    ckn_picture_release(&picture);
}

void write_constant(const char *path, size_t rows, size_t cols, double value) {
    double *samples = malloc(rows * cols * sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < rows * cols; i++)
        samples[i] = value;
    write_samples(path, samples, rows, cols);
    free(samples);
}

void write_bytes(const char *path, const void *bytes, size_t count) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, count, stream), count);
    assert_int_equal(fclose(stream), 0);
}

void write_text(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}

ckn_picture read_picture(const char *path) {
    ckn_error error;
    ckn_picture picture;
    succeed(ckn_picture_read(path, NULL, &picture, &error), &error);
    return picture;
}

double sample_at(const ckn_picture *picture, size_t plane, size_t row, size_t col) {
    ckn_view view = ckn_picture_view(picture, plane);
    return ckn_view_at(&view, row, col);
}

double *read_kernel(const char *path, size_t rows, size_t cols) {
    ckn_error error;
    double *taps;
    size_t got_rows, got_cols;
    succeed(ckn_kernel_read(path, NULL, &taps, &got_rows, &got_cols, &error), &error);
    assert_int_equal(got_rows, rows);
    assert_int_equal(got_cols, cols);
    return taps;
}

static char *read_all(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return NULL;
    fseek(stream, 0, SEEK_END);
    long length = ftell(stream);
    rewind(stream);
    assert_true(length >= 0);
    *size = (size_t)length;
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, stream), *size);
    bytes[*size] = '\0';
    fclose(stream);
    return bytes;
}

char *file_text(const char *path) {
    size_t size;
    return read_all(path, &size);
}

const char *after_comments(const char *text) {
    while (*text == '#') {
        const char *end = strchr(text, '\n');
        assert_non_null(end);
        text = end + 1;
    }
    return text;
}

bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

size_t count_files(void) {
    size_t count = 0;
    DIR *listing = opendir(".");
    assert_non_null(listing);
    while (readdir(listing))
        count++;
    closedir(listing);
    return count;
}

bool same_bytes(const char *a, const char *b) {
    size_t a_size = 0, b_size = 0;
    char *a_bytes = read_all(a, &a_size), *b_bytes = read_all(b, &b_size);
    bool same = a_bytes && b_bytes && a_size == b_size && memcmp(a_bytes, b_bytes, a_size) == 0;
    free(a_bytes);
    free(b_bytes);
    return same;
}

double relative_difference(const double *a, const double *b, size_t count) {
    double difference = 0.0, norm = 0.0;
    for (size_t i = 0; i < count; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return sqrt(difference / norm);
}
