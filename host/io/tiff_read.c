#include "io/tiff_file.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/picture_notes.h"
#include "io/tiff_layout.h"
#include "io/tiff_pages.h"

#include <stdlib.h>
#include <string.h>

const bool ckn_tiff_available = true;

typedef struct tiff_reader {
    ckn_tiff_job job;
    ckn_tiff_layout layout;
    ckn_input *input;
    ckn_picture *picture;
    ckn_tiff_pages pages;
    double range;
    unsigned char *block; /* the samples of one strip or tile */
} tiff_reader;

static ckn_code fail(const tiff_reader *reader, ckn_error *error) {
    const char *message = reader->job.message;
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as TIFF: %s", reader->input->path,
                    message[0] ? message : "it is truncated or damaged");
}

/* --- pages ----------------------------------------------------------------------------------- */

static ckn_code open_page(tiff_reader *reader, ckn_error *error) {
    ckn_input *input = reader->input;
    const size_t page = input->has_page ? input->page : 0;
    CKN_TRY(ckn_tiff_pages_find(input, page, &reader->pages, error));
    const size_t count = reader->pages.count;
    if (reader->pages.offset == 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: has %zu page%s, counted from [0]", input->path,
                        count, count == 1 ? "" : "s");
    if (!ckn_tiff_job_read(&reader->job, input->stream, input->size) ||
        !TIFFSetSubDirectory(reader->job.tiff, reader->pages.offset) || reader->job.failed)
        return fail(reader, error);
    return CKN_OK;
}

/* --- samples --------------------------------------------------------------------------------- */

/* Sample `index` of a row; libtiff has put the bytes into the machine's order. */
static double sample_at(const ckn_tiff_layout *layout, const unsigned char *row, size_t index) {
    const unsigned char *bytes = row + index * layout->bits / 8;
    bool is_signed = layout->format == SAMPLEFORMAT_INT;
    uint16_t u16;
    uint32_t u32;
    float f32;
    double f64;
    switch (layout->bits) {
    case 8:
        return is_signed ? (double)(int8_t)*bytes : (double)*bytes;
    case 16:
        memcpy(&u16, bytes, sizeof u16);
        return is_signed ? (double)(int16_t)u16 : (double)u16;
    case 32:
        memcpy(&u32, bytes, sizeof u32);
        memcpy(&f32, bytes, sizeof f32);
        if (layout->format == SAMPLEFORMAT_IEEEFP)
            return (double)f32;
        return is_signed ? (double)(int32_t)u32 : (double)u32;
    case 64:
        memcpy(&f64, bytes, sizeof f64);
        return f64;
    default: { /* 1, 2 or 4: the first sample in the upper bits */
        unsigned shift = 8 - layout->bits - (unsigned)(index * layout->bits % 8);
        return (double)(*bytes >> shift & ((1U << layout->bits) - 1));
    }
    }
}

static void store_colours(const tiff_reader *reader, size_t row, size_t col, double entry) {
    const ckn_tiff_layout *layout = &reader->layout;
    const uint16_t *const maps[] = {layout->red, layout->green, layout->blue};
    for (size_t plane = 0; plane < 3; plane++) {
        ckn_output output = ckn_picture_output(reader->picture, plane);
        ckn_output_set(&output, row, col, maps[plane][(size_t)entry] / 65535.0);
    }
}

static void store_sample(const tiff_reader *reader, const ckn_output *output, size_t row,
                         size_t col, double value) {
    if (reader->layout.photometric == PHOTOMETRIC_PALETTE) {
        store_colours(reader, row, col, value);
        return;
    }
    bool inverted = reader->layout.photometric == PHOTOMETRIC_MINISWHITE &&
                    output->data == ckn_picture_output(reader->picture, 0).data;
    ckn_output_set(output, row, col, (inverted ? reader->range - value : value) / reader->range);
}

/* The block whose first pixel is (first_row, first_col): plane `plane`, or all of them where they
 * are interleaved. */
