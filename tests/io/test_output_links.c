/* Symbolic links on the way to an output: followed by the rule of fs.protected_symlinks, which a
 * rename would escape. All owners and modes, at the end of a path and in its middle; needs root. */
#include "io_test.h"

#include "io/atomic_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 600 };

static ckn_error error;
static char folder[PATH], target[PATH];

static void join(char *path, const char *base, const char *name) {
    assert_true(snprintf(path, PATH, "%s/%s", base, name) < PATH);
}

/* folder/ holds the links, target/ what they point to; everybody may reach both. */
static int make_folders(void **state) {
    if (io_test_setup(state) != 0)
        return -1;
    snprintf(folder, sizeof folder, "%s", io_test_path("folder"));
    snprintf(target, sizeof target, "%s", io_test_path("target"));
    return chmod(io_test_path("."), 0755) || mkdir(folder, 0700) || mkdir(target, 0700) ||
           chmod(target, 0777);
}

static int remove_folders(void **state) {
    return rmdir(folder) || rmdir(target) || io_test_teardown(state);
}

typedef struct place {
    uid_t user, link_owner, folder_owner;
    mode_t mode;
} place;

static bool may_follow(const place *where) {
    return (where->mode & 01002) != 01002 || where->link_owner == where->user ||
           where->link_owner == where->folder_owner;
}

static void make_link(const char *text, const char *path, uid_t owner) {
    assert_int_equal(symlink(text, path), 0);
    assert_int_equal(lchown(path, owner, (gid_t)-1), 0);
}

static ckn_code write_as(uid_t user, const char *path) {
    ckn_atomic_file *file = NULL;
    assert_int_equal(seteuid(user), 0);
    ckn_code checked = ckn_atomic_check(path, &error);
    ckn_code code = ckn_atomic_open(path, &file, &error);
    if (code == CKN_OK) {
        ckn_atomic_print(file, "new");
        code = ckn_atomic_commit(file, &error);
    }
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(checked, code);
    return code;
}

static void expect_outcome(const place *where, ckn_code code, const char *link, const char *out) {
    bool written = access(out, F_OK) == 0;
    if (may_follow(where) ? code != CKN_OK : code != CKN_ERROR_FILE)
        fail_msg("user %u, link of %u, folder of %u, mode %o: %s: %s", where->user,
                 where->link_owner, where->folder_owner, (unsigned)where->mode, ckn_code_name(code),
                 error.message);
    assert_int_equal(written, may_follow(where));
    if (written) {
        assert_int_equal(unlink(out), 0);
    } else {
        assert_non_null(strstr(error.message, link));
        assert_non_null(strstr(error.message, "is not followed"));
    }
}

typedef void (*layout)(const place *where);

/* folder/link -> target/out */
static void try_last(const place *where) {
    char link[PATH], out[PATH];
    join(link, folder, "link");
    join(out, target, "out");
    make_link("../target/out", link, where->link_owner);
    expect_outcome(where, write_as(where->user, link), link, out);
    assert_int_equal(unlink(link), 0);
}

/* folder/link -> target, and folder/link/out is asked for */
static void try_middle(const place *where) {
    char link[PATH], path[PATH], out[PATH];
    join(link, folder, "link");
    join(path, link, "out");
    join(out, target, "out");
    make_link("../target", link, where->link_owner);
    expect_outcome(where, write_as(where->user, path), link, out);
    assert_int_equal(unlink(link), 0);
}

/* The user's own link elsewhere leads to it. */
static void try_second(const place *where) {
    char link[PATH], first[PATH], out[PATH];
    join(link, folder, "link");
    join(out, target, "out");
    snprintf(first, sizeof first, "%s", io_test_path("first"));
    make_link("../target/out", link, where->link_owner);
    make_link("folder/link", first, where->user);
    expect_outcome(where, write_as(where->user, first), "folder/link", out);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(first), 0);
}

static void try_all(layout attempt) {
    static const uid_t users[] = {0, 1000, 2000};
    static const mode_t modes[] = {0777, 01777, 01775, 01755, 0755, 01773};
    for (size_t i = 0; i < 3 * 3 * 3 * 6; i++) {
        place where = {users[i % 3], users[i / 3 % 3], users[i / 9 % 3], modes[i / 27]};
        assert_int_equal(chown(folder, where.folder_owner, (gid_t)-1), 0);
        assert_int_equal(chmod(folder, where.mode), 0);
        attempt(&where);
    }
}

static void skip_unless_root(void) {
    if (geteuid() != 0)
        skip();
}

static void test_link_at_the_end(void **state) {
    (void)state;
    skip_unless_root();
    try_all(try_last);
}

static void test_link_in_the_middle(void **state) {
    (void)state;
    skip_unless_root();
    try_all(try_middle);
}

static void test_link_behind_a_link(void **state) {
    (void)state;
    skip_unless_root();
    try_all(try_second);
}

/* Links on the way are followed as the system does it: what is above is above the target. */
static void test_paths_through_links(void **state) {
    (void)state;
    char link[PATH], deep[PATH], path[PATH], out[PATH], here[PATH / 2], absolute[PATH];
    join(deep, target, "deep");
    join(link, folder, "link");
    assert_non_null(getcwd(here, sizeof here));
    join(absolute, here, deep);
    assert_int_equal(mkdir(deep, 0777), 0);
    const char *const texts[] = {"../target/deep", "..//target/./deep/", absolute};
    for (size_t i = 0; i < 3; i++) {
        make_link(texts[i], link, geteuid());
        join(path, link, "..///out");
        assert_int_equal(write_as(geteuid(), path), CKN_OK);
        join(out, target, "out");
        assert_int_equal(unlink(out), 0);
        join(path, link, "out");
        assert_int_equal(write_as(geteuid(), path), CKN_OK);
        join(out, deep, "out");
        assert_int_equal(unlink(out), 0);
        assert_int_equal(unlink(link), 0);
    }
    assert_int_equal(rmdir(deep), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_at_the_end),
        cmocka_unit_test(test_link_in_the_middle),
        cmocka_unit_test(test_link_behind_a_link),
        cmocka_unit_test(test_paths_through_links),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
