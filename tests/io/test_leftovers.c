/* Temporary files of dead processes are removed by the next write into their folder, and nothing
 * else is. */
#include "io_test.h"

#include "io/atomic_file.h"
#include "io/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600, PATH = 600, SOMEBODY = 65534 };

/* A folder of its own for each case, until the end: each is looked through once, by its number. */
static char folder[PATH];

static void enter(void) {
    static unsigned count;
    char name[32];
    snprintf(name, sizeof name, "case%u", count++);
    snprintf(folder, sizeof folder, "%s", io_test_path(name));
    assert_int_equal(mkdir(folder, 0755), 0);
}

static void expect_empty(void) {
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fail_msg("%s is left", entry->d_name);
    }
    closedir(listing);
}

static const char *inside(const char *name) {
    static char path[PATH + 300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_output(void) {
    ckn_error error;
    ckn_atomic_file *file = NULL;
    assert_int_equal(ckn_atomic_open(inside("out"), &file, &error), CKN_OK);
    ckn_atomic_print(file, "out");
    assert_int_equal(ckn_atomic_commit(file, &error), CKN_OK);
    assert_int_equal(unlink(inside("out")), 0);
}

/* No process has this number: one that is over, and was waited for. */
static long dead_process(void) {
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return (long)child;
}

static void make_file(const char *name, long age) {
    struct timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= age;
    times[1] = times[0];
    int descriptor = open(inside(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(futimens(descriptor, times), 0);
    close(descriptor);
}

static bool exists(const char *name) {
    struct stat status;
    return lstat(inside(name), &status) == 0;
}

static const char *leftover(long process) {
    static char name[64];
    snprintf(name, sizeof name, ".clkernest-%ld-%u-%08x.tmp", process, (unsigned)rand() % 100,
             (unsigned)rand() % 1000000000U);
    return name;
}

/* Ages round the hour, and far from it. */
static void test_age(void **state) {
    (void)state;
    static const long ages[] = {-HOUR, 0, 60, HOUR - 60, HOUR + 60, 2 * HOUR, 1000 * HOUR};
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        enter();
        const char *name = leftover(dead_process());
        make_file(name, ages[i]);
        write_output();
        assert_int_equal(exists(name), ages[i] <= HOUR);
        unlink(inside(name));
        expect_empty();
    }
}

/* A process that is slower than an hour keeps its files, this one's number tells nothing. */
static void test_living_process(void **state) {
    (void)state;
    enter();
    const char *name = leftover((long)getppid());
    make_file(name, 5 * HOUR);
    write_output();
    assert_true(exists(name));
    unlink(inside(name));
    expect_empty();
    enter();
    name = leftover((long)getpid());
    make_file(name, 5 * HOUR);
    write_output();
    assert_false(exists(name));
    expect_empty();
}

static void test_files_of_others(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    enter();
    const char *name = leftover(dead_process());
    make_file(name, 5 * HOUR);
    assert_int_equal(chown(inside(name), SOMEBODY, SOMEBODY), 0);
    write_output();
    assert_true(exists(name));
    unlink(inside(name));
    expect_empty();
}

static void test_what_is_no_file(void **state) {
    (void)state;
    enter();
    char link[64], pipe[64], inner[64];
    snprintf(link, sizeof link, "%s", leftover(dead_process()));
    snprintf(pipe, sizeof pipe, "%s", leftover(dead_process()));
    snprintf(inner, sizeof inner, "%s", leftover(dead_process()));
    make_file("precious", 5 * HOUR);
    assert_int_equal(symlink("precious", inside(link)), 0);
    assert_int_equal(mkfifo(inside(pipe), 0600), 0);
    assert_int_equal(mkdir(inside(inner), 0700), 0);
    const struct timespec old[2] = {{1000, 0}, {1000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, inside(link), old, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(utimensat(AT_FDCWD, inside(pipe), old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, inside(inner), old, 0), 0);
    write_output();
    assert_true(exists(link) && exists(pipe) && exists(inner) && exists("precious"));
    unlink(inside(link));
    unlink(inside(pipe));
    unlink(inside("precious"));
    rmdir(inside(inner));
    expect_empty();
}

static void test_names(void **state) {
    (void)state;
    static const char *const good[] = {".clkernest-1-0-00000000.tmp",
                                       ".clkernest-4194304-17-3b9ac9ff.tmp"};
    static const char *const bad[] = {
        "",
        ".clkernest-.tmp",
        "clkernest-1-0-00000000.tmp",
        "x.clkernest-1-0-00000000.tmp",
        ".clkernest-1-0-00000000.old",
        ".clkernest-1-0-00000000.tmp~",
        ".clkernest-1-0-00000000.tmp.npy",
        ".clkernest-1-0-0000000.tmp",
        ".clkernest-1-0-000000000.tmp",
        ".clkernest-1-0-0000000G.tmp",
        ".clkernest-1-0-0000000A.tmp",
        ".clkernest--1-0-00000000.tmp",
        ".clkernest-1--0-00000000.tmp",
        ".clkernest-1-0.tmp",
        ".clkernest-a-0-00000000.tmp",
        ".clkernest-99999999999-0-00000000.tmp",
        ".clkernest-1-99999999999-00000000.tmp",
        ".Clkernest-1-0-00000000.tmp",
    };
    long process;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(ckn_leftover_name(good[i], &process));
    assert_int_equal(process, 4194304);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (ckn_leftover_name(bad[i], &process))
            fail_msg("%s", bad[i]);
    }
}

/* One letter more or another one: with other digits it stays a name of ours, else its file stays.
 */
static void test_mutated_names(void **state) {
    (void)state;
    static const char name[] = ".clkernest-123-45-0123abcd.tmp";
    static const char digits[] = "0123456789abcdef-";
    for (int i = 0; i < 100; i++) {
        char other[64];
        size_t at = (size_t)rand() % (sizeof name - 1);
        size_t rest = at + (size_t)rand() % 2;
        char letter = "0f-.~tK7"[rand() % 8];
        snprintf(other, sizeof other, "%.*s%c%s", (int)at, name, letter, name + rest);
        long process;
        if (ckn_leftover_name(other, &process)) {
            assert_int_equal(strncmp(other, name, 11), 0);
            assert_int_equal(strspn(other + 11, digits), strlen(other) - 15);
            continue;
        }
        enter();
        make_file(other, 5 * HOUR);
        write_output();
        assert_true(exists(other));
        assert_int_equal(unlink(inside(other)), 0);
        expect_empty();
    }
}

/* What is written right now is young, and its process lives. */
static void test_open_files(void **state) {
    (void)state;
    ckn_error error;
    ckn_atomic_file *files[5];
    enter();
    for (size_t i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "out%zu", i);
        assert_int_equal(ckn_atomic_open(inside(name), &files[i], &error), CKN_OK);
    }
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ckn_atomic_commit(files[i], &error), CKN_OK);
    for (size_t i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "out%zu", i);
        assert_int_equal(unlink(inside(name)), 0);
    }
    expect_empty();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_living_process),
        cmocka_unit_test(test_files_of_others),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_mutated_names),
        cmocka_unit_test(test_open_files),
    };
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
