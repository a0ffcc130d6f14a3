/* The mutator of PNG files: after most changes the chunks' checksums are right again, since libpng
 * looks at nothing else in a chunk whose checksum is wrong. */
#include "fuzz.h"

#include "io/png_seal.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 16 != 0)
        png_seal(data, size);
    return size;
}
