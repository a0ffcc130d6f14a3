/* Outputs that cannot be written: noticed before the work where that is possible. */
#include "program.h"

#include "files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "60x50", "--kernel", "gaussian:1",
             "--kernel-size", "5", "--sharp", "sharp.npy", "--blurred", "blurred.npy");
    return 0;
}

#define ESTIMATE(...)                                                                              \
    "estimate", "sharp.npy", "blurred.npy", "-k", "5", "--device", "cpu", __VA_ARGS__

static void test_folders(void **state) {
    (void)state;
    FAILS(1, "nowhere/k.npy: the folder nowhere does not exist", ESTIMATE("-o", "nowhere/k.npy"));
    FAILS(1, "sharp.npy is not a folder", ESTIMATE("-o", "sharp.npy/k.npy"));
    FAILS(1, "nowhere/j.json: ", ESTIMATE("-o", "k.npy", "--json", "nowhere/j.json"));
    FAILS(1, "nowhere/h.csv: ", ESTIMATE("-o", "k.npy", "--history", "nowhere/h.csv"));
    FAILS(1, "nowhere/r.png: ", ESTIMATE("-o", "k.npy", "--report", "nowhere/r.png"));
    FAILS(1, "is a folder", ESTIMATE("-o", "k.npy", "--json", "."));
    FAILS(1, "nowhere/x.png: ", "blur", "sharp.npy", "--sigma", "2", "-o", "nowhere/x.png");
    FAILS(1, "nowhere/x.png: ", "apply", "sharp.npy", "blurred.npy", "-o", "nowhere/x.png");
    FAILS(1, "nowhere/x.npy: ", "simulate", "--sharp", "nowhere/x.npy");
    FAILS(1, "nowhere/x.csv: ", "boxkernel", "--sigma", "2", "-o", "nowhere/x.csv");
    FAILS(1, "nowhere/x.json: ", "devices", "--json", "nowhere/x.json");
    /* /proc takes no files, not even from root. */
    FAILS(1, "/proc/clkernest.npy: ", ESTIMATE("-o", "/proc/clkernest.npy"));
    assert_false(file_exists("k.npy"));
}

/* Paths are looked at before anything else. */
static void test_paths_come_first(void **state) {
    (void)state;
    FAILS(1, "nowhere", ESTIMATE("-o", "nowhere/k.npy"));
    FAILS(1, "missing.png: cannot be opened", "estimate", "missing.png", "missing.png", "-k", "5",
          "-o", "nowhere/k.npy");
}

static void test_extensions(void **state) {
    (void)state;
    FAILS(2, "k.txt: ", ESTIMATE("-o", "k.txt"));
    FAILS(2, "x.gif: ", "blur", "sharp.npy", "--sigma", "2", "-o", "x.gif");
    FAILS(2, "x.jpg: ", "simulate", "--blurred", "x.jpg");
    FAILS(2, "x: ", "simulate", "--sharp", "x");
}

static void test_inputs_are_safe(void **state) {
    (void)state;
    const char *message = " itself; choose another name";
    assert_int_equal(symlink("sharp.npy", "link.npy"), 0);
    assert_int_equal(link("blurred.npy", "hard.npy"), 0);
    FAILS(2, message, ESTIMATE("-o", "sharp.npy"));
    FAILS(2, message, ESTIMATE("-o", "./link.npy"));
    FAILS(2, message, ESTIMATE("-o", "k.npy", "--json", "hard.npy"));
    FAILS(2, message, "compare", "sharp.npy", "blurred.npy", "-k", "5", "--json", "sharp.npy");
    FAILS(2, message, "apply", "sharp.npy", "blurred.npy", "-o", "blurred.npy");
    FAILS(2, message, "simulate", "--scene", "sharp.npy", "--blurred", "sharp.npy");
    FAILS(2, message, "simulate", "--kernel", "blurred.npy", "--kernel-out", "./blurred.npy");
    FAILS(2, message, "blur", "sharp.npy", "--sigma", "1", "-o", "k.npy", "--json", "sharp.npy");
    remove("link.npy");
    remove("hard.npy");
}

