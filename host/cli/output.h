/* Where results go: paths are checked before the work starts and written after it. */
#ifndef CKN_CLI_OUTPUT_H
#define CKN_CLI_OUTPUT_H

#include "cli/common_options.h"
#include "cli/session.h"

/* A path that an option named. */
typedef struct ckn_cli_output {
    const char *option; /* with its dashes */
    const char *path;   /* NULL: not asked for */
    ckn_code (*check)(const char *path, ckn_error *error);
    bool stdout_allowed; /* "-" means standard output */
} ckn_cli_output;

/* Refuses what must be said before any word about outputs: a file to read that is not there
 * (CKN_ERROR_FILE), and a --device that no device can be (CKN_ERROR_DEVICE). Opens no device.
 * Inputs may be NULL. */
ckn_code ckn_cli_check_sources(const ckn_cli_common *common, const ckn_cli_words *inputs,
                               ckn_error *error);

/* Checks the outputs of a command and its --json: each can be written, no two are the same file,
 * and at most one is standard output. Wrong usage is CKN_ERROR_ARGUMENT; other codes are failures
 * of the file system or of memory. */
ckn_code ckn_cli_check_outputs(ckn_cli_common *common, const ckn_cli_output *outputs, size_t count,
                               ckn_error *error);

/* ckn_cli_check_outputs() and ckn_cli_check_sources(): wrong usage first, then what is missing to
 * read, then what cannot be written. */
ckn_code ckn_cli_check_files(ckn_cli_common *common, const ckn_cli_words *inputs,
                             const ckn_cli_output *outputs, size_t count, ckn_error *error);

/* Refuses an output, or --json, that is one of the files that the command reads:
 * CKN_ERROR_ARGUMENT. Inputs may be NULL. */
ckn_code ckn_cli_check_inputs(const ckn_cli_common *common, const ckn_cli_words *inputs,
                              const ckn_cli_output *outputs, size_t count, ckn_error *error);

/* Refuses a path that does not end in .png, .pdf or .svg, then as ckn_atomic_check(). */
ckn_code ckn_cli_check_figure(const char *path, ckn_error *error);

/* Refuses a path whose end means no file of numbers, then as ckn_kernel_check_path(). */
ckn_code ckn_cli_check_numbers(const char *path, ckn_error *error);

/* Refuses a path whose end means no picture of real numbers, then as ckn_picture_check_path(). */
ckn_code ckn_cli_check_real(const char *path, ckn_error *error);

/* Refuses a path that does not end in .csv, then as ckn_atomic_check(). */
ckn_code ckn_cli_check_curve(const char *path, ckn_error *error);
ckn_code ckn_cli_check_history(const char *path, ckn_error *error);

/* Runs `write(job)`, which writes all results of a command: its files appear together at the end,
 * or not at all where one of them or standard output fails. */
ckn_code ckn_cli_write_together(ckn_code (*write)(void *job, ckn_error *error), void *job,
                                ckn_error *error);

/* The summary's line about what was written; paths that are NULL are left out. */
void ckn_cli_written_line(ckn_cli_session *session, const ckn_cli_output *outputs, size_t count);

/* Flushes standard output; CKN_ERROR_FILE where something was lost. */
ckn_code ckn_cli_finish_stdout(ckn_error *error);

#endif
