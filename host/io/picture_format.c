#include "io/picture_format.h"

#include "io/npy_file.h"
#include "io/png_file.h"

#include <string.h>

#define MAGIC(text) .magic = (text), .length = sizeof(text) - 1
#define MAGIC_AT(at, text) .offset = (at), MAGIC(text)
#define AND_AT(at, text) .magic2 = (text), .offset2 = (at), .length2 = sizeof(text) - 1

#define LOSSY                                                                                      \
    "its compression is lossy and would be estimated as part of the kernel; use the original, "    \
    "and "
#define CONVERT(extension)                                                                         \
    "if nothing better exists, convert it, for example: convert IN." extension " OUT.png"
#define CONVERT_LOSSLESS(extension)                                                                \
    "it is not read; convert it, for example: convert IN." extension " OUT.png"
#define CONVERT_TIFF                                                                               \
    "it is not read; convert it, for example: convert IN.tif OUT.png, or for float samples in "    \
    "Python: numpy.save('OUT.npy', tifffile.imread('IN.tif'))"
#define CONVERT_FITS                                                                               \
    "it is not read; convert it in Python: "                                                       \
    "numpy.save('OUT.npy', astropy.io.fits.getdata('IN.fits').astype('float32'))"
#define CONVERT_ISO                                                                                \
    LOSSY "if nothing better exists, convert it, for example: convert IN.heic OUT.png"

static const ckn_picture_format formats[] = {
    {.name = "a PNG", MAGIC("\x89PNG\r\n\x1A\n"), .read = ckn_png_read},
    {.name = "an NPY", MAGIC(CKN_NPY_MAGIC), .read = ckn_npy_read, .numbers = true},
    {.name = "a JPEG", MAGIC("\xFF\xD8\xFF"), .refusal = LOSSY CONVERT("jpg")},
    {.name = "a JPEG 2000", MAGIC_AT(4, "jP  \r\n\x87\n"), .refusal = LOSSY CONVERT("jp2")},
    {.name = "a WebP", MAGIC("RIFF"), AND_AT(8, "WEBP"), .refusal = LOSSY CONVERT("webp")},
    {.name = "an HEIF or AVIF", MAGIC_AT(4, "ftyp"), .refusal = CONVERT_ISO},
    {.name = "a TIFF", MAGIC("II*\0"), .refusal = CONVERT_TIFF},
    {.name = "a TIFF", MAGIC("MM\0*"), .refusal = CONVERT_TIFF},
    {.name = "a TIFF", MAGIC("II+\0"), .refusal = CONVERT_TIFF},
    {.name = "a TIFF", MAGIC("MM\0+"), .refusal = CONVERT_TIFF},
    {.name = "a FITS", MAGIC("SIMPLE  ="), .refusal = CONVERT_FITS},
    {.name = "a GIF",
     MAGIC("GIF8"),
     .refusal =
         "its 256 colours are too few for an estimate; use the original, and " CONVERT("gif")},
    {.name = "a BMP", MAGIC("BM"), AND_AT(6, "\0\0\0\0"), .refusal = CONVERT_LOSSLESS("bmp")},
    {.name = "an OpenEXR",
     MAGIC("\x76\x2F\x31\x01"),
     .refusal = "it is not read; convert it to .npy with float32 samples"},
    {.name = "an NPZ or ZIP",
     MAGIC("PK\x03\x04"),
     .refusal = "it is not read; take one array out in Python: "
                "numpy.save('OUT.npy', numpy.load('IN.npz')['NAME'])"},
    {.name = "a gzip", MAGIC("\x1F\x8B"), .refusal = "unpack it first, for example: gunzip IN.gz"},
};

static bool stands_at(const ckn_input *input, const char *bytes, size_t offset, size_t length) {
    return offset + length <= input->head_size && memcmp(input->head + offset, bytes, length) == 0;
}

/* PBM, PGM, PPM and PAM: P1 to P7 and white space. */
static bool is_pnm(const ckn_input *input) {
    return input->head_size >= 3 && input->head[0] == 'P' && input->head[1] >= '1' &&
           input->head[1] <= '7' && strchr(" \t\r\n", input->head[2]) && input->head[2];
}

static const ckn_picture_format pnm = {.name = "a PNM", .refusal = CONVERT_LOSSLESS("pnm")};

const ckn_picture_format *ckn_picture_format_find(const ckn_input *input) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const ckn_picture_format *format = &formats[i];
        if (stands_at(input, format->magic, format->offset, format->length) &&
            (!format->magic2 || stands_at(input, format->magic2, format->offset2, format->length2)))
            return format;
    }
    return is_pnm(input) ? &pnm : NULL;
}

ckn_code ckn_picture_format_read(const ckn_picture_format *format, ckn_input *input,
                                 ckn_picture *picture, ckn_error *error) {
    if (!format)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: is no image file that is known; PNG and NPY files are read",
                        input->path);
    if (!format->read)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: is %s file: %s", input->path,
                        format->name, format->refusal);
    return format->read(input, picture, error);
}
