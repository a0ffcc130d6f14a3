/* A kernel as something to look at. */
#ifndef CKN_IO_KERNEL_PICTURE_H
#define CKN_IO_KERNEL_PICTURE_H

#include "base/status.h"
#include "io/metadata.h"

#include <stdio.h>

/* A grey PNG of 16 bits or a JPEG: the smallest value black, the largest white, one value
 * throughout mid grey; each tap a square. `metadata` may be NULL. Messages bear no path. */
ckn_code ckn_kernel_picture_png(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                                ckn_error *error);
ckn_code ckn_kernel_picture_jpeg(FILE *stream, const ckn_view *kernel, const ckn_metadata *metadata,
                                 ckn_error *error);

/* One line that says how the values were changed; `full` is the largest integer of the file. */
void ckn_kernel_picture_note(const char *path, const ckn_view *kernel, unsigned full, char *note,
                             size_t note_size);

#endif
