#include "io/tiff_file.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/sample_scale.h"
#include "io/tiff_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct tiff_writer {
    ckn_tiff_job job;
    const ckn_picture *picture;
    size_t planes, bytes; /* of a pixel, of a sample */
    char *description;
    unsigned char *row;
} tiff_writer;

static size_t bytes_of(ckn_sample sample) {
    static const size_t bytes[] = {[CKN_SAMPLE_U8] = 1,
                                   [CKN_SAMPLE_U16] = 2,
                                   [CKN_SAMPLE_F32] = 4,
                                   [CKN_SAMPLE_F64] = 8,
                                   [CKN_SAMPLE_I16] = 2};
    return bytes[sample];
}

/* In the machine's byte order, which libtiff writes. */
static void encode(unsigned char *bytes, double value, const ckn_picture *picture) {
    uint16_t u16 = (uint16_t)ckn_sample_round(value, 65535);
    float single = (float)value;
    int16_t i16 = (int16_t)ckn_sample_round_signed(value, picture->full_range);
    switch (picture->sample) {
    case CKN_SAMPLE_I16:
        memcpy(bytes, &i16, sizeof i16);
        break;
    case CKN_SAMPLE_U8:
        *bytes = (unsigned char)ckn_sample_round(value, 255);
        break;
    case CKN_SAMPLE_U16:
        memcpy(bytes, &u16, sizeof u16);
        break;
    case CKN_SAMPLE_F32:
        memcpy(bytes, &single, sizeof single);
        break;
    case CKN_SAMPLE_F64:
        memcpy(bytes, &value, sizeof value);
        break;
    }
}

static void encode_row(const tiff_writer *writer, size_t row) {
    for (size_t plane = 0; plane < writer->planes; plane++) {
        ckn_view view = ckn_picture_view(writer->picture, plane);
        for (size_t col = 0; col < view.cols; col++)
            encode(writer->row + (col * writer->planes + plane) * writer->bytes,
                   ckn_view_at(&view, row, col), writer->picture);
    }
}

/* libtiff keeps a copy of a text, and does not say where it had no memory for that. */
static bool set_text(TIFF *tiff, ttag_t tag, const char *text) {
    const char *kept = NULL;
    return TIFFSetField(tiff, tag, text) == 1 && TIFFGetField(tiff, tag, &kept) == 1 && kept;
}

static bool set_tags(tiff_writer *writer, const ckn_metadata *metadata) {
    const ckn_picture *picture = writer->picture;
    TIFF *tiff = writer->job.tiff;
    bool real = writer->bytes >= 4;
    uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    const char *software = ckn_metadata_find(metadata, "Software");
    return TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)picture->cols) &&
           TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)picture->rows) &&
           TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, (int)(8 * writer->bytes)) &&
           TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, (int)writer->planes) &&
           TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
                        real                                ? SAMPLEFORMAT_IEEEFP
                        : picture->sample == CKN_SAMPLE_I16 ? SAMPLEFORMAT_INT
                                                            : SAMPLEFORMAT_UINT) &&
           TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                        picture->channels == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK) &&
           TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) &&
           TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE) &&
           (!picture->has_alpha || TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha)) &&
           (!software || set_text(tiff, TIFFTAG_SOFTWARE, software)) &&
           (!writer->description[0] ||
            set_text(tiff, TIFFTAG_IMAGEDESCRIPTION, writer->description)) &&
           TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
}

static bool write_rows(tiff_writer *writer) {
    for (size_t row = 0; row < writer->picture->rows; row++) {
        encode_row(writer, row);
        if (TIFFWriteScanline(writer->job.tiff, writer->row, (uint32_t)row, 0) != 1)
            return false;
    }
    return true;
}

static ckn_code write_image(tiff_writer *writer, uint64_t bytes, const ckn_metadata *metadata,
                            ckn_error *error) {
    const uint64_t most_classic = (uint64_t)4000 << 20; /* offsets of 32 bits, and some room */
    bool done = ckn_tiff_job_write(&writer->job, bytes > most_classic);
    done = done && set_tags(writer, metadata) && write_rows(writer);
    done = ckn_tiff_job_close(&writer->job) && done;
    return done ? CKN_OK
                : ckn_fail(error, CKN_ERROR_MEMORY, "cannot be made as TIFF: %s",
                           writer->job.message[0] ? writer->job.message : "not enough memory");
}

static ckn_code check_picture(const ckn_picture *picture, ckn_error *error) {
    if (picture->channels != 1 && picture->channels != 3)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "a TIFF file holds 1 or 3 colour channels, not %zu; use .npy",
                        picture->channels);
    if (picture->cols > INT32_MAX || picture->rows > INT32_MAX)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "an image of %zu x %zu is too large for a TIFF file; use .npy",
                        picture->cols, picture->rows);
    return CKN_OK;
}

ckn_code ckn_tiff_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    CKN_TRY(check_picture(picture, error));
    tiff_writer writer = {.picture = picture,
                          .planes = ckn_picture_plane_count(picture),
                          .bytes = bytes_of(picture->sample),
                          .description = ckn_metadata_text(metadata)};
    uint64_t row_bytes = (uint64_t)picture->cols * writer.planes * writer.bytes;
    ckn_code code = writer.description
                        ? ckn_allocate(&writer.row, picture->cols, writer.planes * writer.bytes,
                                       "a row of a TIFF file", error)
                        : ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a description");
    if (code == CKN_OK)
        code = write_image(&writer, row_bytes * picture->rows, metadata, error);
    if (code == CKN_OK && fwrite(writer.job.memory, 1, writer.job.size, stream) != writer.job.size)
        code = ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", strerror(errno));
    free(writer.job.memory);
    free(writer.row);
    free(writer.description);
    return code;
}
