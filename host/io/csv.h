/* Tables of numbers as text. A decimal point is a point in every locale. */
#ifndef CKN_IO_CSV_H
#define CKN_IO_CSV_H

#include "io/input_file.h"
#include "io/kernel_offset.h"
#include "io/metadata.h"

/* One line a row, commas between the numbers, 17 significant digits: reading gives the same
 * doubles again. `metadata` (may be NULL) stands before them, in lines that begin with #. Messages
 * bear no path. */
ckn_code ckn_csv_write(FILE *stream, const ckn_view *table, const ckn_metadata *metadata,
                       ckn_error *error);

/* Numbers separated by commas, or by blanks as NumPy's savetxt() writes them. Blank lines and lines
 * that begin with # are skipped, but for the first that tells a kernel's place: `offset`, else left
 * as it was. *values is row-major, freed with free(). Messages start with the
 * input's path and name the line. */
ckn_code ckn_csv_read(ckn_input *input, double **values, size_t *rows, size_t *cols,
                      ckn_kernel_offset *offset, ckn_error *error);

#endif