static void store_block(const tiff_reader *reader, uint32_t first_row, uint32_t first_col,
                        uint16_t plane) {
    const ckn_tiff_layout *layout = &reader->layout;
    size_t together = layout->planar ? 1 : layout->samples;
    size_t rows = layout->rows - first_row, cols = layout->cols - first_col;
    rows = rows < layout->block_rows ? rows : layout->block_rows;
    cols = cols < layout->block_cols ? cols : layout->block_cols;
    for (size_t sample = 0; sample < together; sample++) {
        ckn_output output = ckn_picture_output(reader->picture, plane + sample);
        for (size_t r = 0; r < rows; r++) {
            const unsigned char *row = reader->block + r * (size_t)layout->block_row_bytes;
            for (size_t c = 0; c < cols; c++)
                store_sample(reader, &output, first_row + r, first_col + c,
                             sample_at(layout, row, c * together + sample));
        }
    }
}

static ckn_code read_block(tiff_reader *reader, uint32_t row, uint32_t col, uint16_t plane,
                           ckn_error *error) {
    const ckn_tiff_layout *layout = &reader->layout;
    TIFF *tiff = reader->job.tiff;
    uint32_t rows = layout->rows - row < layout->block_rows && !layout->tiled ? layout->rows - row
                                                                              : layout->block_rows;
    tmsize_t wanted = (tmsize_t)rows * layout->block_row_bytes;
    tmsize_t found =
        layout->tiled
            ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, col, row, 0, plane), reader->block,
                                  wanted)
            : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, row, plane), reader->block, wanted);
    if (found != wanted || reader->job.failed)
        return fail(reader, error);
    store_block(reader, row, col, plane);
    return CKN_OK;
}

static ckn_code read_blocks(tiff_reader *reader, ckn_error *error) {
    const ckn_tiff_layout *layout = &reader->layout;
    uint16_t planes = layout->planar ? layout->samples : 1;
    for (uint16_t plane = 0; plane < planes; plane++) {
        for (uint64_t row = 0; row < layout->rows; row += layout->block_rows) {
            for (uint64_t col = 0; col < layout->cols; col += layout->block_cols)
                CKN_TRY(read_block(reader, (uint32_t)row, (uint32_t)col, plane, error));
        }
    }
    return CKN_OK;
}

/* Pictures have their colours as they are without alpha. */
static void unpremultiply(ckn_picture *picture) {
    ckn_view alpha = ckn_picture_view(picture, picture->channels);
    for (size_t channel = 0; channel < picture->channels; channel++) {
        ckn_output plane = ckn_picture_output(picture, channel);
        ckn_view view = ckn_output_as_view(&plane);
        for (size_t row = 0; row < plane.rows; row++) {
            for (size_t col = 0; col < plane.cols; col++) {
                double weight = ckn_view_at(&alpha, row, col);
                if (weight > 0)
                    ckn_output_set(&plane, row, col, ckn_view_at(&view, row, col) / weight);
            }
        }
    }
}

/* --- notes ----------------------------------------------------------------------------------- */

static void note_losses(const tiff_reader *reader) {
    static const struct {
        uint16_t compression;
        const char *name;
    } codecs[] = {{COMPRESSION_JPEG, "JPEG"},
                  {34712, "JPEG 2000"},
                  {34887, "LERC"},
                  {50001, "WebP"},
                  {50002, "JPEG XL"}};
    ckn_picture *picture = reader->picture;
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (codecs[i].compression == reader->layout.compression)
            snprintf(picture->lossy, sizeof picture->lossy,
                     "a TIFF compressed by %s may be lossy: what was lost is estimated as part of "
                     "the kernel; use the original where there is one",
                     codecs[i].name);
    }
}

/* ImageJ writes stacks of over 4 GB as one page, behind whose samples the other planes stand
 * without any of TIFF's tags. To take the first for the whole would be wrong. */