static void test_one_file_twice(void **state) {
    (void)state;
    const char *message = "name the same file";
    assert_int_equal(symlink("new.npy", "link.npy"), 0);
    assert_int_equal(symlink(".", "here"), 0);
    FAILS(2, message, "simulate", "--sharp", "a.npy", "--blurred", "./a.npy");
    FAILS(2, message, "simulate", "--sharp", "new.npy", "--blurred", "link.npy");
    FAILS(2, message, "simulate", "--sharp", "here/a.npy", "--json", "a.npy");
    assert_false(file_exists("a.npy"));
    remove("link.npy");
    remove("here");
}

static void test_full_disk(void **state) {
    (void)state;
    FAILS(1, "/dev/full: ", ESTIMATE("-o", "k.npy", "--json", "/dev/full", "-q"));
    FAILS(1, "/dev/full: ", ESTIMATE("--history", "/dev/full", "--json", "j.json", "-q"));
    FAILS(1, "/dev/full: ", "boxkernel", "--sigma", "2", "--json", "/dev/full", "-q");
}

static void expect_precious(const char *path) {
    char *text = file_text(path);
    assert_string_equal(text, "precious\n");
    free(text);
}

/* All outputs of one command appear together or not at all, whichever of them fails. */
static void test_together(void **state) {
    (void)state;
    write_text("old.npy", "precious\n");
    write_text("old.json", "precious\n");
    write_text("old.png", "precious\n");
    FAILS(1, "/dev/full: ", ESTIMATE("-o", "old.npy", "--json", "/dev/full", "-q"));
    FAILS(1, "/dev/full: ",
          ESTIMATE("-o", "old.npy", "--history", "/dev/full", "--report", "old.png", "--json",
                   "old.json", "-q"));
    FAILS(1, "/dev/full: ", "blur", "sharp.npy", "--sigma", "2", "--device", "cpu", "-o", "old.npy",
          "--json", "/dev/full", "-q");
    FAILS(1, "/dev/full: ", "apply", "sharp.npy", "blurred.npy", "--support", "same", "--device",
          "cpu", "-o", "old.npy", "--json", "/dev/full", "-q");
    FAILS(1, "/dev/full: ", "simulate", "--sharp", "old.npy", "--blurred", "new.npy", "--json",
          "/dev/full", "-q");
    FAILS(1, "/dev/full: ", "boxkernel", "--sigma", "2", "-o", "old.npy", "--report", "old.png",
          "--json", "/dev/full", "-q");
    expect_precious("old.npy");
    expect_precious("old.json");
    expect_precious("old.png");
    assert_false(file_exists("new.npy"));
    remove("old.npy");
    remove("old.json");
    remove("old.png");
}

/* A limit on the size of files is what a full disk is to the program: the write fails halfway. */
static void test_disk_fills_up(void **state) {
    (void)state;
    const struct rlimit small = {2000, 2000};
    write_text("old.npy", "precious\n");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        execl(CLI_PROGRAM, CLI_PROGRAM, "simulate", "--sharp", "old.npy", (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    char *text = file_text("old.npy");
    assert_string_equal(text, "precious\n");
    free(text);
}

/* Runs with standard output going to `path`; gives the exit status and keeps standard error. */
static int run_into(const char *path, char *const *arguments) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(open(path, O_WRONLY), STDOUT_FILENO);
        dup2(open("err.txt", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        execv(CLI_PROGRAM, arguments);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_full_standard_output(void **state) {
    (void)state;
    char program[] = CLI_PROGRAM, box[] = "boxkernel", sigma[] = "--sigma=2", json[] = "--json=-",
         csv[] = "-o-", quiet[] = "-q", help[] = "--help";
    char *const commands[][6] = {{program, box, sigma, NULL},
                                 {program, box, sigma, json, quiet, NULL},
                                 {program, box, sigma, csv, quiet, NULL},
                                 {program, box, help, NULL},
                                 {program, help, NULL}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        assert_int_equal(run_into("/dev/full", commands[i]), 1);
        char *text = file_text("err.txt");
        expect_contains(text, "standard output: ");
        assert_string_equal(strchr(text, '\n'), "\n");
        free(text);
    }
    char file[] = "-olost.npy";
    char *const with_file[] = {program, box, sigma, file, json, quiet, NULL};
    assert_int_equal(run_into("/dev/full", with_file), 1);
    assert_false(file_exists("lost.npy"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_paths_come_first),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_inputs_are_safe),
        cmocka_unit_test(test_one_file_twice),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_disk_fills_up),
        cmocka_unit_test(test_full_standard_output),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
