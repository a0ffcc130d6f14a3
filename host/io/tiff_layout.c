#include "io/tiff_layout.h"

#include <string.h>

/* Bytes that a byte of the file may become: Zstandard reaches half of it. */
static const uint64_t most_expansion = 1U << 16;

static bool is_known_type(const ckn_tiff_layout *layout) {
    uint16_t bits = layout->bits;
    switch (layout->format) {
    case SAMPLEFORMAT_UINT:
        return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 32;
    case SAMPLEFORMAT_INT:
        return bits == 8 || bits == 16 || bits == 32;
    case SAMPLEFORMAT_IEEEFP:
        return bits == 32 || bits == 64;
    default:
        return false;
    }
}

static void read_tags(ckn_tiff_job *job, ckn_tiff_layout *layout) {
    TIFF *tiff = job->tiff;
    uint16_t planar = PLANARCONFIG_CONTIG;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout->cols);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout->rows);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout->bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &layout->format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &layout->compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric))
        layout->photometric = layout->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    if (layout->format == SAMPLEFORMAT_VOID)
        layout->format = SAMPLEFORMAT_UINT;
    layout->planar = planar == PLANARCONFIG_SEPARATE && layout->samples > 1;
    layout->tiled = TIFFIsTiled(tiff);
}

/* libtiff turns the YCbCr of its JPEG codec into RGB. */
static void decode_jpeg_colors(ckn_tiff_job *job, ckn_tiff_layout *layout) {
    if (layout->photometric != PHOTOMETRIC_YCBCR || layout->compression != COMPRESSION_JPEG)
        return;
    TIFFSetField(job->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    layout->photometric = PHOTOMETRIC_RGB;
}

static void read_blocks(ckn_tiff_job *job, ckn_tiff_layout *layout) {
    TIFF *tiff = job->tiff;
    if (layout->tiled) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &layout->block_cols);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &layout->block_rows);
        layout->block_bytes = TIFFTileSize(tiff);
        layout->block_row_bytes = TIFFTileRowSize(tiff);
        return;
    }
    layout->block_cols = layout->cols;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &layout->block_rows);
    if (layout->block_rows > layout->rows)
        layout->block_rows = layout->rows;
    layout->block_bytes = TIFFStripSize(tiff);
    layout->block_row_bytes = TIFFScanlineSize(tiff);
}

/* libjbig ends the process where a header inside the samples asks for more memory than there is,
 * and the JPEG of TIFF 6.0 goes through tables wherever the file says that they are. */
static ckn_code check_codec(const ckn_input *input, const ckn_tiff_layout *layout,
                            ckn_error *error) {
    if (layout->compression != COMPRESSION_JBIG && layout->compression != COMPRESSION_OJPEG)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "%s: is compressed by %s, whose decoder cannot be trusted with a damaged file; "
                    "convert it, for example: convert IN.tif -compress zip OUT.tif",
                    input->path,
                    layout->compression == COMPRESSION_JBIG ? "JBIG" : "TIFF's old-style JPEG");
}

static ckn_code check_type(const ckn_input *input, const ckn_tiff_layout *layout,
                           ckn_error *error) {
    static const char *const formats[] = {"untyped", "unsigned", "signed", "real"};
    if (is_known_type(layout))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "%s: holds %s samples of %u bits; integers of 8, 16 and 32 bits, float32 and "
                    "float64 are read: convert it in Python with tifffile.imwrite(OUT, "
                    "tifffile.imread(IN).astype('float32'))",
                    input->path, layout->format <= 3 ? formats[layout->format] : "complex",
                    layout->bits);
}

/* Sets has_alpha, too. */
static ckn_code check_channels(const ckn_input *input, ckn_tiff_layout *layout, ckn_error *error) {
    bool grey = layout->photometric == PHOTOMETRIC_MINISBLACK ||
                layout->photometric == PHOTOMETRIC_MINISWHITE;
    bool palette = layout->photometric == PHOTOMETRIC_PALETTE;
    if (!grey && !palette && layout->photometric != PHOTOMETRIC_RGB)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: has colours of TIFF's kind %u; grey, RGB and palettes are read: "
                        "convert it, for example: convert IN.tif -colorspace sRGB OUT.png",
                        input->path, layout->photometric);
    /* Grey may be the name for any number of channels. */
    size_t colours = palette || layout->samples < 3 ? 1 : 3;
    layout->has_alpha = layout->samples == colours + 1;
    if ((layout->samples != colours && !layout->has_alpha) ||
        (layout->photometric == PHOTOMETRIC_RGB && colours != 3) || (palette && layout->has_alpha))
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: has %u channels; 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA) "
                        "are read",
                        input->path, layout->samples);
    if (layout->format != SAMPLEFORMAT_UINT &&
        (palette || layout->photometric == PHOTOMETRIC_MINISWHITE))
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: says that 0 is white, or a palette's entry, of samples that are not "
                        "unsigned integers; write it with PhotometricInterpretation MinIsBlack",
                        input->path);
    return CKN_OK;
}

static void read_alpha(ckn_tiff_job *job, ckn_tiff_layout *layout) {
    uint16_t count = 0, *kinds = NULL;
    TIFFGetFieldDefaulted(job->tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    layout->premultiplied =
        layout->has_alpha && count > 0 && kinds && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
}

static ckn_code read_palette(ckn_tiff_job *job, const ckn_input *input, ckn_tiff_layout *layout,
                             ckn_error *error) {
    uint16_t *red, *green, *blue;
    if (layout->photometric != PHOTOMETRIC_PALETTE)
        return CKN_OK;
    if (layout->bits > 16 || !TIFFGetField(job->tiff, TIFFTAG_COLORMAP, &red, &green, &blue))
        return ckn_fail(error, CKN_ERROR_FILE, "%s: is damaged: its palette is missing",
                        input->path);
    layout->red = red;
    layout->green = green;
    layout->blue = blue;
    return CKN_OK;
}

static ckn_code damaged(const ckn_input *input, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_FILE,
                    "%s: is truncated or damaged: it announces samples that its %llu bytes cannot "
                    "hold",
                    input->path, (unsigned long long)input->size);
}

