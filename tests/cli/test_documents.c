/* Help, manual page and completion say the same, and what they say about defaults is true. */
#include "program.h"

#include "files.h"

#include "clkernest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const commands[] = {"estimate", "boxkernel", "blur",    "apply",   "simulate",
                                       "target",   "kernel",    "compare", "devices", "selftest"};

/* The manual page without the backslashes that troff wants before dashes. */
static char *read_manual(void) {
    char *text = file_text(CLI_SOURCE "/host/install/clkernest.1");
    assert_non_null(text);
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != '\\' || from[1] != '-')
            *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* The part that starts at `title` and ends at the next heading (to be freed). */
static char *section(const char *manual, const char *title) {
    const char *start = strstr(manual, title);
    if (!start) {
        print_error("the manual page has no section %s\n", title);
        fail();
        abort(); /* never reached, as the analyser should know */
    }
    const char *end = strstr(start + 1, "\n.S");
    char *text = strndup(start, end ? (size_t)(end - start) : strlen(start));
    assert_non_null(text);
    return text;
}

/* Whether `text` has --name as a whole word. */
static bool has_option(const char *text, const char *name, size_t length) {
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    for (const char *found = text; (found = strstr(found, word)); found++) {
        if (found[length] != '-' && !isalnum((unsigned char)found[length]))
            return true;
    }
    return false;
}

/* Calls check(context, name, length) for each option of a help text. */
static size_t each_option(const char *help, void (*check)(void *, const char *, size_t),
                          void *context) {
    size_t count = 0;
    for (const char *line = help; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        bool option = strncmp(line, "      --", 8) == 0 ||
                      (strncmp(line, "  -", 3) == 0 && strncmp(line + 4, ", --", 4) == 0);
        if (option) {
            check(context, line + 6, strcspn(line + 6, " \n"));
            count++;
        }
        if (*line == '\0')
            break;
    }
    return count;
}

typedef struct page {
    const char *command;
    const char *own, *common; /* sections */
} page;

static void check_manual(void *context, const char *name, size_t length) {
    const page *manual = context;
    if (!has_option(manual->own, name, length) && !has_option(manual->common, name, length))
        fail_msg("the manual page does not know %s %.*s", manual->command, (int)length, name);
}

static void test_manual_has_every_option(void **state) {
    (void)state;
    char *manual = read_manual(), *common = section(manual, ".SH \"COMMON OPTIONS\"");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char title[64];
        snprintf(title, sizeof title, ".SS %s", commands[i]);
        char *own = section(manual, title), *help = OUTPUT(commands[i], "--help");
        page context = {commands[i], own, common};
        assert_true(each_option(help, check_manual, &context) >= 5);
        free(own);
        free(help);
    }
    free(common);
    free(manual);
}

static void check_help(void *context, const char *name, size_t length) {
    if (!has_option(context, name, length))
        fail_msg("--help does not know %.*s", (int)length, name);
}

/* And nothing that is not there: every option that starts an entry is in some help text. */
static void test_manual_has_nothing_else(void **state) {
    (void)state;
    char *manual = read_manual();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char title[64];
        snprintf(title, sizeof title, ".SS %s", commands[i]);
        char *own = section(manual, title), *help = OUTPUT(commands[i], "--help");
        for (char *entry = own; (entry = strstr(entry, "\n.TP\n"));) {
            entry += 5;
            char *name = strstr(entry, "--");
            assert_non_null(name);
            check_help(help, name, strcspn(name, " \n\""));
        }
        free(own);
        free(help);
    }
    free(manual);
}

static void test_every_command_is_known(void **state) {
    (void)state;
    char *help = OUTPUT("--help");
    size_t count = 0;
    for (const char *line = help; (line = strstr(line, "\n  ")); line++)
        count += islower((unsigned char)line[3]) && strncmp(line + 3, "clkernest", 9) != 0;
    assert_int_equal(count, sizeof commands / sizeof commands[0]);
    free(help);
}

