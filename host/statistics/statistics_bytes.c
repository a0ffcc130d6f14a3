/* Statistics as bytes: little-endian, 64 bits a number, so that every machine reads them.
 *
 *   "CKNSTAT1", rows, cols, row offset, column offset, background, parts, largest sample, y'y,
 *   b, the lower triangle of G row by row, and of each part: windows' rows and columns, windows
 *   that count, and, with a background, T'T, T'y and X'T; last a checksum of all bytes before.
 */
#include "statistics/statistics.h"

#include "base/memory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "CKNSTAT1";
enum { NUMBER = 8, HEADER = 9, OF_PART = 3, CHECKSUM = 1 };

/* Bytes that are written or read, one number after the other. */
typedef struct byte_stream {
    unsigned char *to;         /* NULL: reading */
    const unsigned char *from; /* NULL: writing */
} byte_stream;

static void pass_bits(byte_stream *stream, uint64_t *bits) {
    if (stream->to) {
        for (size_t i = 0; i < NUMBER; i++)
            *stream->to++ = (unsigned char)(*bits >> (8 * i));
        return;
    }
    *bits = 0;
    for (size_t i = 0; i < NUMBER; i++)
        *bits |= (uint64_t)*stream->from++ << (8 * i);
}

static void pass_double(byte_stream *stream, double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    pass_bits(stream, &bits);
    memcpy(value, &bits, sizeof bits);
}

static void pass_size(byte_stream *stream, size_t *value) {
    uint64_t bits = *value;
    pass_bits(stream, &bits);
    *value = (size_t)bits;
}

static void pass_offset(byte_stream *stream, ptrdiff_t *value) {
    uint64_t bits = (uint64_t)(int64_t)*value;
    pass_bits(stream, &bits);
    *value = (ptrdiff_t)(int64_t)bits;
}

static void pass_doubles(byte_stream *stream, double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        pass_double(stream, &values[i]);
}

/* The numbers behind the header. */
static void pass_body(byte_stream *stream, ckn_statistics *self) {
    const size_t taps = self->frame.rows * self->frame.cols;
    pass_double(stream, &self->largest);
    pass_double(stream, &self->square);
    pass_doubles(stream, self->b, taps);
    for (size_t i = 0; i < taps; i++)
        for (size_t j = 0; j <= i; j++)
            pass_double(stream, ckn_symmetric_at(&self->gram, i, j));
    for (size_t n = 0; n < self->part_count; n++) {
        pass_size(stream, &self->parts[n].valid.rows);
        pass_size(stream, &self->parts[n].valid.cols);
        pass_size(stream, &self->parts[n].used);
        if (!self->terms)
            continue;
        pass_doubles(stream, self->terms[n].own, CKN_MOST_TERMS * CKN_MOST_TERMS);
        pass_doubles(stream, self->terms[n].rhs, CKN_MOST_TERMS);
        pass_doubles(stream, self->terms[n].cross, self->terms[n].count * taps);
    }
}

/* Fowler, Noll and Vo's hash, FNV-1a, of 64 bits: no change of a single byte keeps it. */
static uint64_t checksum_of(const unsigned char *bytes, size_t size) {
    uint64_t sum = 0xcbf29ce484222325U;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3U;
    return sum;
}

/* Bytes of such statistics; false where that overflows. */
static bool count_bytes(size_t taps, size_t parts, size_t terms, size_t *size) {
    size_t entries, cross, of_part, all;
    if (taps == 0 || taps > SIZE_MAX / 64 || !ckn_symmetric_count(taps, &entries) ||
        !ckn_multiply(taps, terms, &cross))
        return false;
    of_part = OF_PART + (terms > 0 ? CKN_MOST_TERMS * (CKN_MOST_TERMS + 1) + cross : 0);
    if (!ckn_multiply(of_part, parts, &all) || entries > SIZE_MAX / 16 || all > SIZE_MAX / 16)
        return false;
    return ckn_multiply(HEADER + taps + entries + all + CHECKSUM, NUMBER, size);
}

