/* A kernel as something to look at. */
#ifndef CKN_IO_KERNEL_PICTURE_H
#define CKN_IO_KERNEL_PICTURE_H

#include "base/status.h"

#include <stdio.h>

/* PNG, grey, 16 bits: the smallest value black, the largest white, one value throughout mid grey;
 * each tap a square. Messages bear no path. */
ckn_code ckn_kernel_picture_write(FILE *stream, const ckn_view *kernel, ckn_error *error);

/* One line that says how the values were changed. */
void ckn_kernel_picture_note(const char *path, const ckn_view *kernel, char *note,
                             size_t note_size);

#endif
