/* The command line itself. */
#include "program.h"

#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_without_a_command(void **state) {
    (void)state;
    program_run run = program_start((const char *const[]){NULL});
    assert_int_equal(run.status, 2);
    assert_string_equal(run.out, "");
    expect_contains(run.err, "usage: clkernest COMMAND");
    program_release(&run);
}

static void test_help_and_version(void **state) {
    (void)state;
    char *help = OUTPUT("--help"), *word = OUTPUT("help"), *version = OUTPUT("--version");
    char *letter = OUTPUT("-V"), *command = OUTPUT("version");
    assert_string_equal(help, word);
    assert_string_equal(version, letter);
    assert_string_equal(version, command);
    free(letter);
    free(command);
    expect_contains(help, "estimate");
    expect_contains(help, "from two pictures.\n");
    expect_contains(version, "clkernest " CKN_VERSION);
    expect_contains(version, "CPU backend");
    expect_contains(version, "pictures: reads PNG, NPY");
    expect_contains(version, "kernels: reads NPY, CSV");
    char *of_command = OUTPUT("estimate", "--help"), *by_help = OUTPUT("help", "estimate");
    assert_string_equal(of_command, by_help);
    expect_contains(of_command,
                    "usage: clkernest estimate SHARP BLURRED [SHARP BLURRED]... [OPTION...]");
    /* Help wins over whatever else is missing. */
    SUCCEEDS("estimate", "-h");
    free(help);
    free(word);
    free(version);
    free(of_command);
    free(by_help);
}

/* Every line but examples fits where COLUMNS says how wide the terminal is. */
static void test_help_within_columns(void **state) {
    (void)state;
    setenv("COLUMNS", "80", 1);
    char *text = OUTPUT("estimate", "--help"), *list = OUTPUT("--help");
    unsetenv("COLUMNS");
    char *wide = OUTPUT("estimate", "--help");
    assert_true(strlen(wide) < strlen(text));
    const char *const texts[] = {text, list};
    for (size_t i = 0; i < 2; i++) {
        for (const char *line = texts[i]; *line; line += strcspn(line, "\n"), line += *line == '\n')
            if (strcspn(line, "\n") > 80)
                fail_msg("a line of %zu characters: %.100s", strcspn(line, "\n"), line);
    }
    free(text);
    free(list);
    free(wide);
}

static void test_unknown(void **state) {
    (void)state;
    FAILS(2, "unknown command 'estmate' (did you mean 'estimate'?)", "estmate");
    FAILS(2, "unknown command 'xyzzy'; 'clkernest --help'", "xyzzy");
    FAILS(2, "unknown option '--verison'", "--verison");
    FAILS(2, "unknown command 'blurr' (did you mean 'blur'?)", "help", "blurr");
    FAILS(2, "unknown option '--iteration' (did you mean '--iterations'?)", "estimate",
          "--iteration", "3");
    FAILS(2, "unknown option '--iteratons' (did you mean '--iterations'?)", "estimate",
          "--iteratons=3");
    FAILS(2, "unknown option '--zzz'; 'clkernest blur --help' lists", "blur", "--zzz");
    FAILS(2, "unknown option '-z'", "blur", "-z");
}

static void test_missing(void **state) {
    (void)state;
    FAILS(2, "missing argument: SHARP", "estimate");
    FAILS(2, "missing argument: BLURRED", "estimate", "a.png");
    FAILS(2, "missing argument: BLURRED after 'c.png', the last of 3 files", "estimate", "a.png",
          "b.png", "c.png");
    FAILS(2, "missing argument: BLURRED after 'c.png', the last of 3 files", "compare", "a.png",
          "b.png", "c.png");
    FAILS(2, "unexpected argument 'c.png'", "apply", "a.png", "b.png", "c.png");
    FAILS(2, "unexpected argument 'a'", "selftest", "a");
    FAILS(2, "missing argument: --output needs FILE", "estimate", "a", "b", "-k", "3", "-o");
    FAILS(2, "missing argument: --json needs FILE|-", "boxkernel", "--json", "--quiet");
    FAILS(2, "missing option: --sigma", "boxkernel");
    FAILS(2, "missing option: --sigma", "blur", "a", "-o", "x.png");
    write_text("there", "x");
    FAILS(2, "missing option: -o FILE", "blur", "there", "--sigma", "3");
    FAILS(2, "missing option: -o FILE", "apply", "there", "there");
    FAILS(2, "missing option: at least one of --sharp", "simulate");
    FAILS(2, "missing option: --kernel-size", "compare", "there", "there");
    unlink("there");
    FAILS(2, "SHARP is an empty name", "estimate", "", "b");
    FAILS(2, "BLURRED is an empty name", "estimate", "a", "b", "c", "");
    FAILS(2, "--json needs FILE|-, not an empty text", "boxkernel", "--json=");
}

