#include "program.h"

#include "base/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[512];

int enter_folder(void **state) {
    (void)state;
    unsetenv("CLKERNEST_DEVICE");
    snprintf(folder, sizeof folder, "%s/work.XXXXXX", CLI_WORK);
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

int leave_folder(void **state) {
    (void)state;
    DIR *listing = opendir(".");
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        (void)remove(entry->d_name);
    if (listing)
        closedir(listing);
    return chdir("..") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static char *read_stream(int descriptor) {
    size_t used = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    assert_non_null(text);
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
    for (ssize_t got; (got = read(descriptor, text + used, capacity - used - 1)) > 0;) {
        used += (size_t)got;
        if (capacity - used < 2) {
            capacity *= 2;
            text = realloc(text, capacity);
            assert_non_null(text);
        }
    }
    text[used] = '\0';
    close(descriptor);
    return text;
}

/* A file without a name, which needs no reader while the program writes. */
static int scratch_file(void) {
    char name[] = "stream.XXXXXX";
    int descriptor = mkstemp(name);
    assert_true(descriptor >= 0);
    unlink(name);
    return descriptor;
}

static pid_t launch(const char *const *words, int out, int err) {
    const char *arguments[64] = {CLI_PROGRAM};
    for (size_t i = 0; words[i]; i++) {
        assert_true(i + 2 < 64);
        arguments[i + 1] = words[i];
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        execv(CLI_PROGRAM, (char *const *)arguments);
        _exit(127);
    }
    return child;
}

static void sleep_seconds(double seconds) {
    struct timespec delay = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&delay, NULL);
}

static program_run run(int signal_number, double delay, const char *const *words) {
    int out = scratch_file(), err = scratch_file(), status = 0;
    double start = ckn_seconds();
    pid_t child = launch(words, out, err);
    if (signal_number) {
        sleep_seconds(delay);
        start = ckn_seconds();
        kill(child, signal_number);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    program_run run = {0};
    run.seconds = ckn_seconds() - start;
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    run.out = read_stream(out);
    run.err = read_stream(err);
    return run;
}

program_run program_start(const char *const *words) {
    return run(0, 0.0, words);
}

program_run program_interrupt(int signal_number, double delay, const char *const *words) {
    return run(signal_number, delay, words);
}

void program_release(program_run *run) {
    free(run->out);
    free(run->err);
    memset(run, 0, sizeof *run);
}

/* Compares like cmocka, but shows what the program said. */
static void expect(bool good, const program_run *run, const char *const *words) {
    if (good)
        return;
    for (size_t i = 0; words[i]; i++)
        print_error("%s ", words[i]);
    print_error("\nstatus %d\nstdout: %s\nstderr: %s\n", run->status, run->out, run->err);
    fail();
}

char *program_output(const char *const *words) {
    program_run result = program_start(words);
    expect(result.status == 0 && result.err[0] == '\0', &result, words);
    char *out = result.out;
    result.out = NULL;
    program_release(&result);
    return out;
}

void program_fails(int status, const char *message, const char *const *words) {
    program_run result = program_start(words);
    const char *newline = strchr(result.err, '\n');
    expect(result.status == status && result.out[0] == '\0' && newline && newline[1] == '\0' &&
               strncmp(result.err, "clkernest", 9) == 0 && strstr(result.err, message),
           &result, words);
    program_release(&result);
}

json_t *json_of_text(const char *text) {
    json_error_t error;
    json_t *object = json_loads(text, 0, &error);
    if (!object)
        fail_msg("%s in %s", error.text, text);
    return object;
}

json_t *json_of_file(const char *path) {
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    if (!object)
        fail_msg("%s: %s", path, error.text);
    return object;
}

double json_number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("%s is no number", key);
    return json_number_value(value);
}

const char *json_word(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        fail_msg("%s is no text", key);
    return json_string_value(value);
}

void expect_contains(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

void expect_lacks(const char *text, const char *part) {
    if (strstr(text, part))
        fail_msg("'%s' is in: %s", part, text);
}
