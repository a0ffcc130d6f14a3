/* The files of compiled programs: found again, or ignored where anything is wrong. */
#include "opencl/folder.h"

#include "backend/opencl/cl_cache.h"

#include <errno.h>
#include <sys/stat.h>

static const unsigned char binary[] = {1, 2, 0, 4, 255};
static const char key[] = "platform: P\ndevice: D\nsource";
static const ckn_log silent = {NULL, NULL};

typedef struct entry {
    char folder[256];
    char *path;
} entry;

static entry make_entry(void) {
    entry made;
    make_folder(made.folder);
    made.path = ckn_cl_cache_path(made.folder, "vector", key);
    assert_non_null(made.path);
    ckn_cl_cache_write(made.folder, made.path, key, binary, sizeof binary, &silent);
    return made;
}

static void drop_entry(entry *made) {
    remove_folder(made->folder);
    free(made->path);
}

static bool is_found(const entry *made, const char *wanted_key) {
    unsigned char *found = NULL;
    size_t size = 0;
    if (!ckn_cl_cache_read(made->path, wanted_key, &found, &size, &silent))
        return false;
    assert_int_equal(size, sizeof binary);
    assert_memory_equal(found, binary, size);
    free(found);
    return true;
}

static void test_hit(void **state) {
    (void)state;
    entry made = make_entry();
    assert_true(is_found(&made, key));
    assert_int_equal(each_file(made.folder, NULL), 1); /* no temporary file stays */
    drop_entry(&made);
}

static void test_miss(void **state) {
    (void)state;
    entry made = make_entry();
    unlink(made.path);
    assert_false(is_found(&made, key));
    drop_entry(&made);
}

/* Two keys with the same hash would meet in one file: the key itself decides. */
static void test_other_key(void **state) {
    (void)state;
    entry made = make_entry();
    char other[sizeof key];
    memcpy(other, key, sizeof key);
    other[3] = 'X';
    assert_false(is_found(&made, other));
    assert_false(is_found(&made, "shorter"));
    char *path = ckn_cl_cache_path(made.folder, "vector", other);
    assert_string_not_equal(path, made.path);
    free(path);
    drop_entry(&made);
}

static long size_of(const char *path) {
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (long)status.st_size;
}

static void test_truncated(void **state) {
    (void)state;
    entry made = make_entry();
    const long full = size_of(made.path);
    for (long size = full - 1; size >= 0; size--) {
        assert_int_equal(truncate(made.path, size), 0);
        assert_false(is_found(&made, key));
    }
    drop_entry(&made);
}

/* Any byte that changed makes the entry useless, in header, key and binary alike. */
static void test_flipped(void **state) {
    (void)state;
    entry made = make_entry();
    const long full = size_of(made.path);
    for (long at = 0; at < full; at++) {
        FILE *file = fopen(made.path, "r+b");
        assert_non_null(file);
        fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 0x40, file);
        fclose(file);
        assert_false(is_found(&made, key));
        ckn_cl_cache_write(made.folder, made.path, key, binary, sizeof binary, &silent);
        assert_true(is_found(&made, key));
    }
    drop_entry(&made);
}

static void test_longer(void **state) {
    (void)state;
    entry made = make_entry();
    FILE *file = fopen(made.path, "ab");
    assert_non_null(file);
    fputc(0, file);
    fclose(file);
    assert_false(is_found(&made, key));
    drop_entry(&made);
}

static char logged[2048];

static void keep_line(void *user, ckn_log_level level, const char *message) {
    (void)user;
    assert_int_equal(level, CKN_LOG_VERBOSE);
    snprintf(logged, sizeof logged, "%s", message);
}

/* A folder that cannot be made, because a file stands in its way: root may write anywhere. */
static void test_unwritable(void **state) {
    (void)state;
    const ckn_log log = {keep_line, NULL};
    entry made = make_entry();
    char *folder = made.path;
    char *path = ckn_cl_cache_path(folder, "vector", key);
    ckn_cl_cache_write(folder, path, key, binary, sizeof binary, &log);
    assert_non_null(strstr(logged, "not kept"));
    free(path);
    drop_entry(&made);
}