/* What is missing to read comes before what is missing to write. */
static void test_worst_first(void **state) {
    (void)state;
    FAILS(1, "nothere.png: cannot be opened", "blur", "nothere.png", "--sigma", "3");
    FAILS(1, "nothere.png: cannot be opened", "apply", "nothere.png", "k.npy");
    FAILS(1, "nothere.png: cannot be opened", "estimate", "nothere.png", "b.png");
    FAILS(1, "nothere.png: cannot be opened", "estimate", "nothere.png", "b.png", "--device=cuda");
    FAILS(1, "nothere.png: cannot be opened", "compare", "nothere.png", "b.png");
    write_pattern("there.png", 12, 14, 1, false, CKN_SAMPLE_U8, 1);
    FAILS(1, "nothere.png: cannot be opened", "estimate", "there.png", "nothere.png", "-o",
          "folder/k.npy");
    FAILS(1, "larger than", "estimate", "there.png", "there.png", "-k", "500");
    unlink("there.png");
}

/* The figures are the result where no file is asked for. */
static void test_estimate_without_files(void **state) {
    (void)state;
    write_pattern("x.npy", 24, 24, 1, false, CKN_SAMPLE_F64, 1);
    const size_t files = count_files();
    program_run run = RUN("estimate", "x.npy", "x.npy", "-k", "3", "--device=cpu", "--shift=none");
    assert_int_equal(run.status, 0);
    expect_contains(run.out, "kernel");
    expect_lacks(run.out, "written");
    assert_int_equal(count_files(), files);
    unlink("x.npy");
    program_release(&run);
}

static void test_flags_take_nothing(void **state) {
    (void)state;
    FAILS(2, "--quiet takes no argument, not 'yes'", "boxkernel", "--quiet=yes");
}

static void test_spellings(void **state) {
    (void)state;
    char *words = OUTPUT("boxkernel", "--sigma", "3", "--passes", "4", "--output", "-", "--quiet");
    char *equals = OUTPUT("boxkernel", "--sigma=3", "--passes=4", "--output=-", "--quiet");
    char *letters = OUTPUT("boxkernel", "-s3", "-p", "4", "-qo-");
    assert_string_equal(words, equals);
    assert_string_equal(words, letters);
    FAILS(1, "--sigma: cannot be opened", "blur", "--sigma", "3", "-o", "x.png", "--", "--sigma");
    free(words);
    free(equals);
    free(letters);
}