ckn_code ckn_statistics_save(const ckn_statistics *statistics, void **bytes, size_t *size,
                             ckn_error *error) {
    *bytes = NULL;
    *size = 0;
    size_t length = 0;
    if (!count_bytes(statistics->frame.rows * statistics->frame.cols, statistics->part_count,
                     ckn_term_count(statistics->background), &length))
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the statistics");
    unsigned char *out = NULL;
    CKN_TRY(ckn_allocate(&out, length, 1, "the statistics", error));
    ckn_statistics copy = *statistics; /* what is passed is only read */
    size_t background = (size_t)copy.background;
    byte_stream stream = {.to = out + NUMBER};
    memcpy(out, magic, NUMBER);
    pass_size(&stream, &copy.frame.rows);
    pass_size(&stream, &copy.frame.cols);
    pass_offset(&stream, &copy.frame.row_offset);
    pass_offset(&stream, &copy.frame.col_offset);
    pass_size(&stream, &background);
    pass_size(&stream, &copy.part_count);
    pass_body(&stream, &copy);
    uint64_t checksum = checksum_of(out, length - NUMBER);
    pass_bits(&stream, &checksum);
    *bytes = out;
    *size = length;
    return CKN_OK;
}

static ckn_code refuse(ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_DATA,
                    "these bytes are no statistics of clkernest, or are damaged");
}

static bool is_checked(const unsigned char *bytes, size_t size) {
    byte_stream stream = {.from = bytes + size - NUMBER};
    uint64_t checksum = 0;
    pass_bits(&stream, &checksum);
    return checksum == checksum_of(bytes, size - NUMBER);
}

/* Of a frame or an image, in samples, and of an offset: sums and products of these fit, and no
 * image is as large. */
static const size_t largest_side = 0x7fffffff;

static bool is_frame_sound(const ckn_frame *frame) {
    const ptrdiff_t most = (ptrdiff_t)largest_side;
    return frame->rows <= largest_side && frame->cols <= largest_side &&
           frame->row_offset <= most && frame->row_offset >= -most && frame->col_offset <= most &&
           frame->col_offset >= -most;
}

static bool are_finite(const double *numbers, size_t count) {
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite = finite && isfinite(numbers[i]);
    return finite;
}

static bool is_part_sound(const ckn_statistics *self, size_t index) {
    const ckn_statistics_part *part = &self->parts[index];
    const size_t taps = self->frame.rows * self->frame.cols;
    size_t windows;
    if (part->valid.rows > largest_side || part->valid.cols > largest_side ||
        !ckn_multiply(part->valid.rows, part->valid.cols, &windows) || part->used > windows)
        return false;
    const ckn_pair_terms *terms = self->terms ? &self->terms[index] : NULL;
    return !terms || (are_finite(terms->own, CKN_MOST_TERMS * CKN_MOST_TERMS) &&
                      are_finite(terms->rhs, CKN_MOST_TERMS) &&
                      are_finite(terms->cross, terms->count * taps));
}

/* Numbers that no sums of images have. */
static bool is_sound(const ckn_statistics *self) {
    const size_t taps = self->frame.rows * self->frame.cols;
    bool sound = isfinite(self->square) && self->square >= 0 && isfinite(self->largest) &&
                 self->largest >= 0 && isfinite(ckn_symmetric_norm(&self->gram)) &&
                 are_finite(self->b, taps);
    for (size_t i = 0; i < taps; i++)
        sound = sound && *ckn_symmetric_at(&self->gram, i, i) >= 0;
    for (size_t n = 0; n < self->part_count; n++)
        sound = sound && is_part_sound(self, n);
    return sound;
}

ckn_code ckn_statistics_load(const void *bytes, size_t size, ckn_statistics **statistics,
                             ckn_error *error) {
    *statistics = NULL;
    ckn_frame frame = {0, 0, 0, 0};
    size_t background = 0, parts = 0, taps, length = 0;
    byte_stream stream = {.from = (const unsigned char *)bytes + NUMBER};
    if (!bytes || size < (HEADER - 2) * NUMBER || memcmp(bytes, magic, NUMBER) != 0)
        return refuse(error);
    pass_size(&stream, &frame.rows);
    pass_size(&stream, &frame.cols);
    pass_offset(&stream, &frame.row_offset);
    pass_offset(&stream, &frame.col_offset);
    pass_size(&stream, &background);
    pass_size(&stream, &parts);
    if (background > CKN_BACKGROUND_PLANE || background == CKN_BACKGROUND_AUTO || parts < 1 ||
        !ckn_multiply(frame.rows, frame.cols, &taps) ||
        !count_bytes(taps, parts, ckn_term_count((ckn_background)background), &length) ||
        length != size || !is_frame_sound(&frame) || !is_checked(bytes, size))
        return refuse(error);
    CKN_TRY(ckn_statistics_allocate(&frame, (ckn_background)background, parts, statistics, error));
    pass_body(&stream, *statistics);
    if (is_sound(*statistics))
        return CKN_OK;
    ckn_statistics_destroy(*statistics);
    *statistics = NULL;
    return refuse(error);
}
