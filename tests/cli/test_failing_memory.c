/* Memory that runs out, at any allocation of the program, the library and jansson: the program then
 * fails with one line and leaves every file as it was, or it does all that it does otherwise. Runs
 * in a child of this process, which has the program's main() under another name. */
#include "program.h"

#include "files.h"
#include "support/failing_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
/* NOLINTEND(bugprone-reserved-identifier) */

static const size_t never = (size_t)1 << 40;
static int counted[2]; /* a pipe from the child: how many allocations it made */
static size_t allocations;

static void *allocate(size_t size) {
    return malloc(size);
}

static void release(void *pointer) {
    free(pointer);
}

static void redirect(const char *path, int descriptor) {
    int opened = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (opened < 0 || dup2(opened, descriptor) < 0)
        _exit(99);
    close(opened);
}

/* The variables keep the program from starting itself anew. */
static void run_child(const char *const *words, size_t failing) {
    char *arguments[32] = {(char[]){"clkernest"}};
    int words_count = 1;
    for (; words[words_count - 1]; words_count++)
        arguments[words_count] = strdup(words[words_count - 1]);
    redirect("stdout.txt", STDOUT_FILENO);
    redirect("stderr.txt", STDERR_FILENO);
    setenv("OMP_WAIT_POLICY", "passive", 1);
    setenv("OPENBLAS_CORETYPE", "Haswell", 1);
    json_set_alloc_funcs(allocate, release);
    ckn_test_memory = (ckn_test_failing_memory){.armed = true, .countdown = failing};
    int status = __real_main(words_count, arguments);
    ckn_test_memory.armed = false;
    size_t count = failing - ckn_test_memory.countdown;
    if (write(counted[1], &count, sizeof count) != (ssize_t)sizeof count)
        _exit(98);
    for (int i = 1; i < words_count; i++)
        free(arguments[i]);
    exit(status); /* not _exit(): leaks are looked for */
}

