/* --max-pixels: every command that reads pictures or kernels obeys it. */
#include "program.h"

#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_files(void) {
    write_pattern("sharp.png", 20, 30, 1, false, CKN_SAMPLE_U8, 1);
    write_pattern("wide.npy", 24, 30, 1, false, CKN_SAMPLE_F32, 2);
    write_text("k.csv", "0.1,0.2,0.1\n0.1,0.2,0.1\n0.1,0.1,0\n");
    write_constant("mask.npy", 20, 30, 1);
    SUCCEEDS("apply", "sharp.png", "k.csv", "--support", "same", "-o", "blurred.npy", "--device",
             "cpu");
}

/* The same words with a limit that holds, and one that does not. */
#define OBEYS(limit, file, ...)                                                                    \
    do {                                                                                           \
        char good[16], bad[16];                                                                    \
        snprintf(good, sizeof good, "%d", limit);                                                  \
        snprintf(bad, sizeof bad, "%d", (limit)-1);                                                \
        free(output_of(good, (const char *const[]){__VA_ARGS__, NULL}));                           \
        refused(bad, file, (const char *const[]){__VA_ARGS__, NULL});                              \
    } while (0)

enum { MOST_WORDS = 24 };

static void add_limit(const char *limit, const char *const *words, const char **all) {
    size_t count = 0;
    for (; words[count]; count++)
        all[count] = words[count];
    assert_true(count + 6 < MOST_WORDS);
    const char *const more[] = {"--max-pixels", limit, "-q", "--device", "cpu", NULL};
    memcpy(all + count, more, sizeof more);
}

static char *output_of(const char *limit, const char *const *words) {
    const char *all[MOST_WORDS];
    add_limit(limit, words, all);
    return program_output(all);
}

static void refused(const char *limit, const char *file, const char *const *words) {
    const char *all[MOST_WORDS];
    char message[128];
    add_limit(limit, words, all);
    snprintf(message, sizeof message, " pixels; at most %s pixels are read (--max-pixels)", limit);
    program_fails(1, message, all);
    snprintf(message, sizeof message, ": %s: announces ", file);
    program_fails(1, message, all);
}

static void test_every_command(void **state) {
    (void)state;
    make_files();
    OBEYS(600, "sharp.png", "apply", "sharp.png", "k.csv", "-o", "o.npy");
    OBEYS(720, "wide.npy", "apply", "sharp.png", "wide.npy", "--support", "same", "-o", "o.npy");
    OBEYS(600, "sharp.png", "blur", "sharp.png", "--sigma", "1", "-o", "o.npy");
    OBEYS(600, "sharp.png", "estimate", "sharp.png", "blurred.npy", "-k", "3", "-o", "o.npy");
    OBEYS(600, "sharp.png", "estimate", "sharp.png", "blurred.npy", "-k", "3", "--mask", "mask.npy",
          "-o", "o.npy");
    OBEYS(600, "sharp.png", "simulate", "--scene", "sharp.png", "--sharp", "o.npy");
    OBEYS(9, "k.csv", "simulate", "--kernel", "k.csv", "--sharp", "o.npy");
    OBEYS(9, "k.csv", "boxkernel", "--match", "k.csv");
    OBEYS(600, "sharp.png", "compare", "sharp.png", "blurred.npy", "-k", "3");
}

static void test_batch(void **state) {
    (void)state;
    make_files();
    assert_int_equal(mkdir("out", 0700), 0);
    program_run run = RUN("blur", "sharp.png", "wide.npy", "--sigma", "1", "--out-dir", "out",
                          "--max-pixels", "600", "--device", "cpu");
    assert_int_equal(run.status, 1);
    expect_contains(run.err, "wide.npy: announces 30 x 24 pixels; at most 600 pixels are read");
    expect_lacks(run.err, "sharp.png: announces");
    program_release(&run);
    assert_true(file_exists("out/sharp.png"));
    assert_false(file_exists("out/wide.npy"));
    unlink("out/sharp.png");
    rmdir("out");
}

static void test_values(void **state) {
    (void)state;
    const char *const bad[] = {"0", "-1", "1e6", "many", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        FAILS(2, "--max-pixels must be a whole number of at least 1", "blur", "sharp.png", "-o",
              "o.npy", "--sigma", "1", "--max-pixels", bad[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
