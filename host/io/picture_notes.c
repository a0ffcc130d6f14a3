#include "io/picture_notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ckn_picture_remark(ckn_picture *picture, const char *format, ...) {
    size_t used = strlen(picture->remark);
    if (used)
        used += (size_t)snprintf(picture->remark + used, sizeof picture->remark - used, "; ");
    if (used >= sizeof picture->remark)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(picture->remark + used, sizeof picture->remark - used, format, arguments);
    va_end(arguments);
}

void ckn_picture_note_orientation(ckn_picture *picture, unsigned orientation) {
    static const char *const texts[] = {
        [2] = "mirrored left to right",
        [3] = "turned by 180 degrees",
        [4] = "mirrored top to bottom",
        [5] = "transposed",
        [6] = "turned clockwise by 90 degrees",
        [7] = "transposed along the other diagonal",
        [8] = "turned counter-clockwise by 90 degrees",
    };
    if (orientation >= 2 && orientation <= 8)
        ckn_picture_remark(picture,
                           "it is to be shown %s (orientation %u), which is not applied: rows and "
                           "columns are those of the file",
                           texts[orientation], orientation);
}

static unsigned get(const unsigned char *bytes, size_t count, bool big_endian) {
    unsigned value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[big_endian ? i : count - 1 - i];
    return value;
}

/* TIFF 6.0: byte order, 42, offset of the directory; there a count, and 12 bytes an entry: tag,
 * type (3: 16 bits), count, value. */
unsigned ckn_exif_orientation(const unsigned char *bytes, size_t size) {
    if (size < 8 || (memcmp(bytes, "MM\0*", 4) != 0 && memcmp(bytes, "II*\0", 4) != 0))
        return 0;
    bool big = bytes[0] == 'M';
    size_t directory = get(bytes + 4, 4, big);
    if (directory > size - 2)
        return 0;
    size_t count = get(bytes + directory, 2, big);
    for (size_t i = 0; i < count && directory + 2 + 12 * (i + 1) <= size; i++) {
        const unsigned char *entry = bytes + directory + 2 + 12 * i;
        if (get(entry, 2, big) == 0x0112 && get(entry + 2, 2, big) == 3)
            return get(entry + 8, 2, big);
    }
    return 0;
}

void ckn_picture_note_profile(ckn_picture *picture, const char *name) {
    if (!name || !*name) {
        snprintf(picture->color, sizeof picture->color, "an ICC profile without a name");
        picture->not_srgb = true;
        return;
    }
    char plain[64];
    ckn_metadata_plain(name, plain, sizeof plain);
    snprintf(picture->color, sizeof picture->color, "ICC profile %s", plain);
    picture->not_srgb = !strstr(plain, "sRGB");
}

/* Version 2: 'desc', 4 zeros, length, ASCII. Version 4: 'mluc', 4 zeros, records, size of a record,
 * then per record language, country, length, offset of UTF-16BE. */
static bool description(const unsigned char *tag, size_t size, char *name, size_t name_size) {
    size_t start = 12, length = 0, step = 1;
    if (size >= 12 && memcmp(tag, "desc", 4) == 0) {
        length = get(tag + 8, 4, true);
    } else if (size >= 28 && memcmp(tag, "mluc", 4) == 0 && get(tag + 8, 4, true) > 0) {
        length = get(tag + 20, 4, true);
        start = get(tag + 24, 4, true);
        step = 2;
    }
    if (start > size || length > size - start)
        return false;
    size_t count = 0;
    for (size_t i = 0; i + step <= length && count + 1 < name_size; i += step) {
        unsigned c = get(tag + start + i, step, true);
        if (c == 0)
            break;
        name[count++] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    name[count] = '\0';
    return count > 0;
}

/* 128 bytes of header, the number of tags, and 12 bytes each: signature, offset, size. */
bool ckn_icc_name(const unsigned char *profile, size_t size, char *name, size_t name_size) {
    if (size < 132)
        return false;
    size_t count = get(profile + 128, 4, true);
    for (size_t i = 0; i < count && 132 + 12 * (i + 1) <= size; i++) {
        const unsigned char *entry = profile + 132 + 12 * i;
        size_t offset = get(entry + 4, 4, true), length = get(entry + 8, 4, true);
        if (memcmp(entry, "desc", 4) == 0 && offset <= size && length <= size - offset)
            return description(profile + offset, length, name, name_size);
    }
    return false;
}
