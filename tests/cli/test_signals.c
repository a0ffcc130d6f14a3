/* Every signal that may end the program, at any time: nothing is left behind, the outputs are all
 * old or all new, and a line says why. */
#include "program.h"

#include "files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t random_state = 1;

static double random_real(void) {
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(random_state >> 11) * 0x1p-53;
}

static const struct ending {
    int signal, status;
} endings[] = {{SIGINT, 130},
               {SIGTERM, 130},
               {SIGHUP, 128 + SIGHUP},
               {SIGQUIT, 128 + SIGQUIT},
               {SIGXCPU, 128 + SIGXCPU},
               {SIGPIPE, 128 + SIGPIPE}};

enum { ENDINGS = sizeof endings / sizeof endings[0] };

static int make_pair(void **state) {
    if (enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "200", "--kernel", "gaussian:2",
             "--kernel-size", "15", "--support", "same", "--noise", "0.01", "--sharp", "sharp.npy",
             "--blurred", "blurred.npy");
    return 0;
}

static const char *const outputs[] = {"k.npy", "m.csv", "j.json"};
enum { OUTPUTS = sizeof outputs / sizeof outputs[0] };

static bool is_old(const char *path) {
    char *text = file_text(path);
    bool same = text && strcmp(text, "precious\n") == 0;
    free(text);
    return same;
}

static void expect_all_or_none(const program_run *run) {
    size_t old = 0;
    for (size_t i = 0; i < OUTPUTS; i++)
        old += is_old(outputs[i]);
    if (old != 0 && old != OUTPUTS)
        fail_msg("%zu of %d outputs are old: status %d, %s", old, OUTPUTS, run->status, run->err);
    if (run->status == 0)
        assert_int_equal(old, 0);
    if (old == 0) {
        free(read_kernel("k.npy", 9, 9));
        json_decref(json_of_file("j.json"));
    }
}

/* Before the handlers stand, the signal is at its default, which a shell calls 128 and its number.
 * A pipe's reader that is gone is worth no word where nothing is lost. */
static void expect_ending(const program_run *run, const struct ending *ending) {
    const int plain = 128 + ending->signal;
    if (run->status != 0 && run->status != ending->status && run->status != plain)
        fail_msg("signal %d: status %d, %s", ending->signal, run->status, run->err);
    const char *end = strchr(run->err, '\n');
    if (run->err[0] && (!end || end[1]))
        fail_msg("signal %d: more than a line: %s", ending->signal, run->err);
    if (run->err[0])
        expect_contains(run->err, "interrupted ");
    assert_true(run->seconds < 2.0);
}

static const char *const words[] = {"estimate", "sharp.npy", "blurred.npy", "-k",      "9",
                                    "-o",       "k.npy",     "--mtf",       "m.csv",   "--json",
                                    "j.json",   "--device",  "cpu",         "--quiet", NULL};

static void test_any_time(void **state) {
    (void)state;
    for (size_t i = 0; i < OUTPUTS; i++)
        write_text(outputs[i], "precious\n");
    program_run whole = program_interrupt(SIGCONT, 0.0, words);
    assert_int_equal(whole.status, 0);
    const double duration = whole.seconds;
    program_release(&whole);
    const size_t before = count_files();
    for (size_t i = 0; i < 8 * ENDINGS; i++) {
        const struct ending *ending = &endings[i % ENDINGS];
        for (size_t j = 0; j < OUTPUTS; j++)
            write_text(outputs[j], "precious\n");
        program_run run = program_interrupt(ending->signal, 1.05 * duration * random_real(), words);
        expect_ending(&run, ending);
        expect_all_or_none(&run);
        assert_int_equal(count_files(), before);
        program_release(&run);
    }
}

/* Every file of a batch appears by itself. */
static void test_batch(void **state) {
    (void)state;
    enum { PICTURES = 12 };
    char names[PICTURES][16], paths[PICTURES][32];
    const char *batch[PICTURES + 8] = {"blur", "--sigma",  "3",  "--out-dir",
                                       "out",  "--device", "cpu"};
    assert_int_equal(mkdir("out", 0755), 0);
    for (size_t i = 0; i < PICTURES; i++) {
        snprintf(names[i], sizeof names[i], "p%zu.npy", i);
        snprintf(paths[i], sizeof paths[i], "out/p%zu.npy", i);
        write_pattern(names[i], 700, 500, 1, false, CKN_SAMPLE_F64, (unsigned)i);
        batch[7 + i] = names[i];
    }
    for (size_t i = 0; i < 4 * ENDINGS; i++) {
        const struct ending *ending = &endings[i % ENDINGS];
        program_run run = program_interrupt(ending->signal, 0.1 + 0.4 * random_real(), batch);
        expect_ending(&run, ending);
        program_release(&run);
        for (size_t j = 0; j < PICTURES; j++) {
            if (file_exists(paths[j])) {
                ckn_picture picture = read_picture(paths[j]);
                ckn_picture_release(&picture);
            }
            remove(paths[j]);
        }
        if (rmdir("out") != 0) /* it is empty, unless something is left */
            fail_msg("signal %d leaves something", ending->signal);
        assert_int_equal(mkdir("out", 0755), 0);
    }
    assert_int_equal(rmdir("out"), 0);
}

typedef void (*limit)(void);

