/* Files that appear whole or not at all. */
#include "io_test.h"

#include "io/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static ckn_error error;

static void expect_content(const char *path, const char *text) {
    size_t size;
    unsigned char *bytes = io_test_slurp(path, &size);
    assert_string_equal((const char *)bytes, text);
    free(bytes);
}

static void write_atomically(const char *path, const char *text) {
    ckn_atomic_file *file = NULL;
    assert_int_equal(ckn_atomic_open(path, &file, &error), CKN_OK);
    assert_true(fputs(text, ckn_atomic_stream(file)) >= 0);
    assert_int_equal(ckn_atomic_commit(file, &error), CKN_OK);
}

static mode_t mode_of(const char *path) {
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

static void test_new_file_obeys_umask(void **state) {
    (void)state;
    mode_t before = umask(027);
    const char *path = io_test_path("new");
    write_atomically(path, "first");
    umask(before);
    expect_content(path, "first");
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(io_test_count_files(), 0);
}

static void test_replacing_keeps_permissions(void **state) {
    (void)state;
    const char *path = io_test_file("old", "old", 3);
    assert_int_equal(chmod(path, 0604), 0);
    write_atomically(path, "new");
    expect_content(path, "new");
    assert_int_equal(mode_of(path), 0604);
    unlink(path);
}

static void test_target_is_untouched_before_commit(void **state) {
    (void)state;
    const char *path = io_test_file("old", "old", 3);
    ckn_atomic_file *file = NULL;
    assert_int_equal(ckn_atomic_open(path, &file, &error), CKN_OK);
    assert_true(fputs("new", ckn_atomic_stream(file)) >= 0);
    assert_int_equal(fflush(ckn_atomic_stream(file)), 0);
    expect_content(path, "old");
    assert_int_equal(io_test_count_files(), 2);
    ckn_atomic_abandon(file);
    ckn_atomic_abandon(NULL);
    expect_content(path, "old");
    assert_int_equal(io_test_count_files(), 1);
    unlink(path);
}

static void test_link_stays_a_link(void **state) {
    (void)state;
    const char *target = io_test_file("target", "old", 3);
    const char *link = io_test_path("link");
    const char *link_to_link = io_test_path("link2");
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(symlink("./link", link_to_link), 0);
    write_atomically(link_to_link, "new");
    expect_content(target, "new");
    struct stat status;
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    unlink(target);
    write_atomically(link, "made"); /* a link to nothing makes its target */
    expect_content(target, "made");
    unlink(target);
    unlink(link);
    unlink(link_to_link);
}

static void test_absolute_link(void **state) {
    (void)state;
    char here[2048], text[4096];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(text, sizeof text, "%s/%s", here, io_test_path("target"));
    const char *link = io_test_path("link");
    assert_int_equal(symlink(text, link), 0);
    write_atomically(link, "new");
    expect_content(io_test_path("target"), "new");
    unlink(link);
    unlink(io_test_path("target"));
}

static void test_circle_of_links(void **state) {
    (void)state;
    const char *link = io_test_path("circle");
    assert_int_equal(symlink("circle", link), 0);
    io_test_expect(ckn_atomic_check(link, &error), CKN_ERROR_FILE, &error, link, "circle");
    unlink(link);
}

static void test_bad_paths(void **state) {
    (void)state;
    const char *file = io_test_file("file", "x", 1);
    const char *inside = io_test_path("file/inside.npy");
    const char *lost = io_test_path("nowhere/out.npy");
    const char *slash = io_test_path("nothing/");
    const char *folder = io_test_path(".");
    io_test_expect(ckn_atomic_check("", &error), CKN_ERROR_FILE, &error, "empty", "name");
    io_test_expect(ckn_atomic_check(folder, &error), CKN_ERROR_FILE, &error, folder, "is a folder");
    io_test_expect(ckn_atomic_check(inside, &error), CKN_ERROR_FILE, &error, inside,
                   "is not a folder");
    io_test_expect(ckn_atomic_check(lost, &error), CKN_ERROR_FILE, &error, lost, "does not exist");
    io_test_expect(ckn_atomic_check(slash, &error), CKN_ERROR_FILE, &error, slash, "");
    ckn_atomic_file *opened = NULL;
    io_test_expect(ckn_atomic_open(lost, &opened, &error), CKN_ERROR_FILE, &error, lost,
                   "create it first");
    assert_null(opened);
    assert_int_equal(ckn_atomic_check(io_test_path("fine"), &error), CKN_OK);
    assert_int_equal(io_test_count_files(), 1);
    unlink(file);
}

static void test_long_names(void **state) {
    (void)state;
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *path = io_test_path(name);
    io_test_expect(ckn_atomic_check(path, &error), CKN_ERROR_FILE, &error, "nnn", "cannot be");
    /* A path that is just short enough, but not for the temporary name beside it. */
    char deep[4090];
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = i % 2 ? '/' : '.';
    snprintf(deep + 4070, sizeof deep - 4070, "%s", "deep");
    ckn_atomic_file *file = NULL;
    io_test_expect(ckn_atomic_open(deep, &file, &error), CKN_ERROR_FILE, &error, "././", "");
    /* The longest name that a file system takes leaves no room for a suffix. */
    name[250] = '\0';
    path = io_test_path(name);
    write_atomically(path, "long");
    expect_content(path, "long");
    unlink(path);
}

/* Permissions do not bind root: the test steps down for a while where it must. */
static void as_other_user(void (*check)(const char *), const char *path) {
    uid_t user = geteuid();
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    check(path);
    if (user == 0)
        assert_int_equal(seteuid(0), 0);
}

static void expect_locked_refused(const char *path) {
    ckn_code code = ckn_atomic_check(path, &error);
    io_test_expect(code, CKN_ERROR_FILE, &error, path, "cannot enter the folder");
}

static void expect_folder_refused(const char *path) {
    ckn_code code = ckn_atomic_check(path, &error);
    io_test_expect(code, CKN_ERROR_FILE, &error, path, "not writable");
}

static void expect_file_refused(const char *path) {
    ckn_code code = ckn_atomic_check(path, &error);
    io_test_expect(code, CKN_ERROR_FILE, &error, path, "must not be written");
}

static void test_permissions(void **state) {
    (void)state;
    const char *folder = io_test_path("closed");
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(chmod(io_test_path("."), 0755), 0);
    const char *file = io_test_file("protected", "x", 1);
    assert_int_equal(chmod(file, 0444), 0);
    as_other_user(expect_folder_refused, io_test_path("closed/out.npy"));
    assert_int_equal(mkdir(io_test_path("locked"), 0), 0);
    as_other_user(expect_locked_refused, io_test_path("locked/inner/out.npy"));
    rmdir(io_test_path("locked"));
    as_other_user(expect_file_refused, file);
    unlink(file);
    rmdir(folder);
}

static void replace_foreign(const char *path) {
    write_atomically(path, "new");
}

/* The owner cannot be kept: the new group gets no more than everybody. */
static void test_foreign_file(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    const char *path = io_test_file("foreign", "old", 3);
    assert_int_equal(chmod(path, 0662), 0);
    assert_int_equal(chmod(io_test_path("."), 0777), 0);
    as_other_user(replace_foreign, path);
    assert_int_equal(chmod(io_test_path("."), 0755), 0);
    expect_content(path, "new");
    assert_int_equal(mode_of(path), 0622);
    unlink(path);
}

static void test_plain_names(void **state) {
    (void)state;
    assert_int_equal(ckn_atomic_check("plain-name", &error), CKN_OK);
    const char *path = io_test_path("/double//./slash");
    io_test_expect(ckn_atomic_check(path, &error), CKN_ERROR_FILE, &error, path, "does not exist");
    path = io_test_path("//double");
    write_atomically(path, "slash");
    expect_content(path, "slash");
    unlink(path);
}

static void test_target_becomes_a_folder(void **state) {
    (void)state;
    const char *path = io_test_path("late");
    ckn_atomic_file *file = NULL;
    assert_int_equal(ckn_atomic_open(path, &file, &error), CKN_OK);
    assert_int_equal(mkdir(path, 0700), 0);
    io_test_expect(ckn_atomic_commit(file, &error), CKN_ERROR_FILE, &error, path, "");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(io_test_count_files(), 0);
}

static void test_no_descriptor_left(void **state) {
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {3, before.rlim_max};
    ckn_atomic_file *file = NULL;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ckn_code code = ckn_atomic_open(io_test_path("none"), &file, &error);
    setrlimit(RLIMIT_NOFILE, &before);
    io_test_expect(code, CKN_ERROR_FILE, &error, "none", strerror(EMFILE));
    assert_int_equal(io_test_count_files(), 0);
}

static void test_full_device(void **state) {
    (void)state;
    const char *link = io_test_path("full");
    ckn_atomic_file *file = NULL;
    assert_int_equal(symlink("/dev/full", link), 0);
    assert_int_equal(ckn_atomic_open(link, &file, &error), CKN_OK);
    fputs("some text", ckn_atomic_stream(file));
    io_test_expect(ckn_atomic_commit(file, &error), CKN_ERROR_FILE, &error, link, strerror(ENOSPC));
    /* Reported too where the failure came long before the commit. */
    assert_int_equal(ckn_atomic_open(link, &file, &error), CKN_OK);
    for (int i = 0; i < 100000; i++)
        fputs("some text", ckn_atomic_stream(file));
    assert_true(ferror(ckn_atomic_stream(file)));
    io_test_expect(ckn_atomic_commit(file, &error), CKN_ERROR_FILE, &error, link, "");
    struct stat status;
    assert_int_equal(stat("/dev/full", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    unlink(link);
}

static void test_null_device(void **state) {
    (void)state;
    struct stat status;
    write_atomically("/dev/null", "gone");
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void test_pipe(void **state) {
    (void)state;
    const char *path = io_test_path("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    write_atomically(path, "through");
    char text[16] = "";
    assert_int_equal(read(reader, text, sizeof text), 7);
    assert_string_equal(text, "through");
    close(reader);
    unlink(path);
}

/* A disk that is full after 4096 bytes. */
static void test_full_disk_spares_the_old_file(void **state) {
    (void)state;
    const char *path = io_test_file("old", "old", 3);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {4096, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ckn_atomic_file *file = NULL;
    ckn_code opened = ckn_atomic_open(path, &file, &error);
    for (int i = 0; opened == CKN_OK && i < 100000; i++)
        fputs("some text", ckn_atomic_stream(file));
    ckn_code code = opened == CKN_OK ? ckn_atomic_commit(file, &error) : opened;
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    io_test_expect(code, CKN_ERROR_FILE, &error, path, strerror(EFBIG));
    assert_non_null(strstr(error.message, "unchanged"));
    expect_content(path, "old");
    assert_int_equal(io_test_count_files(), 1);
    unlink(path);
}

static void test_too_many_at_once(void **state) {
    (void)state;
    ckn_atomic_file *files[64] = {NULL};
    size_t opened = 0;
    while (opened < 64 && ckn_atomic_open(io_test_path("many"), &files[opened], &error) == CKN_OK)
        opened++;
    assert_in_range(opened, 8, 63);
    io_test_expect(error.code, CKN_ERROR_FILE, &error, "many", strerror(EMFILE));
    while (opened > 0)
        ckn_atomic_abandon(files[--opened]);
    assert_int_equal(io_test_count_files(), 0);
}

static void test_unlink_all(void **state) {
    (void)state;
    ckn_atomic_file *first = NULL, *second = NULL;
    assert_int_equal(ckn_atomic_open(io_test_path("a"), &first, &error), CKN_OK);
    assert_int_equal(ckn_atomic_open(io_test_path("b"), &second, &error), CKN_OK);
    assert_int_equal(io_test_count_files(), 2);
    ckn_atomic_unlink_all();
    assert_int_equal(io_test_count_files(), 0);
    io_test_expect(ckn_atomic_commit(first, &error), CKN_ERROR_FILE, &error, "a", "");
    ckn_atomic_abandon(second);
    ckn_atomic_unlink_all();
    assert_int_equal(io_test_count_files(), 0);
}

/* Commits two files with the text "new"; the first one exists with the text "old". */
static void commit_two_held(void) {
    const char *const names[] = {"a", "b"};
    ckn_atomic_file *file = NULL;
    assert_int_equal(ckn_atomic_open(io_test_path("a"), &file, &error), CKN_OK);
    fputs("old", ckn_atomic_stream(file));
    assert_int_equal(ckn_atomic_commit(file, &error), CKN_OK);
    ckn_atomic_hold();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ckn_atomic_open(io_test_path(names[i]), &file, &error), CKN_OK);
        fputs("longer", ckn_atomic_stream(file));
        assert_int_equal(ckn_atomic_commit(file, &error), CKN_OK);
    }
    assert_int_equal(io_test_count_files(), 3);
}

static long size_of(const char *name) {
    struct stat status;
    return stat(io_test_path(name), &status) == 0 ? (long)status.st_size : -1;
}

static void test_held_files(void **state) {
    (void)state;
    commit_two_held();
    ckn_atomic_discard();
    assert_int_equal(io_test_count_files(), 1);
    assert_int_equal(size_of("a"), 3);
    commit_two_held();
    assert_int_equal(ckn_atomic_publish(&error), CKN_OK);
    assert_int_equal(size_of("a"), 6);
    assert_int_equal(size_of("b"), 6);
    unlink(io_test_path("b"));
    commit_two_held();
    ckn_atomic_unlink_all();
    assert_int_equal(io_test_count_files(), 1);
    io_test_expect(ckn_atomic_publish(&error), CKN_ERROR_FILE, &error, "a", "unchanged");
    assert_int_equal(size_of("a"), 3);
    unlink(io_test_path("a"));
    assert_int_equal(io_test_count_files(), 0);
}

static void die_cleanly(int number) {
    (void)number;
    /* Made for a signal handler, which clang-tidy cannot see in another file. */
    ckn_atomic_unlink_all(); // NOLINT(bugprone-signal-handler)
    _exit(3);
}

static void test_signal_leaves_nothing(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ckn_atomic_file *file = NULL;
        signal(SIGTERM, die_cleanly);
        if (ckn_atomic_open(io_test_path("killed"), &file, NULL) == CKN_OK)
            raise(SIGTERM);
        _exit(4);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_int_equal(io_test_count_files(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_file_obeys_umask),
        cmocka_unit_test(test_replacing_keeps_permissions),
        cmocka_unit_test(test_target_is_untouched_before_commit),
        cmocka_unit_test(test_link_stays_a_link),
        cmocka_unit_test(test_absolute_link),
        cmocka_unit_test(test_circle_of_links),
        cmocka_unit_test(test_bad_paths),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_foreign_file),
        cmocka_unit_test(test_plain_names),
        cmocka_unit_test(test_target_becomes_a_folder),
        cmocka_unit_test(test_no_descriptor_left),
        cmocka_unit_test(test_full_device),
        cmocka_unit_test(test_null_device),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_full_disk_spares_the_old_file),
        cmocka_unit_test(test_too_many_at_once),
        cmocka_unit_test(test_unlink_all),
        cmocka_unit_test(test_held_files),
        cmocka_unit_test(test_signal_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, io_test_setup, io_test_teardown);
}