static ckn_code check_size(const ckn_input *input, const ckn_tiff_layout *layout,
                           ckn_error *error) {
    if (layout->rows < 1 || layout->cols < 1 || layout->block_rows < 1 || layout->block_cols < 1)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: is damaged: it holds an empty image",
                        input->path);
    const uint64_t expansion = layout->compression == COMPRESSION_NONE ? 1 : most_expansion;
    /* 2^96 and more: too large for integers. */
    const double bytes = (double)layout->rows * layout->cols * layout->samples * layout->bits / 8;
    if (bytes / (double)expansion > (double)input->size || layout->block_bytes < 1 ||
        layout->block_row_bytes < 1 || (uint64_t)layout->block_bytes / most_expansion > input->size)
        return damaged(input, error);
    return CKN_OK;
}

/* Checks the size of the picture, and of a tile, which may be larger. libtiff limits the rest: it
 * allocates at most 100 MB for tables that the file does not hold, unpacks one block at a time into
 * a buffer of known size, and accepts at most 100 scans of a progressive JPEG. */
static ckn_code check_limits(const ckn_input *input, const ckn_tiff_layout *layout,
                             ckn_error *error) {
    const size_t bytes = ckn_sample_bytes(ckn_tiff_layout_sample(layout));
    const bool palette = layout->photometric == PHOTOMETRIC_PALETTE;
    const ckn_announcement picture = {layout->cols, layout->rows, palette ? 3 : layout->samples,
                                      bytes};
    const ckn_announcement block = {layout->block_cols, layout->block_rows, layout->samples, bytes};
    CKN_TRY(ckn_read_limit_check(&input->limits, input->path, picture, error));
    return ckn_read_limit_check(&input->limits, input->path, block, error);
}

/* Every block must lie in the file. */
static ckn_code check_blocks(ckn_tiff_job *job, const ckn_input *input,
                             const ckn_tiff_layout *layout, ckn_error *error) {
    uint64_t *offsets = NULL, *sizes = NULL;
    uint32_t count = layout->tiled ? TIFFNumberOfTiles(job->tiff) : TIFFNumberOfStrips(job->tiff);
    bool found =
        TIFFGetField(job->tiff, layout->tiled ? TIFFTAG_TILEOFFSETS : TIFFTAG_STRIPOFFSETS,
                     &offsets) &&
        TIFFGetField(job->tiff, layout->tiled ? TIFFTAG_TILEBYTECOUNTS : TIFFTAG_STRIPBYTECOUNTS,
                     &sizes);
    if (!found || !offsets || !sizes)
        return damaged(input, error);
    for (uint32_t i = 0; i < count; i++) {
        if (offsets[i] > input->size || sizes[i] > input->size - offsets[i])
            return ckn_fail(error, CKN_ERROR_FILE,
                            "%s: is truncated: it ends after %llu bytes, before its samples do",
                            input->path, (unsigned long long)input->size);
    }
    return CKN_OK;
}

ckn_code ckn_tiff_layout_read(ckn_tiff_job *job, const ckn_input *input, ckn_tiff_layout *layout,
                              ckn_error *error) {
    memset(layout, 0, sizeof *layout);
    read_tags(job, layout);
    decode_jpeg_colors(job, layout);
    CKN_TRY(check_codec(input, layout, error));
    CKN_TRY(check_type(input, layout, error));
    CKN_TRY(check_channels(input, layout, error));
    read_alpha(job, layout);
    CKN_TRY(read_palette(job, input, layout, error));
    read_blocks(job, layout);
    CKN_TRY(check_size(input, layout, error));
    CKN_TRY(check_limits(input, layout, error));
    return check_blocks(job, input, layout, error);
}

/* A palette whose entries are all of 8 bits: the same in both bytes. */
static bool is_8bit_palette(const ckn_tiff_layout *layout) {
    const uint16_t *const maps[] = {layout->red, layout->green, layout->blue};
    bool repeated = true;
    for (size_t map = 0; map < 3; map++) {
        for (size_t i = 0; i < (size_t)1 << layout->bits; i++)
            repeated = repeated && maps[map][i] % 257 == 0;
    }
    return repeated;
}

ckn_sample ckn_tiff_layout_sample(const ckn_tiff_layout *layout) {
    if (layout->photometric == PHOTOMETRIC_PALETTE)
        return is_8bit_palette(layout) ? CKN_SAMPLE_U8 : CKN_SAMPLE_U16;
    if (layout->format == SAMPLEFORMAT_UINT)
        return layout->bits <= 8    ? CKN_SAMPLE_U8
               : layout->bits == 16 ? CKN_SAMPLE_U16
                                    : CKN_SAMPLE_F64;
    bool wide = layout->bits == 64 || (layout->format == SAMPLEFORMAT_INT && layout->bits == 32);
    if (layout->format == SAMPLEFORMAT_INT && layout->bits == 16)
        return CKN_SAMPLE_I16;
    return wide ? CKN_SAMPLE_F64 : CKN_SAMPLE_F32;
}

double ckn_tiff_layout_range(const ckn_tiff_layout *layout) {
    if (layout->format == SAMPLEFORMAT_IEEEFP)
        return 1;
    unsigned bits = layout->format == SAMPLEFORMAT_INT ? layout->bits - 1U : layout->bits;
    return (double)(((uint64_t)1 << bits) - 1);
}