static void test_folders_are_made(void **state) {
    (void)state;
    char base[256], folder[300];
    make_folder(base);
    snprintf(folder, sizeof folder, "%s/a/b", base);
    char *path = ckn_cl_cache_path(folder, "vector", key);
    ckn_cl_cache_write(folder, path, key, binary, sizeof binary, &silent);
    assert_int_equal(each_file(folder, NULL), 1);
    struct stat status;
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
    remove_folder(folder);
    free(path);
    snprintf(folder, sizeof folder, "%s/a", base);
    rmdir(folder);
    rmdir(base);
}

static void check_folder(const char *option, const char *expected) {
    char *folder = ckn_cl_cache_folder(option, &silent);
    if (expected)
        assert_string_equal(folder, expected);
    else
        assert_null(folder);
    free(folder);
}

static void test_which_folder(void **state) {
    (void)state;
    setenv("HOME", "/home/me", 1);
    setenv("XDG_CACHE_HOME", "/xdg", 1);
    setenv("CLKERNEST_CACHE_DIR", "/own", 1);
    check_folder("/option", "/option");
    check_folder("", NULL);
    check_folder(NULL, "/own");
    setenv("CLKERNEST_CACHE_DIR", "", 1);
    check_folder(NULL, NULL);
    unsetenv("CLKERNEST_CACHE_DIR");
    check_folder(NULL, "/xdg/clkernest");
    setenv("XDG_CACHE_HOME", "relative", 1); /* invalid by the XDG specification */
    check_folder(NULL, "/home/me/.cache/clkernest");
    unsetenv("XDG_CACHE_HOME");
    check_folder(NULL, "/home/me/.cache/clkernest");
    unsetenv("HOME");
    check_folder(NULL, NULL);
}

/* --- folders and files of others -------------------------------------------------------------- */

/* Any user but root and the one of this test. */
#define STRANGER ((uid_t)12345)

static size_t warnings;

static void keep_warning(void *user, ckn_log_level level, const char *message) {
    (void)user;
    if (level != CKN_LOG_WARNING)
        return;
    warnings++;
    snprintf(logged, sizeof logged, "%s", message);
}

static const ckn_log watched = {keep_warning, NULL};

/* One warning, which says `part`; or none where that is NULL. */
static void expect_warning(const char *part) {
    if (warnings != (part ? 1 : 0) || (part && !strstr(logged, part)))
        ckn_test_fail("%zu warnings, the last '%s'; wanted '%s'", warnings, logged,
                      part ? part : "none");
    warnings = 0;
    logged[0] = '\0';
}

static void expect_folder_use(const char *folder, const char *warning) {
    char *used = ckn_cl_cache_folder(folder, &watched);
    if (!used != !!warning)
        ckn_test_fail("%s: %s", folder, used ? "is used" : "is not used");
    free(used);
    expect_warning(warning);
}

static void expect_entry_refused(entry *made, const char *warning) {
    unsigned char *found = NULL;
    size_t size = 0;
    assert_false(ckn_cl_cache_read(made->path, key, &found, &size, &watched));
    expect_warning(warning);
}

/* Gives a file away: false where only root may. */
static bool give_away(const char *path) {
    if (lchown(path, STRANGER, (gid_t)-1) == 0)
        return true;
    assert_int_equal(errno, EPERM);
    print_message("not root: files of other users are not tested\n");
    return false;
}

/* Gives a file to a group of strangers: false where only root may. */
static bool share(const char *path) {
    return lchown(path, (uid_t)-1, (gid_t)STRANGER) == 0;
}

/* The first one takes a group of strangers. */
static const mode_t open_to_others[] = {S_IWGRP, S_IWOTH, S_IWGRP | S_IWOTH};

