/* The whole program in this process, from its main() on, with command lines that mostly are right:
 * exit status and messages are as promised, inputs stay, a failure writes nothing. */
#include "command_line.h"
#include "fuzz.h"
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* main() of host/cli/main.c, which is compiled under this name. */
int fuzz_program(int argc, char **argv);

typedef struct printed {
    char *text;
    size_t size;
} printed;

typedef struct program_run {
    fuzz_command_line line;
    int status;
    printed out, err;
} program_run;

/* No OpenCL driver is loaded: they are not what is tested, and leak. The program, which starts anew
 * where OpenMP and OpenBLAS need other settings, finds that they have some. */
static void settle_environment(void) {
    setenv("OMP_WAIT_POLICY", "passive", 0);
    setenv("OPENBLAS_CORETYPE", "Haswell", 0);
    setenv("OCL_ICD_VENDORS", "/nonexistent", 1);
    unsetenv("CLKERNEST_DEVICE");
    unsetenv("COLUMNS");
}

static void run_program(program_run *run) {
    FILE *kept_out = stdout, *kept_err = stderr;
    FILE *out = open_memstream(&run->out.text, &run->out.size);
    FILE *err = open_memstream(&run->err.text, &run->err.size);
    FUZZ_CHECK(out && err, "no memory for what is printed");
    stdout = out;
    stderr = err;
    run->status = fuzz_program(run->line.count, run->line.words);
    stdout = kept_out;
    stderr = kept_err;
    fclose(out);
    fclose(err);
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Lines that report a failure: all but notes and warnings. */
static size_t count_failures(char *text) {
    size_t count = 0;
    char *rest = text;
    for (char *line; (line = strtok_r(rest, "\n", &rest));) {
        FUZZ_CHECK(fuzz_is_plain(line), "not plain: %s", line);
        FUZZ_CHECK(starts_with(line, "clkernest"), "a line without the program's name: %s", line);
        count += !strstr(line, ": note: ") && !strstr(line, ": warning: ");
    }
    return count;
}

static void check_messages(program_run *run) {
    const bool verbose =
        fuzz_command_line_has(&run->line, "--verbose") || fuzz_command_line_has(&run->line, "-v");
    const bool batch = fuzz_command_line_has(&run->line, "--out-dir");
    /* The summary goes there where the result goes to standard output. */
    const bool mixed = fuzz_command_line_has(&run->line, "-") && run->status == 0;
    if (verbose || batch || mixed)
        return;
    const size_t failures = count_failures(run->err.text);
    FUZZ_CHECK(failures == (run->status != 0), "status %d with %zu lines", run->status, failures);
}

static void check_files(const program_run *run) {
    fuzz_sandbox_check_inputs();
    const size_t written = fuzz_sandbox_clear();
    const bool partial = fuzz_command_line_has(&run->line, "--out-dir") ||
                         strcmp(run->line.words[1], "compare") == 0;
    FUZZ_CHECK(run->status == 0 || written == 0 || (partial && run->status == 1),
               "status %d, but %zu files were written", run->status, written);
}

static void print_line(const program_run *run) {
    for (int i = 0; i < run->line.count; i++)
        fprintf(stderr, "'%s' ", run->line.words[i]);
    fputc('\n', stderr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool settled;
    if (!settled)
        settle_environment();
    settled = true;
    fuzz_input input = {data, size};
    program_run run = {.status = 0};
    fuzz_command_line_create(&run.line, &input, fuzz_sandbox());
    if (fuzz_shows())
        print_line(&run);
    run_program(&run);
    if (fuzz_shows())
        fprintf(stderr, "status %d\n%s", run.status, run.err.text);
    FUZZ_CHECK(run.status >= 0 && run.status <= 2, "status %d", run.status);
    check_messages(&run);
    check_files(&run);
    free(run.out.text);
    free(run.err.text);
    return 0;
}
