#include "io/picture_format.h"

#include "io/fits_file.h"
#include "io/jpeg_file.h"
#include "io/npy_file.h"
#include "io/png_file.h"
#include "io/tiff_file.h"

#include <string.h>

#define MAGIC(text) .magic = (text), .length = sizeof(text) - 1
#define MAGIC_AT(at, text) .offset = (at), MAGIC(text)
#define AND_AT(at, text) .magic2 = (text), .offset2 = (at), .length2 = sizeof(text) - 1

#define LOSSY                                                                                      \
    "it is not read, and its compression is lossy, which would be estimated as part of the "       \
    "kernel; use the original, and "
#define CONVERT(extension)                                                                         \
    "if nothing better exists, convert it, for example: convert IN." extension " OUT.png"
#define CONVERT_LOSSLESS(extension)                                                                \
    "it is not read; convert it, for example: convert IN." extension " OUT.png"
#define CONVERT_ISO                                                                                \
    LOSSY "if nothing better exists, convert it, for example: convert IN.heic OUT.png"

#define TIFF .read = ckn_tiff_read, .numbers = CKN_NUMBERS_REAL, .count_pages = ckn_tiff_count_pages

/* The HDUs of a FITS file are no pictures of equal rights. */
static ckn_code count_one(ckn_input *input, size_t *count, ckn_error *error) {
    (void)input;
    (void)error;
    *count = 1;
    return CKN_OK;
}

static const ckn_picture_format formats[] = {
    {.name = "a PNG", MAGIC("\x89PNG\r\n\x1A\n"), .read = ckn_png_read},
    {.name = "an NPY", MAGIC(CKN_NPY_MAGIC), .read = ckn_npy_read, .numbers = CKN_NUMBERS_ALL},
    {.name = "a JPEG", MAGIC("\xFF\xD8\xFF"), .read = ckn_jpeg_read},
    {.name = "a JPEG 2000", MAGIC_AT(4, "jP  \r\n\x87\n"), .refusal = LOSSY CONVERT("jp2")},
    {.name = "a lossless WebP",
     MAGIC("RIFF"),
     AND_AT(8, "WEBPVP8L"),
     .refusal = CONVERT_LOSSLESS("webp")},
    {.name = "a lossy WebP",
     MAGIC("RIFF"),
     AND_AT(8, "WEBPVP8 "),
     .refusal = LOSSY CONVERT("webp")},
    {.name = "a WebP",
     MAGIC("RIFF"),
     AND_AT(8, "WEBP"),
     .refusal = "it is not read; where its compression is lossy that would be estimated as part of "
                "the kernel; " CONVERT("webp")},
    {.name = "an HDF5 (also of MATLAB 7.3 or netCDF)",
     MAGIC("\x89HDF\r\n\x1A\n"),
     .refusal = "it is not read; take one array out in Python: numpy.save('OUT.npy', "
                "h5py.File('IN')['NAME'][...])"},
    {.name = "a MATLAB",
     MAGIC("MATLAB 5.0 MAT-file"),
     .refusal = "it is not read; take one array out in Python: numpy.save('OUT.npy', "
                "scipy.io.loadmat('IN.mat')['NAME'])"},
    {.name = "a PDF", MAGIC("%PDF-"), .refusal = "it is not read; it is no picture of samples"},
    {.name = "an HEIF or AVIF", MAGIC_AT(4, "ftyp"), .refusal = CONVERT_ISO},
    {.name = "a TIFF", MAGIC("II*\0"), TIFF},
    {.name = "a TIFF", MAGIC("MM\0*"), TIFF},
    {.name = "a TIFF", MAGIC("II+\0"), TIFF},
    {.name = "a TIFF", MAGIC("MM\0+"), TIFF},
    {.name = "a FITS",
     MAGIC("SIMPLE  ="),
     .read = ckn_fits_read,
     .numbers = CKN_NUMBERS_ALL,
     .named = true,
     .count_pages = count_one},
    {.name = "a GIF",
     MAGIC("GIF8"),
     .refusal = "it is not read; its 256 colours change every sample, which would be estimated as "
                "part of the "
                "kernel; use the original, and " CONVERT("gif")},
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
        return ckn_fail(
            error, CKN_ERROR_UNSUPPORTED,
            "%s: is no image file that is known; PNG, NPY, JPEG, TIFF and FITS files are "
            "read",
            input->path);
    if (!format->read)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: is %s file: %s", input->path,
                        format->name, format->refusal);
    if (input->has_page && !format->count_pages)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s: is %s file, which has no pages: leave out [%zu]", input->path,
                        format->name, input->page);
    if (input->name[0] && !format->named)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s: is %s file, whose parts have no names: %s",
                        input->path, format->name,
                        format->count_pages ? "give a page's number, the first as [0]"
                                            : "leave out the brackets");
    return format->read(input, picture, error);
}

ckn_format_lists ckn_picture_format_lists(void) {
    ckn_format_lists lists;
    const char *jpeg = ckn_jpeg_available ? ", JPEG" : "";
    const char *tiff = ckn_tiff_available ? ", TIFF" : "";
    const char *fits = ckn_fits_written ? ", FITS" : "";
    snprintf(lists.read, sizeof lists.read, "PNG, NPY%s%s, FITS", jpeg, tiff);
    snprintf(lists.kernels_read, sizeof lists.kernels_read, "NPY, CSV%s, FITS", tiff);
    snprintf(lists.pictures, sizeof lists.pictures, "PNG, NPY%s%s", tiff, fits);
    snprintf(lists.kernels, sizeof lists.kernels, "NPY, CSV%s%s, PNG%s", tiff, fits, jpeg);
    return lists;
}

ckn_code ckn_picture_format_absent(const char *path, const char *option, ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "%s: this build writes no such files; build it again with -D%s=ON", path,
                    option);
}
