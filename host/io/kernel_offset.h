/* Where a kernel lies: in files that have room for a word about it. */
#ifndef CKN_IO_KERNEL_OFFSET_H
#define CKN_IO_KERNEL_OFFSET_H

#include "io/metadata.h"

#include <stdbool.h>
#include <stddef.h>

/* The displacement, in whole pixels down and right, that the kernel's middle stands for: its tap
 * ((rows - 1) / 2, (cols - 1) / 2). A convolution of support 'same' takes it for (0, 0), and a
 * result must be moved by what the offset says. */
typedef struct ckn_kernel_offset {
    ptrdiff_t row, col;
} ckn_kernel_offset;

/* The key of the item of metadata, whose value is "X,Y": pixels right and down. */
#define CKN_KERNEL_OFFSET_KEY "Shift"

enum { CKN_KERNEL_OFFSET_SIZE = 48 };

bool ckn_kernel_offset_is_zero(ckn_kernel_offset offset);

/* "X,Y" */
void ckn_kernel_offset_text(ckn_kernel_offset offset, char text[CKN_KERNEL_OFFSET_SIZE]);

/* Takes the offset from a line such as "# Shift: 3,-2" or "shift 3,-2", in capitals or not; false,
 * with `offset` as it was, where the line says something else. */
bool ckn_kernel_offset_of_line(const char *line, ckn_kernel_offset *offset);

/* The same for the first such line of a longer text. */
bool ckn_kernel_offset_of_text(const char *text, ckn_kernel_offset *offset);

/* That of the item in `metadata` (may be NULL); zero where there is none. */
ckn_kernel_offset ckn_kernel_offset_of_metadata(const ckn_metadata *metadata);

#endif