static void test_contradictions(void **state) {
    (void)state;
#define ESTIMATE(...) "estimate", "a.png", "b.png", "-k", "3", "-o", "k.npy", __VA_ARGS__
    FAILS(2, "--step has no meaning with --solver division",
          ESTIMATE("--solver", "division", "--step", "1"));
    FAILS(2, "--iterations has no meaning", ESTIMATE("--solver", "division", "-n", "3"));
    FAILS(2, "--tolerance has no meaning", ESTIMATE("--solver=division", "--tolerance=0"));
    FAILS(2, "--history has no meaning", ESTIMATE("--solver=division", "--history=h.csv"));
    FAILS(2, "knows no --constraint", ESTIMATE("--solver=division", "--constraint=nonneg"));
    FAILS(2, "always works by FFT", ESTIMATE("--solver=division", "--engine=direct"));
    FAILS(2, "always works by FFT: leave --engine gram out",
          ESTIMATE("--solver=division", "--engine=gram"));
    FAILS(2, "--lambda has no meaning with --solver division, which is no least-squares fit",
          ESTIMATE("--solver=division", "--prior=none", "--lambda=1"));
    FAILS(2, "--memory-limit has no meaning with --solver division",
          ESTIMATE("--solver=division", "--memory-limit=1G"));
    FAILS(2, "--uncertainty has no meaning with --solver division, which is no least-squares fit",
          ESTIMATE("--solver=division", "--uncertainty=u.npy"));
    FAILS(2, "--epsilon needs --solver division", ESTIMATE("--epsilon", "1"));
    FAILS(2, "--epsilon needs --solver division", ESTIMATE("--epsilon", "1", "--solver=exact"));
    FAILS(2, "--output and --json cannot both", "estimate", "a", "b", "-k", "3", "-o", "-",
          "--json", "-");
    FAILS(2, "--output and --json name the same file", ESTIMATE("--json", "k.npy"));
    FAILS(2, "--output and --report name the same file", "estimate", "a", "b", "-k", "3", "-o",
          "k.png", "--report", "k.png");
    FAILS(2, "--report cannot write to standard output", ESTIMATE("--report", "-"));
    FAILS(2, "--output and --uncertainty name the same file", ESTIMATE("--uncertainty", "k.npy"));
    FAILS(2, "--output and --uncertainty cannot both", "estimate", "a", "b", "-k", "3", "-o", "-",
          "--uncertainty", "-");
    FAILS(2, "u.png: standard errors are numbers, so the name must end in .npy, .csv",
          ESTIMATE("--uncertainty", "u.png"));
    FAILS(2, "must end in .png", ESTIMATE("--report", "r.jpg"));
    FAILS(2, "must end in .csv", ESTIMATE("--history", "h.txt"));
    FAILS(2, "--device and --devices", "compare", "a", "b", "-k", "3", "--device", "cpu",
          "--devices", "cpu");
    FAILS(2, "--size has no meaning", "simulate", "--scene", "a.png", "--size", "9", "--sharp",
          "s.npy");
    FAILS(2, "--kernel-size has no meaning", "simulate", "--kernel", "./k.npy", "-k", "9",
          "--sharp", "s.npy");
#undef ESTIMATE
}

/* Options of the iteration, with solvers that do not iterate. */
static void test_solvers_without_iterations(void **state) {
    (void)state;
#define ESTIMATE(...) "estimate", "a.png", "b.png", "-k", "3", "-o", "k.npy", __VA_ARGS__
    const char *const options[] = {"--iterations=3", "--tolerance=0", "--step=1",
                                   "--no-restart",   "--gap=1e-6",    "--history=h.csv"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char message[160];
        int length = (int)strcspn(options[i], "=");
        snprintf(message, sizeof message,
                 "%.*s has no meaning with --solver exact, which does not iterate: leave it out, "
                 "or use --solver fista",
                 length, options[i]);
        FAILS(2, message, ESTIMATE("--solver=exact", options[i]));
        snprintf(message, sizeof message,
                 "%.*s has no meaning with --solver nnls, which ends by itself at the optimum: "
                 "leave it out, or use --solver fista",
                 length, options[i]);
        FAILS(2, message, ESTIMATE("--solver=nnls", options[i]));
    }
    FAILS(2, "--step has no meaning with --solver cg, which chooses its steps itself",
          ESTIMATE("--solver=cg", "--step=1"));
    FAILS(2, "--gap has no meaning with --solver cg", ESTIMATE("--solver=cg", "--gap=1"));
    FAILS(2, "--iterations has no meaning with --solver exact", "compare", "a", "b", "-k", "3",
          "--solver=exact", "-n", "3");
#undef ESTIMATE
}

