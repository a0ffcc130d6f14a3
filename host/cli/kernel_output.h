/* Writing a kernel together with where it comes from. */
#ifndef CKN_CLI_KERNEL_OUTPUT_H
#define CKN_CLI_KERNEL_OUTPUT_H

#include "cli/session.h"
#include "io/picture.h"

/* ckn_kernel_write() with program and version, `sources` (the files that it was made from; may be
 * NULL), the kernel's size, and the command line. `note` may be NULL. */
ckn_code ckn_cli_kernel_write(const ckn_cli_session *session, const char *path,
                              const ckn_view *kernel, const ckn_cli_words *sources, char *note,
                              size_t note_size, ckn_error *error);

/* The same with the kernel's place, as ckn_kernel_write_at(). */
ckn_code ckn_cli_kernel_write_at(const ckn_cli_session *session, const char *path,
                                 const ckn_view *kernel, ckn_kernel_offset offset,
                                 const ckn_cli_words *sources, char *note, size_t note_size,
                                 ckn_error *error);

/* ckn_picture_write_with() with program, sources and command line. */
ckn_code ckn_cli_picture_write_from(const ckn_cli_session *session, const char *path,
                                    const ckn_picture *picture, const ckn_cli_words *sources,
                                    ckn_error *error);

/* A word as a shell takes it: a new string (freed with free()); NULL where memory is exhausted. */
char *ckn_cli_quoted(const char *word);

/* A command line as a shell would take it again: a new string (freed with free()), one line
 * whatever the words hold; NULL where memory is exhausted. */
char *ckn_cli_command_line(int argc, char *const *argv);

#endif
