#include "io_test.h"

#include "base/view.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATHS = 8, PATH_SIZE = 512 };

static char folder[64];

int io_test_setup(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "./io-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

/* Calls `visit` for each entry but . and .. */
static size_t walk(void (*visit)(const char *path)) {
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (visit)
            visit(io_test_path(entry->d_name));
    }
    closedir(directory);
    return count;
}

static void delete_entry(const char *path) {
    if (unlink(path) != 0)
        (void)rmdir(path);
}

int io_test_teardown(void **state) {
    (void)state;
    walk(delete_entry);
    return rmdir(folder);
}

const char *io_test_path(const char *name) {
    static char paths[PATHS][PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % PATHS];
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

const char *io_test_file(const char *name, const void *bytes, size_t size) {
    const char *path = io_test_path(name);
    unlink(path); /* file systems may wait for the disk where a file is overwritten */
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

unsigned char *io_test_slurp(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length >= 0);
    rewind(file);
    unsigned char *bytes = malloc((size_t)length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
    fclose(file);
    bytes[length] = '\0';
    *size = (size_t)length;
    return bytes;
}

size_t io_test_count_files(void) {
    return walk(NULL);
}

void io_test_expect(ckn_code found, ckn_code code, const ckn_error *error, const char *text1,
                    const char *text2) {
    if (found != code)
        fail_msg("code %s instead of %s: %s", ckn_code_name(found), ckn_code_name(code),
                 found == CKN_OK ? "no failure" : error->message);
    assert_int_equal(error->code, code);
    assert_null(strchr(error->message, '\n'));
    if (!strstr(error->message, text1) || !strstr(error->message, text2))
        fail_msg("'%s' lacks '%s' or '%s'", error->message, text1, text2);
}

/* xorshift64* */
size_t io_test_below(size_t limit) {
    static uint64_t state = 20110901;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * 2685821657736338717U) >> 33) % limit;
}

static double sum_of(const ckn_view *view) {
    double sum = 0;
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++)
            sum += ckn_view_at(view, row, col);
    }
    return sum;
}

static void expect_message(ckn_code code, const ckn_error *error, const char *path) {
    assert_int_equal(error->code, code);
    assert_ptr_equal(strstr(error->message, path), error->message);
}

bool io_test_survives_picture(const char *path) {
    ckn_picture picture;
    ckn_error error = {CKN_OK, ""};
    ckn_code code = ckn_picture_read(path, NULL, &picture, &error);
    if (code != CKN_OK) {
        expect_message(code, &error, path);
        assert_null(picture.data);
        return false;
    }
    volatile double sum = 0;
    for (size_t plane = 0; plane < ckn_picture_plane_count(&picture); plane++) {
        ckn_view view = ckn_picture_view(&picture, plane);
        sum += sum_of(&view);
    }
    (void)sum;
    ckn_picture_release(&picture);
    return true;
}

bool io_test_survives_kernel(const char *path) {
    double *taps = NULL;
    size_t rows, cols;
    ckn_error error = {CKN_OK, ""};
    ckn_code code = ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error);
    if (code != CKN_OK) {
        expect_message(code, &error, path);
        assert_null(taps);
        return false;
    }
    ckn_view view = ckn_view_f64(taps, rows, cols);
    volatile double sum = sum_of(&view);
    (void)sum;
    free(taps);
    return true;
}
