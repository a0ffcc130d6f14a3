/* Lets each allocation, and each call that opens or reads, fail once: every time there must be a
 * message, and nothing may leak or stay behind. The linker sends those calls here (--wrap). */
#include "io_test.h"

#include "io/picture.h"

#include <errno.h>
#include <locale.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The linker's names. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
FILE *__real_fdopen(int descriptor, const char *mode);
size_t __real_fread(void *data, size_t size, size_t count, FILE *stream);
int __real_ferror(FILE *stream);
ssize_t __real_getline(char **line, size_t *size, FILE *stream);
locale_t __real_newlocale(int mask, const char *name, locale_t base);
png_infop __real_png_create_info_struct(png_const_structrp png);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
FILE *__wrap_fdopen(int descriptor, const char *mode);
size_t __wrap_fread(void *data, size_t size, size_t count, FILE *stream);
int __wrap_ferror(FILE *stream);
ssize_t __wrap_getline(char **line, size_t *size, FILE *stream);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base);
png_infop __wrap_png_create_info_struct(png_const_structrp png);
/* NOLINTEND(bugprone-reserved-identifier) */

static long calls_until_failure; /* the call that brings it from 1 to 0 fails; below: none does */
static bool reading_failed;

static bool fails(int reason) {
    if (calls_until_failure <= 0 || --calls_until_failure > 0)
        return false;
    errno = reason;
    return true;
}

void *__wrap_malloc(size_t size) {
    return fails(ENOMEM) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails(ENOMEM) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size) {
    return fails(ENOMEM) ? NULL : __real_realloc(pointer, size);
}

FILE *__wrap_fdopen(int descriptor, const char *mode) {
    return fails(ENOMEM) ? NULL : __real_fdopen(descriptor, mode);
}

size_t __wrap_fread(void *data, size_t size, size_t count, FILE *stream) {
    if (!fails(EIO))
        return __real_fread(data, size, count, stream);
    reading_failed = true;
    return 0;
}

int __wrap_ferror(FILE *stream) {
    return reading_failed || __real_ferror(stream);
}

ssize_t __wrap_getline(char **line, size_t *size, FILE *stream) {
    return fails(EIO) ? -1 : __real_getline(line, size, stream);
}

locale_t __wrap_newlocale(int mask, const char *name, locale_t base) {
    return fails(ENOMEM) ? (locale_t)0 : __real_newlocale(mask, name, base);
}

png_infop __wrap_png_create_info_struct(png_const_structrp png) {
    return fails(ENOMEM) ? NULL : __real_png_create_info_struct(png);
}

typedef ckn_code (*job)(const char *path, ckn_error *error);

static ckn_code read_picture(const char *path, ckn_error *error) {
    ckn_picture picture;
    ckn_code code = ckn_picture_read(path, NULL, &picture, error);
    ckn_picture_release(&picture);
    return code;
}

static ckn_code read_kernel(const char *path, ckn_error *error) {
    double *taps = NULL;
    size_t rows, cols;
    ckn_code code = ckn_kernel_read(path, NULL, &taps, &rows, &cols, error);
    free(taps);
    return code;
}

static ckn_code write_picture(const char *path, ckn_error *error) {
    ckn_picture picture;
    ckn_code code = ckn_picture_create(&picture, 4, 5, 1, false, CKN_SAMPLE_U8, error);
    if (code == CKN_OK)
        code = ckn_picture_write(path, &picture, error);
    ckn_picture_release(&picture);
    return code;
}

static ckn_code write_kernel(const char *path, ckn_error *error) {
    static const double taps[6] = {1, 2, 3, 4, 5, 6};
    ckn_view view = ckn_view_f64(taps, 2, 3);
    return ckn_kernel_write(path, &view, NULL, NULL, 0, error);
}

/* Runs the job with its first, second, ... call failing, until it gets through. */
static void run_until_success(job run, const char *path) {
    size_t files = io_test_count_files();
    ckn_error error;
    for (long failing = 1;; failing++) {
        assert_true(failing < 1000);
        reading_failed = false;
        calls_until_failure = failing;
        ckn_code code = run(path, &error);
        bool failed = calls_until_failure == 0;
        calls_until_failure = 0;
        reading_failed = false;
        if (!failed) {
            assert_int_equal(code, CKN_OK);
            assert_true(failing > 2);
            return;
        }
        assert_int_equal(io_test_count_files(), files);
        if (code != CKN_ERROR_MEMORY && code != CKN_ERROR_FILE)
            fail_msg("call %ld fails, but the code is %s", failing, ckn_code_name(code));
        assert_true(strlen(error.message) > 10);
    }
}

static void test_every_call(void **state) {
    (void)state;
    static const struct {
        const char *name;
        job write, read;
    } cases[] = {
        {"a.png", write_picture, read_picture},  {"a.npy", write_picture, read_picture},
        {"k.png", write_kernel, read_picture},   {"k.npy", write_kernel, read_kernel},
        {"k.csv", write_kernel, read_kernel},    {"a.tif", write_picture, read_picture},
        {"a.fits", write_picture, read_picture}, {"k.tif", write_kernel, read_kernel},
        {"k.fits", write_kernel, read_kernel},   {"k.jpg", write_kernel, read_picture},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = io_test_path(cases[i].name);
        run_until_success(cases[i].write, path);
        run_until_success(cases[i].read, path);
        unlink(path);
    }
}

/* More numbers than the first allocation holds, and a link to follow. */
static void test_growing(void **state) {
    (void)state;
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ',' : '1';
    text[sizeof text - 1] = '\n';
    const char *path = io_test_file("long.csv", text, sizeof text);
    run_until_success(read_kernel, path);
    const char *link = io_test_path("link.npy");
    assert_int_equal(symlink("target.npy", link), 0);
    run_until_success(write_kernel, link);
    unlink(io_test_path("target.npy"));
    unlink(link);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call),
        cmocka_unit_test(test_growing),
    };
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