static ckn_code check_stack(const tiff_reader *reader, ckn_error *error) {
    const ckn_input *input = reader->input;
    const char *description = NULL;
    if (input->has_page || reader->pages.count != 1 ||
        !TIFFGetField(reader->job.tiff, TIFFTAG_IMAGEDESCRIPTION, &description) ||
        strncmp(description, "ImageJ=", 7) != 0)
        return CKN_OK;
    const char *images = strstr(description, "\nimages=");
    const unsigned long count = images ? strtoul(images + 8, NULL, 10) : 0;
    if (count < 2)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "%s: is an ImageJ stack of %lu planes behind a single page, as ImageJ writes "
                    "those of over 4 GB; only the first can be read, as '%s[0]': write it with "
                    "pages, in Python tifffile.imwrite(OUT, tifffile.imread(IN), bigtiff=True)",
                    input->path, count, input->path);
}

static void note_tags(tiff_reader *reader) {
    TIFF *tiff = reader->job.tiff;
    ckn_picture *picture = reader->picture;
    uint16_t orientation = 0;
    uint32_t size = 0;
    void *profile = NULL;
    const char *description = NULL;
    char name[64] = "";
    if (TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &description))
        ckn_kernel_offset_of_text(description, &picture->offset);
    if (reader->pages.count > 1 && !reader->input->has_page)
        ckn_picture_remark(picture,
                           "it has %zu pages, of which this is the first: name another as %s[1]",
                           reader->pages.count, reader->input->path);
    if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation))
        ckn_picture_note_orientation(picture, orientation);
    if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &size, &profile) && profile) {
        ckn_icc_name(profile, size, name, sizeof name);
        ckn_picture_note_profile(picture, name);
    }
}

/* --------------------------------------------------------------------------------------------- */

static ckn_code allocate(tiff_reader *reader, ckn_error *error) {
    const ckn_tiff_layout *layout = &reader->layout;
    bool palette = layout->photometric == PHOTOMETRIC_PALETTE;
    size_t channels = palette ? 3 : (size_t)layout->samples - layout->has_alpha;
    CKN_TRY(ckn_picture_create(reader->picture, layout->rows, layout->cols, channels,
                               layout->has_alpha, ckn_tiff_layout_sample(layout), error));
    return ckn_allocate(&reader->block, (size_t)layout->block_bytes, 1,
                        "the samples of a TIFF file", error);
}

static ckn_code read_image(tiff_reader *reader, ckn_error *error) {
    CKN_TRY(open_page(reader, error));
    CKN_TRY(ckn_tiff_layout_read(&reader->job, reader->input, &reader->layout, error));
    if (reader->job.failed)
        return fail(reader, error);
    CKN_TRY(check_stack(reader, error));
    ckn_code code = allocate(reader, error);
    if (code != CKN_OK)
        return error ? ckn_fail_prefix(error, "%s", reader->input->path) : code;
    reader->range = ckn_tiff_layout_range(&reader->layout);
    reader->picture->full_range = reader->range;
    note_losses(reader);
    note_tags(reader);
    reader->job.strict = true;
    CKN_TRY(read_blocks(reader, error));
    if (reader->layout.premultiplied)
        unpremultiply(reader->picture);
    return CKN_OK;
}

ckn_code ckn_tiff_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    tiff_reader reader = {.input = input, .picture = picture};
    memset(picture, 0, sizeof *picture);
    ckn_code code = read_image(&reader, error);
    ckn_tiff_job_close(&reader.job);
    free(reader.block);
    if (code != CKN_OK)
        ckn_picture_release(picture);
    return code;
}

ckn_code ckn_tiff_count_pages(ckn_input *input, size_t *count, ckn_error *error) {
    ckn_tiff_pages pages;
    ckn_code code = ckn_tiff_pages_find(input, 0, &pages, error);
    *count = pages.count;
    return code == CKN_OK && pages.count < 1
               ? ckn_fail(error, CKN_ERROR_FILE, "%s: has 0 pages", input->path)
               : code;
}