/* Runs with a limit that the child sets for itself, and with standard output at `out`. */
static program_run run_limited(limit set, int out, const char *const *arguments) {
    const char *argv[32] = {CLI_PROGRAM};
    for (size_t i = 0; arguments[i]; i++)
        argv[i + 1] = arguments[i];
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (out >= 0)
            dup2(out, STDOUT_FILENO);
        dup2(open("err.txt", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        set();
        execv(CLI_PROGRAM, (char *const *)argv);
        _exit(127);
    }
    program_run run = {0};
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    run.err = file_text("err.txt");
    return run;
}

static void expect_one_line(const program_run *run, int status, const char *text) {
    if (run->status != status || !strchr(run->err, '\n') || strchr(run->err, '\n')[1] ||
        !strstr(run->err, text))
        fail_msg("status %d, %s", run->status, run->err);
}

static void limit_files(void) {
    const struct rlimit small = {8192, 8192};
    signal(SIGXFSZ, SIG_DFL);
    setrlimit(RLIMIT_FSIZE, &small);
}

/* The system's signal for a file that may grow no more is a failed write. */
static void test_limit_of_a_file(void **state) {
    (void)state;
    const char *const blur[] = {"blur",  "sharp.npy", "--sigma", "2",  "-o",
                                "k.npy", "--device",  "cpu",     "-q", NULL};
    write_text("err.txt", "");
    write_text("k.npy", "precious\n");
    size_t before = count_files();
    program_run run = run_limited(limit_files, -1, blur);
    expect_one_line(&run, 1, "k.npy: cannot be written: File too large");
    assert_true(is_old("k.npy"));
    assert_int_equal(count_files(), before);
    program_release(&run);
}

/* So many iterations that the run is still under way, whatever the machine. */
static const char *const endless[] = {
    "estimate", "sharp.npy", "blurred.npy", "-k",       "15",          "-o", "k.npy",
    "-n",       "100000000", "--solver",    "gd",       "--tolerance", "0",  "--step",
    "1e-9",     "--engine",  "direct",      "--device", "cpu",         NULL};

/* Once the handlers stand, each signal has its status and its line. */
static void test_each_has_a_line(void **state) {
    (void)state;
    write_text("k.npy", "precious\n");
    size_t before = count_files();
    for (size_t i = 0; i < ENDINGS; i++) {
        program_run run = program_interrupt(endings[i].signal, 0.8, endless);
        assert_int_equal(run.status, endings[i].status);
        if (endings[i].signal == SIGPIPE)
            assert_string_equal(run.err, "");
        else
            expect_contains(run.err, "interrupted at iteration ");
        assert_true(is_old("k.npy"));
        assert_int_equal(count_files(), before);
        program_release(&run);
    }
}

static void limit_time(void) {
    const struct rlimit second = {1, 5};
    setrlimit(RLIMIT_CPU, &second);
}

static void test_limit_of_time(void **state) {
    (void)state;
    write_text("k.npy", "precious\n");
    size_t before = count_files();
    program_run run = run_limited(limit_time, -1, endless);
    expect_one_line(&run, 128 + SIGXCPU, "the limit of CPU time is reached: interrupted ");
    assert_true(is_old("k.npy"));
    assert_int_equal(count_files(), before);
    program_release(&run);
}

static void break_nothing(void) {
    signal(SIGPIPE, SIG_DFL);
}

static void ignore_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
}

/* A reader that has gone: with files that are lost, it says so; without, it is silent, as for
 * head; where the caller wants no signal, the write fails. */
static void test_nobody_reads(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    const char *const with_file[] = {"boxkernel", "--sigma", "2",       "-o", "k.npy",
                                     "--json",    "-",       "--quiet", NULL};
    const char *const without[] = {"boxkernel", "--sigma", "2", "--json", "-", NULL};
    write_text("k.npy", "precious\n");
    size_t before = count_files();
    program_run run = run_limited(break_nothing, ends[1], with_file);
    expect_one_line(&run, 128 + SIGPIPE, "nobody reads the output any more: interrupted ");
    program_release(&run);
    run = run_limited(break_nothing, ends[1], without);
    assert_int_equal(run.status, 128 + SIGPIPE);
    assert_string_equal(run.err, "");
    program_release(&run);
    run = run_limited(ignore_pipes, ends[1], with_file);
    expect_one_line(&run, 1, "standard output: Broken pipe");
    program_release(&run);
    assert_true(is_old("k.npy"));
    assert_int_equal(count_files(), before);
    close(ends[1]);
}

/* As with nohup, and for background jobs: this process ignores them, and so does its child. */
static void test_ignored_signals(void **state) {
    (void)state;
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        void (*handler)(int) = signal(ignored[i], SIG_IGN);
        program_run run = program_interrupt(ignored[i], 0.05 + 0.2 * random_real(), words);
        signal(ignored[i], handler);
        assert_int_equal(run.status, 0);
        assert_string_equal(run.err, "");
        program_release(&run);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_time),        cmocka_unit_test(test_each_has_a_line),
        cmocka_unit_test(test_batch),           cmocka_unit_test(test_limit_of_a_file),
        cmocka_unit_test(test_limit_of_time),   cmocka_unit_test(test_nobody_reads),
        cmocka_unit_test(test_ignored_signals),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
