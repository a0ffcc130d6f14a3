#include "io/tiff_pages.h"

#include <errno.h>
#include <string.h>

/* As libtiff has it; a directory of fewer bytes there is none. */
enum { MOST_DIRECTORIES = 1 << 20, LEAST_DIRECTORY = 6 };

/* NewSubfileType and SubfileType have the smallest numbers, and entries are sorted by theirs. */
enum { NEW_SUBFILE = 254, OLD_SUBFILE = 255, MOST_LOOKED_AT = 8, TYPE_SHORT = 3 };

/* Widths in bytes: TIFF 6.0 has 2, 12 and 4, BigTIFF 8, 20 and 8. */
typedef struct walker {
    const ckn_input *input;
    bool big_endian;
    size_t count_width, entry_width, offset_width;
} walker;

static uint64_t number(const walker *walk, const unsigned char *bytes, size_t width) {
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | bytes[walk->big_endian ? i : width - 1 - i];
    return value;
}

static bool read_at(const walker *walk, uint64_t offset, void *bytes, size_t size) {
    const ckn_input *input = walk->input;
    errno = 0;
    return offset <= input->size && size <= input->size - offset &&
           fseeko(input->stream, (off_t)offset, SEEK_SET) == 0 &&
           fread(bytes, 1, size, input->stream) == size;
}

static ckn_code fail(const walker *walk, const char *reason, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as TIFF: %s", walk->input->path,
                    reason);
}

static ckn_code truncated(const walker *walk, ckn_error *error) {
    return fail(walk, errno ? strerror(errno) : "it is truncated", error);
}

/* A thumbnail (1) or a mask (4) of another page; in the old tag, 2 is the first. */
static bool is_part(const walker *walk, const unsigned char *entry) {
    const uint64_t tag = number(walk, entry, 2), type = number(walk, entry + 2, 2);
    const uint64_t value = number(walk, entry + 4 + walk->offset_width, type == TYPE_SHORT ? 2 : 4);
    return (tag == NEW_SUBFILE && (value & 5) != 0) || (tag == OLD_SUBFILE && value == 2);
}

/* One directory: whether it is a page, and where the next one is (0: nowhere). */
static ckn_code read_directory(const walker *walk, uint64_t offset, bool *page, uint64_t *next,
                               ckn_error *error) {
    unsigned char bytes[8], entries[20 * MOST_LOOKED_AT];
    if (!read_at(walk, offset, bytes, walk->count_width))
        return truncated(walk, error);
    const uint64_t count = number(walk, bytes, walk->count_width);
    const size_t looked_at = count < MOST_LOOKED_AT ? (size_t)count : MOST_LOOKED_AT;
    offset += walk->count_width;
    if (count > UINT16_MAX || !read_at(walk, offset, entries, looked_at * walk->entry_width) ||
        !read_at(walk, offset + count * walk->entry_width, bytes, walk->offset_width))
        return truncated(walk, error);
    *next = number(walk, bytes, walk->offset_width);
    *page = true;
    for (size_t i = 0; i < looked_at; i++)
        *page = *page && !is_part(walk, entries + i * walk->entry_width);
    return CKN_OK;
}

/* The first directory's offset; of BigTIFF, 8 bytes after the width of offsets. */
static ckn_code read_start(const walker *walk, uint64_t *start, ckn_error *error) {
    unsigned char bytes[16];
    const bool big = walk->offset_width == 8;
    if (!read_at(walk, 0, bytes, big ? 16 : 8))
        return truncated(walk, error);
    if (big && number(walk, bytes + 4, 2) != 8)
        return fail(walk, "its offsets have no 8 bytes", error);
    *start = number(walk, bytes + (big ? 8 : 4), walk->offset_width);
    return CKN_OK;
}

static walker walker_of(const ckn_input *input) {
    const bool big_endian = input->head[0] == 'M';
    if (input->head[big_endian ? 3 : 2] == 43)
        return (walker){input, big_endian, 8, 20, 8};
    return (walker){input, big_endian, 2, 12, 4};
}

ckn_code ckn_tiff_pages_find(const ckn_input *input, size_t wanted, ckn_tiff_pages *pages,
                             ckn_error *error) {
    const walker walk = walker_of(input);
    uint64_t offset = 0, next = 0;
    *pages = (ckn_tiff_pages){0, 0};
    CKN_TRY(read_start(&walk, &offset, error));
    for (uint64_t directories = 1; offset != 0; directories++, offset = next) {
        bool page = false;
        /* More directories than the file has room for are some of them again. */
        if (directories > MOST_DIRECTORIES || directories > input->size / LEAST_DIRECTORY)
            return fail(&walk, "its pages have no end", error);
        CKN_TRY(read_directory(&walk, offset, &page, &next, error));
        if (page && pages->count++ == wanted) {
            pages->offset = offset;
            if (input->has_page)
                return CKN_OK;
        }
    }
    return CKN_OK;
}