static void test_solvers_and_constraints(void **state) {
    (void)state;
#define ESTIMATE(...) "estimate", "a.png", "b.png", "-k", "3", "-o", "k.npy", __VA_ARGS__
    FAILS(2, "--solver exact knows no --constraint: use --solver nnls or auto",
          ESTIMATE("--solver=exact", "--constraint=simplex"));
    FAILS(2, "--solver cg knows no --constraint: use --solver nnls or auto",
          ESTIMATE("--solver=cg", "--constraint=nonneg"));
    FAILS(2, "--constraint none contradicts --solver nnls",
          ESTIMATE("--solver=nnls", "--constraint=none"));
#undef ESTIMATE
}

static void test_solvers_and_engines(void **state) {
    (void)state;
#define ESTIMATE(...) "estimate", "a.png", "b.png", "-k", "3", "-o", "k.npy", __VA_ARGS__
    FAILS(2,
          "--solver exact works on the statistics of the images: use --engine gram instead of "
          "direct, or leave it out",
          ESTIMATE("--solver=exact", "--engine=direct"));
    FAILS(2,
          "--solver nnls works on the statistics of the images: use --engine gram instead of "
          "fft, or leave it out",
          ESTIMATE("--solver=nnls", "--engine=fft"));
    const char *const solvers[] = {"auto", "fista", "gd", "cg"};
    for (size_t i = 0; i < sizeof solvers / sizeof solvers[0]; i++)
        FAILS(2, "--prior works on the statistics of the images: use --engine gram instead of fft",
              ESTIMATE("--solver", solvers[i], "--engine=fft", "--prior=ridge", "--lambda=0.1"));
#undef ESTIMATE
}

static void test_choices(void **state) {
    (void)state;
#define ESTIMATE(...) "estimate", "a.png", "b.png", "-k", "3", "-o", "k.npy", __VA_ARGS__
    FAILS(2,
          "--solver must be one of auto|exact|nnls|fista|gd|cg|division, not 'fsta' (did you mean "
          "'fista'?)",
          ESTIMATE("--solver", "fsta"));
    FAILS(2, "--channels must be one of luma|joint|R|G|B, not 'Y'", ESTIMATE("--channels", "Y"));
    FAILS(2, "--engine must be one of", ESTIMATE("--engine", "gpu"));
    FAILS(2, "--constraint must be one of", ESTIMATE("--constraint", "positive"));
    FAILS(2, "--boundary must be one of", "blur", "a", "--boundary", "wrap");
    FAILS(2, "--support must be one of", "apply", "a", "b", "--support", "half");
    FAILS(2, "--engine must be one of auto|direct|fft, not 'gram'", "apply", "a", "b", "--engine",
          "gram");
#undef ESTIMATE
}

