/* Makes the checksums of a changed PNG file right again, so that the change reaches the reader. */
#ifndef PNG_SEAL_H
#define PNG_SEAL_H

#include <stddef.h>

/* Goes from chunk to chunk as far as their lengths lead inside the file. */
void png_seal(unsigned char *bytes, size_t size);

/* Changes the announced size of a PNG file and seals its first chunk. */
void png_announce(unsigned char *bytes, unsigned cols, unsigned rows);

#endif
