/* Several outputs at once: all are new, or all are what they were, whichever rename fails, with
 * hard links and without. The linker sends the calls that fail here (--wrap). */
#include "io_test.h"

#include "io/atomic_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The linker's names. NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
/* NOLINTEND(bugprone-reserved-identifier) */

enum { MOST = 7 };

static struct {
    bool links;     /* the file system has hard links, */
    bool last_link; /* but none after the next one */
    long countdown; /* the rename that brings it from 1 to 0 fails */
    long row;       /* and so do as many after it */
    bool signalled; /* a signal handler removes temporary files before that */
} disk;

int __wrap_rename(const char *from, const char *to) {
    if (disk.countdown > 0 && --disk.countdown == 0) {
        if (disk.signalled)
            ckn_atomic_unlink_all();
        disk.countdown = disk.row-- > 0;
        errno = EACCES;
        return -1;
    }
    return __real_rename(from, to);
}

int __wrap_link(const char *from, const char *to) {
    if (disk.links) {
        disk.links = !disk.last_link;
        return __real_link(from, to);
    }
    errno = EPERM;
    return -1;
}

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit) {
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(random_state >> 33) % limit;
}

static const char *name_of(size_t i) {
    static char name[16];
    snprintf(name, sizeof name, "out%zu", i);
    return io_test_path(name);
}

static void expect_text(const char *path, const char *text) {
    size_t size;
    unsigned char *bytes = io_test_slurp(path, &size);
    assert_string_equal((const char *)bytes, text);
    free(bytes);
}

/* Writes the old files, whose mode 0640 they shall keep, and commits as many new ones. */
static void prepare(size_t count, const bool *exists) {
    ckn_error error;
    for (size_t i = 0; i < count; i++) {
        if (exists[i])
            assert_int_equal(chmod(io_test_file(strrchr(name_of(i), '/') + 1, "old", 3), 0640), 0);
    }
    ckn_atomic_hold();
    for (size_t i = 0; i < count; i++) {
        ckn_atomic_file *file = NULL;
        assert_int_equal(ckn_atomic_open(name_of(i), &file, &error), CKN_OK);
        ckn_atomic_print(file, "new %d", 1);
        assert_int_equal(ckn_atomic_commit(file, &error), CKN_OK);
    }
}

static void expect_old(size_t count, const bool *exists) {
    size_t files = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        files += exists[i];
        if (exists[i]) {
            expect_text(name_of(i), "old");
            assert_int_equal(stat(name_of(i), &status), 0);
            assert_int_equal(status.st_mode & 0777, 0640);
            assert_int_equal(status.st_nlink, 1);
        } else {
            assert_int_not_equal(access(name_of(i), F_OK), 0);
        }
    }
    assert_int_equal(io_test_count_files(), files);
}

static void remove_all(size_t count) {
    for (size_t i = 0; i < count; i++)
        unlink(name_of(i));
    assert_int_equal(io_test_count_files(), 0);
}

/* How many renames a publication takes: without hard links, old files are renamed too, but for the
 * last output, whose rename ends it. */
static long renames(size_t count, const bool *exists) {
    long sum = (long)count;
    for (size_t i = 0; i + 1 < count && !disk.links; i++)
        sum += exists[i];
    return sum;
}

static void publish_all(size_t count, const bool *exists) {
    ckn_error error;
    prepare(count, exists);
    assert_int_equal(ckn_atomic_publish(&error), CKN_OK);
    for (size_t i = 0; i < count; i++)
        expect_text(name_of(i), "new 1");
    assert_int_equal(io_test_count_files(), count);
    remove_all(count);
}

static void test_any_rename(void **state) {
    (void)state;
    ckn_error error;
    for (int round = 0; round < 60; round++) {
        size_t count = 1 + random_below(MOST);
        bool exists[MOST];
        for (size_t i = 0; i < count; i++)
            exists[i] = random_below(3) > 0;
        memset(&disk, 0, sizeof disk);
        disk.links = random_below(2);
        publish_all(count, exists);
        for (long failing = 1; failing <= renames(count, exists); failing++) {
            prepare(count, exists);
            disk.countdown = failing;
            ckn_code code = ckn_atomic_publish(random_below(4) ? &error : NULL);
            assert_int_equal(code, CKN_ERROR_FILE);
            assert_int_equal(disk.countdown, 0);
            expect_old(count, exists);
            remove_all(count);
        }
    }
}

