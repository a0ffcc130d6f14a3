#include "png_seal.h"

#include <stdint.h>

enum { SIGNATURE = 8, LENGTH_AND_TYPE = 8, CRC = 4, HEADER_CHUNK = LENGTH_AND_TYPE + 13 + CRC };

static uint32_t get_be32(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_be32(unsigned char *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* The CRC of the PNG specification: polynomial 0xEDB88320, reflected. */
static uint32_t crc32_of(const unsigned char *bytes, size_t size) {
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1U ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

void png_seal(unsigned char *bytes, size_t size) {
    size_t at = SIGNATURE;
    while (at + LENGTH_AND_TYPE + CRC <= size) {
        size_t length = get_be32(bytes + at);
        if (length > size - at - LENGTH_AND_TYPE - CRC)
            return;
        unsigned char *crc = bytes + at + LENGTH_AND_TYPE + length;
        put_be32(crc, crc32_of(bytes + at + 4, 4 + length));
        at += LENGTH_AND_TYPE + length + CRC;
    }
}

void png_announce(unsigned char *bytes, unsigned cols, unsigned rows) {
    put_be32(bytes + SIGNATURE + LENGTH_AND_TYPE, cols);
    put_be32(bytes + SIGNATURE + LENGTH_AND_TYPE + 4, rows);
    png_seal(bytes, SIGNATURE + HEADER_CHUNK);
}
