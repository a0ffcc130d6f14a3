/* Ctrl-C: over within a second, exit status 130, nothing half written, and it says how far. */
#include "program.h"

#include "files.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "300x300", "--kernel", "gaussian:3",
             "--kernel-size", "25", "--sharp", "sharp.npy", "--blurred", "blurred.npy");
    write_text("k.npy", "precious\n");
    return 0;
}

static void expect_no_temporary_file(void) {
    DIR *listing = opendir(".");
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        expect_lacks(entry->d_name, ".tmp");
    closedir(listing);
}

static void expect_interrupted(program_run *run, const char *message) {
    if (run->status != 130)
        fail_msg("status %d, %s", run->status, run->err);
    assert_true(run->seconds < 1.0);
    assert_string_equal(run->out, "");
    expect_contains(run->err, message);
    assert_string_equal(strchr(run->err, '\n'), "\n");
    char *text = file_text("k.npy");
    assert_string_equal(text, "precious\n");
    free(text);
    expect_no_temporary_file();
    program_release(run);
}

/* So many iterations that the run is still under way, whatever the machine. */
static const char *const endless[] = {
    "estimate",  "sharp.npy", "blurred.npy", "-k",          "25",     "-o",       "k.npy", "-n",
    "100000000", "--solver",  "gd",          "--tolerance", "0",      "--device", "cpu",   "--json",
    "j.json",    "--step",    "1e-9",        "--engine",    "direct", "--report", "r.png", NULL};

static void test_between_iterations(void **state) {
    (void)state;
    const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        program_run run = program_interrupt(signals[i], 1.0, endless);
        expect_contains(run.err, "clkernest estimate: interrupted at iteration ");
        expect_interrupted(&run, " of 100000000, nothing written");
        assert_false(file_exists("j.json"));
        assert_false(file_exists("r.png"));
    }
}

/* One call of the library that takes minutes, and asks between bands of rows. */
static void test_inside_one_long_call(void **state) {
    (void)state;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "1500", "--sharp", "large.npy", "--kernel",
             "gaussian:100", "--kernel-size", "901", "--kernel-out", "wide.npy");
    const char *const words[] = {"apply", "large.npy", "wide.npy", "--support", "same", "-o",
                                 "k.npy", "--engine",  "direct",   "--device",  "cpu",  NULL};
    program_run run = program_interrupt(SIGINT, 1.0, words);
    expect_interrupted(&run, "interrupted while the picture was convolved, nothing written");
}

/* Work of the program's own, which looks for the signal by itself. */
static void test_while_a_target_is_drawn(void **state) {
    (void)state;
    const char *const words[] = {"target", "--pattern", "spectrum", "--size",
                                 "2400",   "-o",        "k.npy",    NULL};
    program_run run = program_interrupt(SIGINT, 0.5, words);
    expect_interrupted(&run, "interrupted while the target was drawn, nothing written");
}

static void test_at_the_start(void **state) {
    (void)state;
    for (int i = 1; i <= 10; i++) {
        program_run run = program_interrupt(SIGINT, 0.004 * i, endless);
        /* Before the handler stands, the signal simply ends the process. */
        assert_true(run.status == 130);
        assert_true(run.seconds < 1.0);
        program_release(&run);
        expect_no_temporary_file();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_between_iterations),
        cmocka_unit_test(test_inside_one_long_call),
        cmocka_unit_test(test_while_a_target_is_drawn),
        cmocka_unit_test(test_at_the_start),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
