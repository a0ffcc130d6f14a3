/* Writing a computed picture, with a word about what the file cannot hold. */
#ifndef CKN_CLI_RESULT_PICTURE_H
#define CKN_CLI_RESULT_PICTURE_H

#include "cli/session.h"
#include "io/picture.h"

/* The most planes that a picture has: RGB and alpha. */
#define CKN_CLI_PLANES 4

/* How many samples leave [0, 1] so far that the file cannot hold them and clips. */
size_t ckn_cli_picture_clipped(const char *path, const ckn_picture *picture);
/* Notes on what the file at `path` lacks: `clipped` samples, and the precision of floating point
 * samples that a PNG stores as 16 bits. */
void ckn_cli_picture_note(ckn_cli_session *session, const char *path, ckn_sample sample,
                          size_t clipped);

/* ckn_picture_write(), and the notes. */
ckn_code ckn_cli_picture_write(ckn_cli_session *session, const char *path,
                               const ckn_picture *picture, ckn_error *error);

/* "512x384, RGB, 8 bits" */
void ckn_cli_picture_text(const ckn_picture *picture, char *text, size_t size);

#endif