static void test_numbers(void **state) {
    (void)state;
#define ESTIMATE(...) "estimate", "a.png", "b.png", "-o", "k.npy", __VA_ARGS__
    const char *const sizes[] = {"0",
                                 "-3",
                                 "abc",
                                 "",
                                 "5x",
                                 "x5",
                                 "5x0",
                                 "5.5",
                                 "3x3x3",
                                 "5 ",
                                 "99999999999999999999999",
                                 "1000001",
                                 "0x10"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        FAILS(2, "--kernel-size must be N or WIDTHxHEIGHT", ESTIMATE("--kernel-size", sizes[i]));
    const char *const regions[] = {"1,2,3", "1,2,3x0", "-1,2,3x3", "1;2;3x3", "1,2,3x4x5", "a"};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++)
        FAILS(2, "--roi must be X,Y,WIDTHxHEIGHT", ESTIMATE("-k", "3", "--roi", regions[i]));
    const char *const counts[] = {"0", "-1", "1.5", "many", "1e3", "99999999999999999999"};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        FAILS(2, "--iterations must be a whole number from 1", ESTIMATE("-n", counts[i]));
        FAILS(2, "--repeat must be a whole number from 1", ESTIMATE("--repeat", counts[i]));
    }
    FAILS(2, "--tolerance must be a number of at least 0, not '-1'", ESTIMATE("--tolerance=-1"));
    FAILS(2, "--step must be a number larger than 0, not '0'", ESTIMATE("--step", "0"));
    FAILS(2, "--lambda must be auto|gcv|discrepancy, or a number of at least 0, not '-1'",
          ESTIMATE("--prior=ridge", "--lambda=-1"));
    FAILS(2, "--lambda must be auto|gcv|discrepancy, or a number of at least 0, not 'L'",
          ESTIMATE("--prior=ridge", "--lambda=L"));
    FAILS(2, "--noise-inflation must be auto, or a number of at least 1, not '0.5'",
          ESTIMATE("-k3", "--noise-inflation=0.5"));
    FAILS(2, "--lambda with a number needs the --prior", ESTIMATE("-k3", "--lambda=0.1"));
    FAILS(2, "--lambda has no meaning with --prior none",
          ESTIMATE("-k3", "--prior=none", "--lambda=gcv"));
    FAILS(2, "cannot find the weight of a prior: give --lambda a number",
          ESTIMATE("-k3", "--solver=fista", "--prior=smooth1"));
    FAILS(2, "--prior tv needs --solver auto", ESTIMATE("-k3", "--solver=exact", "--prior=tv"));
    FAILS(2, "--gap must be a number of at least 0, not 'x'", ESTIMATE("--gap=x"));
    const char *const bytes[] = {"0",
                                 "-1",
                                 "1.5G",
                                 "G",
                                 "1T",
                                 "2GB",
                                 "0x10",
                                 "",
                                 "1 G",
                                 "17179869184G",
                                 "99999999999999999999"};
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        FAILS(2, "--memory-limit must be a number of bytes, such as 500M",
              ESTIMATE("-k", "3", "--memory-limit", bytes[i]));
    const char *const sigmas[] = {"0", "-2", "nan", "inf", "", "2px", "1e999"};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        FAILS(2, "--sigma must be a number larger than 0", "boxkernel", "--sigma", sigmas[i]);
        FAILS(2, "--sigma must be a number larger than 0", "blur", "a", "--sigma", sigmas[i]);
    }
    FAILS(2, "--passes must be auto or a whole number from 1", "blur", "a", "--passes", "0");
    FAILS(2, "--passes must be a whole number from 1", "boxkernel", "--passes", "-1");
    FAILS(2, "--seed must be a whole number from 0", "simulate", "--seed", "-1");
    FAILS(2, "--noise must be a number of at least 0", "simulate", "--noise", "-0.1");
#undef ESTIMATE
}

/* Idle threads do not spin, unless the environment says how they wait. */
static void test_threads_wait_passively(void **state) {
    (void)state;
    const char *given = getenv("OMP_WAIT_POLICY");
    char *before = given ? strdup(given) : NULL;
    unsetenv("OMP_WAIT_POLICY");
    setenv("OMP_DISPLAY_ENV", "verbose", 1);
    program_run run = RUN("--version");
    expect_contains(run.err, "GOMP_SPINCOUNT = '0'");
    program_release(&run);
    setenv("OMP_WAIT_POLICY", "active", 1);
    run = RUN("--version");
    expect_contains(run.err, "OMP_WAIT_POLICY = 'ACTIVE'");
    expect_lacks(run.err, "GOMP_SPINCOUNT = '0'");
    program_release(&run);
    unsetenv("OMP_WAIT_POLICY");
    setenv("GOMP_SPINCOUNT", "7", 1);
    run = RUN("--version");
    expect_contains(run.err, "GOMP_SPINCOUNT = '7'");
    expect_lacks(run.err, "GOMP_SPINCOUNT = '0'");
    program_release(&run);
    unsetenv("GOMP_SPINCOUNT");
    unsetenv("OMP_DISPLAY_ENV");
    if (before)
        setenv("OMP_WAIT_POLICY", before, 1);
    free(before);
}

static void test_epsilon_help(void **state) {
    (void)state;
    char *text = OUTPUT("estimate", "--help");
    expect_contains(text, "relative to its mean");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_wait_passively),
        cmocka_unit_test(test_epsilon_help),
        cmocka_unit_test(test_without_a_command),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_help_within_columns),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_worst_first),
        cmocka_unit_test(test_estimate_without_files),
        cmocka_unit_test(test_flags_take_nothing),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_solvers_without_iterations),
        cmocka_unit_test(test_solvers_and_constraints),
        cmocka_unit_test(test_solvers_and_engines),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