static int run_failing(const char *const *words, size_t failing) {
    pid_t child = fork();
    int status = 0;
    assert_true(child >= 0);
    if (child == 0)
        run_child(words, failing);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (read(counted[0], &allocations, sizeof allocations) != (ssize_t)sizeof allocations)
        allocations = 0; /* the child has died */
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

typedef struct output {
    const char *path;
    enum { BYTES, FIGURES, EXISTENCE } compared;
} output;

static void remove_times(json_t *value) {
    const char *key;
    json_t *part;
    size_t i;
    void *next;
    json_object_foreach_safe(value, next, key, part) {
        if (strncmp(key, "seconds", 7) == 0)
            json_object_del(value, key);
        else
            remove_times(part);
    }
    json_array_foreach(value, i, part) remove_times(part);
}

static bool same_figures(const char *path, const char *expected) {
    json_t *found = json_of_file(path), *wanted = json_of_file(expected);
    remove_times(found);
    remove_times(wanted);
    bool same = json_equal(found, wanted) != 0;
    json_decref(found);
    json_decref(wanted);
    return same;
}

static const char *expected_name(const output *one) {
    static char name[64];
    snprintf(name, sizeof name, "expected.%s", one->path);
    return name;
}

static bool is_as_expected(const output *one) {
    if (one->compared == FIGURES)
        return same_figures(one->path, expected_name(one));
    return one->compared == BYTES ? same_bytes(one->path, expected_name(one))
                                  : file_exists(one->path);
}

static bool is_precious(const char *path) {
    char *text = file_text(path);
    bool same = text && strcmp(text, "precious\n") == 0;
    free(text);
    return same;
}

static void expect_clean_failure(const output *outputs, size_t failing, int status) {
    char *said = file_text("stderr.txt");
    const char *end = strchr(said, '\n');
    bool notes = strstr(said, ": note: ") || strstr(said, ": warning: ");
    if (status != 1 || !end || (end[1] && !notes))
        fail_msg("allocation %zu: status %d, %s", failing, status, said);
    free(said);
    for (; outputs->path; outputs++) {
        if (!is_precious(outputs->path))
            fail_msg("allocation %zu: %s is not what it was", failing, outputs->path);
    }
}

static void expect_whole_success(const output *outputs, size_t failing) {
    for (; outputs->path; outputs++) {
        if (!is_as_expected(outputs))
            fail_msg("allocation %zu: %s is not what it should be", failing, outputs->path);
    }
}

static size_t run_undisturbed(const char *const *words, const output *outputs) {
    for (const output *one = outputs; one->path; one++)
        write_text(one->path, "precious\n");
    if (run_failing(words, never) != 0) {
        char *said = file_text("stderr.txt");
        fail_msg("%s", said);
    }
    for (const output *one = outputs; one->path; one++)
        assert_int_equal(rename(one->path, expected_name(one)), 0);
    return allocations;
}

/* Each allocation where they are few, else some all over; the last ones, which write, are dense. */
static size_t step(size_t failing, size_t total) {
    static uint64_t state = 1;
    if (total < 400 || failing + 100 > total)
        return 1;
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return 1 + (size_t)(state >> 33) % (2 * total / 120);
}

static void let_fail(const char *const *words, const output *outputs) {
    size_t total = run_undisturbed(words, outputs), failures = 0;
    assert_true(total > 20);
    for (size_t failing = 1; failing <= total; failing += step(failing, total)) {
        for (const output *one = outputs; one->path; one++)
            write_text(one->path, "precious\n");
        size_t before = count_files();
        int status = run_failing(words, failing);
        if (status == 0)
            expect_whole_success(outputs, failing);
        else
            expect_clean_failure(outputs, failing, status);
        failures += status != 0;
        assert_int_equal(count_files(), before);
    }
    assert_true(failures > 10);
    for (const output *one = outputs; one->path; one++) {
        remove(one->path);
        remove(expected_name(one));
    }
}

#define LET_FAIL(outputs, ...) let_fail((const char *const[]){__VA_ARGS__, NULL}, outputs)

static void test_boxkernel(void **state) {
    (void)state;
    static const output outputs[] = {{"k.csv", BYTES}, {"j.json", FIGURES}, {NULL, BYTES}};
    LET_FAIL(outputs, "boxkernel", "--sigma", "2", "-o", "k.csv", "--json", "j.json");
}

static void test_devices(void **state) {
    (void)state;
    static const output outputs[] = {{"j.json", FIGURES}, {NULL, BYTES}};
    LET_FAIL(outputs, "devices", "--device", "cpu", "--json", "j.json");
}

static void test_standard_output(void **state) {
    (void)state;
    static const output outputs[] = {{"stdout.txt", FIGURES}, {NULL, BYTES}};
    const char *const words[] = {"target", "--size", "200", "-o", "t.png", "--json", "-", NULL};
    size_t total = run_undisturbed(words, outputs);
    remove("t.png");
    for (size_t failing = 1; failing <= total; failing++) {
        int status = run_failing(words, failing);
        char *text = file_text("stdout.txt");
        if (status != 0)
            assert_string_equal(text, "");
        else
            expect_whole_success(outputs, failing);
        assert_int_equal(file_exists("t.png"), status == 0);
        remove("t.png");
        free(text);
    }
    remove(expected_name(outputs));
}

static void test_estimate(void **state) {
    (void)state;
    static const output outputs[] = {{"k.csv", BYTES},     {"j.json", FIGURES}, {"m.csv", BYTES},
                                     {"r.png", EXISTENCE}, {"u.fits", BYTES},   {NULL, BYTES}};
    LET_FAIL(outputs, "estimate", "sharp.npy", "blurred.npy", "-k", "5", "-o", "k.csv", "--json",
             "j.json", "--mtf", "m.csv", "--report", "r.png", "--uncertainty", "u.fits", "--model",
             "n.fits", "--device", "cpu");
}

static void test_blur(void **state) {
    (void)state;
    static const output outputs[] = {{"b.npy", BYTES}, {"j.json", FIGURES}, {NULL, BYTES}};
    LET_FAIL(outputs, "blur", "sharp.npy", "--sigma", "2", "-o", "b.npy", "--json", "j.json",
             "--device", "cpu", "--quiet");
}

static int make_pair(void **state) {
    if (pipe(counted) != 0 || fcntl(counted[0], F_SETFL, O_NONBLOCK) != 0 ||
        enter_folder(state) != 0)
        return -1;
    SUCCEEDS("simulate", "--scene", "noise", "--size", "40", "--kernel", "gaussian:1",
             "--kernel-size", "5", "--noise", "0.01", "--sharp", "sharp.npy", "--blurred",
             "blurred.npy");
    write_text("stdout.txt", "");
    write_text("stderr.txt", "");
    return 0;
}

int __wrap_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxkernel),       cmocka_unit_test(test_devices),
        cmocka_unit_test(test_standard_output), cmocka_unit_test(test_blur),
        cmocka_unit_test(test_estimate),
    };
    return cmocka_run_group_tests(tests, make_pair, leave_folder);
}
