/* clkernest: the program. Finds the command, reads its command line, runs it, and turns failures
 * into one line on standard error and an exit status: 0 done, 1 failed, 2 wrong usage, 3
 * no convolution (estimate --strict), 130 interrupted, 128 and the number of another signal that
 * ended it. */
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/interrupt.h"
#include "cli/kernel_output.h"
#include "cli/output.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "io/picture_format.h"

#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const ckn_cli_command *const commands[] = {
    &ckn_command_estimate, &ckn_command_boxkernel, &ckn_command_blur,   &ckn_command_apply,
    &ckn_command_simulate, &ckn_command_target,    &ckn_command_kernel, &ckn_command_compare,
    &ckn_command_devices,  &ckn_command_selftest,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* Where the sentences stand in the list of commands. */
enum { SUMMARY_COLUMN = 14 };

/* Of the first sentence, with its full stop. */
static size_t sentence_length(const char *text) {
    const char *stop = strstr(text, ". ");
    return stop ? (size_t)(stop + 1 - text) : strlen(text);
}

static void print_usage(FILE *stream) {
    fprintf(stream, "usage: clkernest COMMAND [ARGUMENT...] [OPTION...]\n"
                    "Estimates the convolution kernel between two images, and blurs by extended\n"
                    "boxes, on the GPU through OpenCL or on the CPU.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *summary = commands[i]->syntax.summary;
        fprintf(stream, "  %-10s  ", commands[i]->syntax.command);
        ckn_cli_print_wrapped(stream, summary, sentence_length(summary), SUMMARY_COLUMN);
    }
    fprintf(stream, "\n  clkernest COMMAND --help  lists the options of a command\n"
                    "  clkernest --version       prints the version and what is built in\n");
}

static int fail(const char *name, const ckn_error *error, int status) {
    ckn_cli_say(stderr, "%s: %s", name, error->message);
    return status;
}

/* The exit status of what went well: a full disk under standard output shows only now. */
static int finish(const char *name) {
    ckn_error error;
    if (ckn_cli_finish_stdout(&error) == CKN_OK)
        return EXIT_DONE;
    return fail(name, &error, EXIT_FAILED);
}

static int print_version(void) {
    ckn_context_options options;
    ckn_context *context;
    ckn_device_info info;
    ckn_context_options_init(&options);
    options.device = "cpu";
    printf("clkernest %s\n", ckn_version());
    if (ckn_context_create(&options, &context, NULL) == CKN_OK) {
        ckn_context_device(context, &info);
        ckn_cli_say(stdout, "CPU backend: %s, %zu thread%s", info.version, info.compute_units,
                    info.compute_units == 1 ? "" : "s");
        ckn_context_destroy(context);
    }
    printf("OpenCL backend: FFT by clFFT\n");
    ckn_format_lists formats = ckn_picture_format_lists();
    printf("pictures: reads %s; writes %s\n", formats.read, formats.pictures);
    printf("kernels: reads %s; writes %s\n", formats.kernels_read, formats.kernels);
    return finish("clkernest");
}

static const ckn_cli_command *find_command(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->syntax.command, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int unknown_command(const char *name) {
    const char *best = NULL;
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *command = commands[i]->syntax.command;
        if (ckn_cli_is_near(name, command) &&
            (!best || ckn_cli_distance(name, command) < ckn_cli_distance(name, best)))
            best = command;
    }
    const char *kind = name[0] == '-' ? "option" : "command";
    if (best)
        ckn_cli_say(stderr, "clkernest: unknown %s '%s' (did you mean '%s'?)", kind, name, best);
    else
        ckn_cli_say(stderr, "clkernest: unknown %s '%s'; 'clkernest --help' lists the commands",
                    kind, name);
    return EXIT_USAGE;
}

static int execute(const ckn_cli_command *command, const char *name, const char *command_line,
                   void *arguments) {
    ckn_error error = {CKN_OK, ""};
    ckn_cli_session session;
    ckn_cli_session_begin(&session, name, arguments);
    session.command_line = command_line;
    ckn_code code = command->run(arguments, &session, &error);
    ckn_cli_session_end(&session);
    if (code == CKN_ERROR_CANCELLED)
        return ckn_interrupt_finish();
    if (code != CKN_OK)
        return fail(name, &error, EXIT_FAILED);
    const int status = finish(name);
    return status == EXIT_DONE ? session.exit_status : status;
}

/* argv without the program's and the command's name; `command_line` with them. */
static int run_command(const ckn_cli_command *command, const char *command_line, int argc,
                       char **argv) {
    char name[64];
    ckn_error error = {CKN_OK, ""};
    snprintf(name, sizeof name, "clkernest %s", command->syntax.command);
    ckn_interrupt_install(name);
    ckn_cli_common *arguments = calloc(1, command->arguments_size);
    if (!arguments) {
        fprintf(stderr, "%s: not enough memory\n", name);
        return EXIT_FAILED;
    }
    if (command->defaults)
        command->defaults(arguments);
    int status;
    ckn_code code = ckn_cli_parse(&command->syntax, argc, argv, arguments, &error);
    if (code == CKN_OK && arguments->help) {
        ckn_cli_print_help(&command->syntax, stdout);
        status = finish(name);
    } else {
        if (code == CKN_OK && command->check)
            code = command->check(arguments, &error);
        if (code == CKN_OK)
            status = execute(command, name, command_line, arguments);
        else
            status = fail(name, &error, code == CKN_ERROR_ARGUMENT ? EXIT_USAGE : EXIT_FAILED);
    }
    free(arguments);
    return status;
}

int main(int argc, char **argv) {
    ckn_cli_settle_environment(argv);
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    const char *first = argv[1];
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0 ||
        strcmp(first, "version") == 0)
        return print_version();
    bool help = strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0;
    bool help_command = strcmp(first, "help") == 0;
    if (help || (help_command && argc < 3)) {
        print_usage(stdout);
        return finish("clkernest");
    }
    const ckn_cli_command *command = find_command(help_command ? argv[2] : first);
    if (!command)
        return unknown_command(help_command ? argv[2] : first);
    char help_option[] = "--help";
    char *only_help[] = {help_option, NULL};
    if (help_command)
        return run_command(command, NULL, 1, only_help);
    /* Before the words are put in another order. */
    char *command_line = ckn_cli_command_line(argc, argv);
    if (!command_line) {
        fprintf(stderr, "clkernest %s: not enough memory for the command line\n", first);
        return EXIT_FAILED;
    }
    int status = run_command(command, command_line, argc - 2, argv + 2);
    free(command_line);
    return status;
}