static void test_the_message(void **state) {
    (void)state;
    const bool exists[] = {true, false, true};
    ckn_error error;
    memset(&disk, 0, sizeof disk);
    disk.links = true;
    prepare(3, exists);
    disk.countdown = 3;
    io_test_expect(ckn_atomic_publish(&error), CKN_ERROR_FILE, &error, name_of(2), "unchanged");
    assert_non_null(strstr(error.message, strerror(EACCES)));
    expect_old(3, exists);
    remove_all(3);
}

/* The file of ours that the message names holds the text. */
static void expect_kept(const char *message, const char *suffix, const char *text) {
    const char *start = strstr(message, "the former content of ");
    char path[512];
    assert_non_null(start);
    assert_int_equal(sscanf(start, "the former content of %*s is in %500[^:]", path), 1);
    assert_string_equal(path + strlen(path) - strlen(suffix), suffix);
    expect_text(path, text);
    assert_int_equal(unlink(path), 0);
}

/* Where all renames fail from one on, a second link puts back what was there. */
static void test_put_back_by_links(void **state) {
    (void)state;
    const bool exists[] = {true, false, true};
    ckn_error error;
    for (long row = 1; row <= 100; row += 99) {
        memset(&disk, 0, sizeof disk);
        disk.links = true;
        prepare(3, exists);
        disk.row = row;
        disk.countdown = renames(3, exists);
        assert_int_equal(ckn_atomic_publish(&error), CKN_ERROR_FILE);
        disk.countdown = 0;
        expect_old(3, exists);
        remove_all(3);
    }
}

/* The disk goes away in between, for good or for two renames: what was there is named, and not
 * removed, neither now nor as a leftover where its name could still be changed. */
static void test_nothing_can_be_put_back(void **state) {
    (void)state;
    const bool exists[] = {true, false, true};
    static const struct {
        bool links; /* one, which keeps what was there */
        long row;
        const char *suffix;
    } cases[] = {{true, 100, ".tmp"}, {true, 1, ".old"}, {false, 100, ".old"}, {false, 1, ".old"}};
    ckn_error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(&disk, 0, sizeof disk);
        disk.links = disk.last_link = cases[i].links;
        prepare(3, exists);
        disk.row = cases[i].row;
        disk.countdown = cases[i].links ? 3 : renames(3, exists);
        assert_int_equal(ckn_atomic_publish(&error), CKN_ERROR_FILE);
        disk.countdown = 0;
        expect_kept(error.message, cases[i].suffix, "old");
        if (cases[i].links) /* removed for a link that then failed */
            assert_int_not_equal(access(name_of(0), F_OK), 0);
        else
            expect_text(name_of(0), "new 1");
        expect_text(name_of(2), "old");
        assert_int_not_equal(access(name_of(1), F_OK), 0);
        remove_all(3);
    }
}

/* A handler may run between any two renames, and ends the process: every old file is there under
 * its own name, or a new one is. */
static void test_a_signal_in_between(void **state) {
    (void)state;
    const bool exists[] = {true, true, true, true};
    for (long failing = 1; failing <= 4; failing++) {
        memset(&disk, 0, sizeof disk);
        disk.links = disk.signalled = true;
        prepare(4, exists);
        disk.row = 100; /* as if the process were gone */
        disk.countdown = failing;
        assert_int_equal(ckn_atomic_publish(NULL), CKN_ERROR_FILE);
        disk.countdown = 0;
        for (long i = 0; i < 4; i++)
            expect_text(name_of((size_t)i), i + 1 < failing ? "new 1" : "old");
        remove_all(4);
    }
}

/* A folder that came to stand there is neither moved nor replaced. */
static void test_a_folder_in_the_way(void **state) {
    (void)state;
    const bool exists[] = {true, false, true};
    ckn_error error;
    for (int links = 0; links < 2; links++) {
        memset(&disk, 0, sizeof disk);
        disk.links = links;
        prepare(3, exists);
        assert_int_equal(mkdir(name_of(1), 0700), 0);
        io_test_expect(ckn_atomic_publish(&error), CKN_ERROR_FILE, &error, name_of(1),
                       strerror(EISDIR));
        assert_int_equal(rmdir(name_of(1)), 0);
        expect_old(3, exists);
        remove_all(3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_rename),          cmocka_unit_test(test_the_message),
        cmocka_unit_test(test_put_back_by_links),   cmocka_unit_test(test_nothing_can_be_put_back),
        cmocka_unit_test(test_a_signal_in_between), cmocka_unit_test(test_a_folder_in_the_way),
    };
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
