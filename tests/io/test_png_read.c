/* PNG files of every kind, written by pypng, are read sample by sample. */
#include "io_test.h"

#include "base/view.h"
#include "io/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

typedef struct expected {
    uint32_t rows, cols, channels, alpha, bits;
    double *samples;
} expected;

static uint32_t get_u32(const unsigned char *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static expected read_expected(const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.expected", folder, name);
    size_t size;
    unsigned char *bytes = io_test_slurp(path, &size);
    expected found = {get_u32(bytes),      get_u32(bytes + 4),  get_u32(bytes + 8),
                      get_u32(bytes + 12), get_u32(bytes + 16), NULL};
    size_t count = (size_t)found.rows * found.cols * (found.channels + found.alpha);
    assert_int_equal(size, 20 + 8 * count);
    found.samples = malloc(8 * count);
    assert_non_null(found.samples);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *sample = bytes + 20 + 8 * i;
        uint64_t bits = get_u32(sample) | (uint64_t)get_u32(sample + 4) << 32;
        memcpy(&found.samples[i], &bits, 8);
    }
    free(bytes);
    return found;
}

static void check_samples(const char *name, const ckn_picture *picture, const expected *wanted) {
    size_t i = 0;
    for (size_t plane = 0; plane < ckn_picture_plane_count(picture); plane++) {
        ckn_view view = ckn_picture_view(picture, plane);
        for (size_t row = 0; row < view.rows; row++) {
            for (size_t col = 0; col < view.cols; col++, i++) {
                double found = ckn_view_at(&view, row, col);
                if (found != (double)(float)wanted->samples[i])
                    fail_msg("%s: plane %zu, row %zu, column %zu: %.9g instead of %.9g", name,
                             plane, row, col, found, wanted->samples[i]);
            }
        }
    }
}

static void check_case(const char *name) {
    char path[1024];
    ckn_picture picture;
    ckn_error error;
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    if (ckn_picture_read(path, NULL, &picture, &error) != CKN_OK)
        fail_msg("%s", error.message);
    expected wanted = read_expected(name);
    assert_int_equal(picture.rows, wanted.rows);
    assert_int_equal(picture.cols, wanted.cols);
    assert_int_equal(picture.channels, wanted.channels);
    assert_int_equal(picture.has_alpha, wanted.alpha);
    assert_int_equal(picture.sample, wanted.bits == 16 ? CKN_SAMPLE_U16 : CKN_SAMPLE_U8);
    assert_int_equal(picture.type, CKN_FLOAT32);
    check_samples(name, &picture, &wanted);
    free(wanted.samples);
    ckn_picture_release(&picture);
}

static void test_every_kind(void **state) {
    (void)state;
    char path[1024];
    char name[256];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/cases.txt", folder);
    FILE *cases = fopen(path, "r");
    assert_non_null(cases);
    while (fgets(name, sizeof name, cases)) {
        name[strcspn(name, "\n")] = '\0';
        check_case(name);
        count++;
    }
    fclose(cases);
    assert_true(count >= 200);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind)};
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-MAKE_PNGS\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