static void test_folders_of_others(void **state) {
    (void)state;
    char base[256], inside[300], missing[300];
    make_folder(base);
    snprintf(inside, sizeof inside, "%s/inside", base);
    snprintf(missing, sizeof missing, "%s/missing/in/it", base);
    assert_int_equal(mkdir(inside, 0700), 0);
    expect_folder_use(inside, NULL);
    expect_folder_use(missing, NULL);
    for (size_t i = share(inside) && share(base) ? 0 : 1; i < 3; i++) {
        assert_int_equal(chmod(inside, 0700 | open_to_others[i]), 0);
        expect_folder_use(inside, "others may write to");
        assert_int_equal(chmod(inside, 0700), 0);
        assert_int_equal(chmod(base, 0700 | open_to_others[i]), 0); /* the parent of both */
        expect_folder_use(inside, "others may write to");
        expect_folder_use(missing, "others may write to");
        assert_int_equal(chmod(base, 01700 | open_to_others[i]), 0); /* sticky, as /tmp */
        expect_folder_use(inside, NULL);
        expect_folder_use(missing, NULL);
        expect_folder_use(base, "others may write to"); /* its own files are not safe there */
    }
    assert_int_equal(chmod(base, 0755), 0);
    if (give_away(inside)) {
        expect_folder_use(inside, "belongs to user 12345");
        assert_int_equal(chown(inside, geteuid(), (gid_t)-1), 0);
        assert_true(give_away(base));
        expect_folder_use(inside, "belongs to user 12345");
        expect_folder_use(missing, "belongs to user 12345");
    }
    rmdir(inside);
    rmdir(base);
}

/* A group in which the user is alone is no stranger; root's is one. */
static void test_private_group(void **state) {
    (void)state;
    char base[256];
    make_folder(base);
    if (geteuid() == 0 && chown(base, 0, 0) == 0) {
        assert_int_equal(chmod(base, 0770), 0);
        expect_folder_use(base, NULL);
        assert_int_equal(chmod(base, 0772), 0);
        expect_folder_use(base, "others may write to");
    }
    rmdir(base);
}

/* What a link leads to counts; it is left out of the path that is used. */
static void test_linked_folder(void **state) {
    (void)state;
    char base[256], inside[300], name[300];
    make_folder(base);
    snprintf(inside, sizeof inside, "%s/inside", base);
    snprintf(name, sizeof name, "%s/link", base);
    assert_int_equal(mkdir(inside, 0700), 0);
    assert_int_equal(symlink(inside, name), 0);
    char *used = ckn_cl_cache_folder(name, &watched);
    assert_non_null(used);
    assert_null(strstr(used, "link"));
    free(used);
    assert_int_equal(chmod(inside, 0777), 0);
    expect_folder_use(name, "others may write to");
    unlink(name);
    assert_int_equal(symlink("link", name), 0);
    used = ckn_cl_cache_folder(name, &silent); /* leads to itself */
    assert_null(used);
    unlink(name);
    rmdir(inside);
    rmdir(base);
}

static void test_entries_of_others(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        entry made = make_entry();
        if (!share(made.path) && i == 0) {
            drop_entry(&made);
            continue;
        }
        assert_int_equal(chmod(made.path, 0600 | open_to_others[i]), 0);
        expect_entry_refused(&made, "others may write to");
        assert_int_equal(chmod(made.path, 0644), 0);
        assert_true(is_found(&made, key));
        drop_entry(&made);
    }
    entry made = make_entry();
    if (give_away(made.path))
        expect_entry_refused(&made, "belongs to user 12345");
    drop_entry(&made);
}

static void put_link(const char *path) {
    char other[300];
    snprintf(other, sizeof other, "%s.kept", path);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
}

static void put_pipe(const char *path) {
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void put_folder(const char *path) {
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
}

/* Nothing is followed, nothing is waited for, and the next entry takes the place. */
static void test_other_things(void **state) {
    (void)state;
    const struct {
        void (*put)(const char *path);
        const char *warning;
        bool replaced;
    } things[] = {{put_link, "symbolic link", true},
                  {put_pipe, "not a regular file", true},
                  {put_folder, "not a regular file", false}};
    for (size_t i = 0; i < 3; i++) {
        entry made = make_entry();
        things[i].put(made.path);
        expect_entry_refused(&made, things[i].warning);
        ckn_cl_cache_write(made.folder, made.path, key, binary, sizeof binary, &silent);
        if (things[i].replaced)
            assert_true(is_found(&made, key));
        else
            assert_int_equal(rmdir(made.path), 0);
        drop_entry(&made);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hit),
        cmocka_unit_test(test_miss),
        cmocka_unit_test(test_other_key),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_longer),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_folders_are_made),
        cmocka_unit_test(test_which_folder),
        cmocka_unit_test(test_folders_of_others),
        cmocka_unit_test(test_private_group),
        cmocka_unit_test(test_linked_folder),
        cmocka_unit_test(test_entries_of_others),
        cmocka_unit_test(test_other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