/* What bash would offer after these words. */
static char *completions(const char *words) {
    char script[2048];
    snprintf(script, sizeof script,
             ". '" CLI_SOURCE "/host/install/clkernest.bash'; COMP_WORDS=(clkernest %s); "
             "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
             "_clkernest '" CLI_PROGRAM "' \"${COMP_WORDS[COMP_CWORD]}\" "
             "\"${COMP_WORDS[COMP_CWORD-1]}\" 2>/dev/null; printf '%%s\\n' \"${COMPREPLY[@]}\"",
             words);
    write_text("complete.sh", script);
    /* NOLINTNEXTLINE(cert-env33-c): bash itself is what is tested */
    FILE *stream = popen("bash complete.sh", "r");
    assert_non_null(stream);
    char *text = calloc(1, 4096);
    assert_non_null(text);
    size_t length = fread(text, 1, 4095, stream);
    assert_true(length < 4095);
    assert_int_equal(pclose(stream), 0);
    return text;
}

static void expect_completions(const char *words, const char *expected) {
    char *text = completions(words);
    assert_string_equal(text, expected);
    free(text);
}

static void check_completion(void *context, const char *name, size_t length) {
    if (!has_option(context, name, length))
        fail_msg("the completion does not offer %.*s", (int)length, name);
}

static void test_completion(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        char words[64];
        snprintf(words, sizeof words, "%s --", commands[i]);
        char *offered = completions(words), *help = OUTPUT(commands[i], "--help");
        each_option(help, check_completion, offered);
        free(offered);
        free(help);
    }
    expect_completions("est", "estimate\n");
    expect_completions("estimate --solver ''", "auto\nexact\nnnls\nfista\ngd\ncg\ndivision\n");
    expect_completions("blur -b re", "reflect\nreplicate\n");
    expect_completions("blur --accuracy ''", "8bit\n16bit\n");
    expect_completions("blur --passes ''", "auto\n");
    expect_completions("estimate --channels ''", "luma\njoint\nR\nG\nB\n");
    expect_completions("estimate --roi ''", "\n");
    write_text("picture.png", "");
    expect_completions("estimate --report pic", "picture.png\n");
    expect_completions("estimate --linear pic", "picture.png\n");
}

static void expect_default(const char *help, const char *option, double value) {
    const char *start = strstr(help, option);
    assert_non_null(start);
    const char *text = strstr(start, "(default ");
    assert_non_null(text);
    assert_true(strtod(text + 9, NULL) == value);
}

static void test_defaults_are_true(void **state) {
    (void)state;
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    char *help = OUTPUT("estimate", "--help");
    expect_default(help, "--iterations N", (double)options.iterations);
    expect_default(help, "--tolerance T", options.tolerance);
    expect_default(help, "--epsilon E", options.epsilon);
    expect_default(help, "--gap G", options.gap);
    assert_int_equal(options.solver, CKN_SOLVER_AUTO);
    assert_int_equal(options.engine, CKN_ENGINE_AUTO);
    assert_int_equal(options.constraint, CKN_CONSTRAINT_AUTO);
    assert_int_equal(options.prior, CKN_PRIOR_AUTO);
    assert_int_equal(options.lambda_rule, CKN_LAMBDA_AUTO);
    char *manual = read_manual();
    expect_default(manual, "--iterations \" \\fIN", (double)options.iterations);
    expect_default(manual, "--tolerance \" T", options.tolerance);
    expect_default(manual, "--epsilon \" E", options.epsilon);
    expect_default(manual, "--gap \" G", options.gap);
    free(manual);
    free(help);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manual_has_every_option),
        cmocka_unit_test(test_manual_has_nothing_else),
        cmocka_unit_test(test_every_command_is_known),
        cmocka_unit_test(test_completion),
        cmocka_unit_test(test_defaults_are_true),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
