#include "io/fits_file.h"

#include "io/fits_cards.h"
#include "io/fits_header.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HDUS = 1 << 16, BUFFER = 1 << 15 };

/* What BZERO adds to a signed integer that stands for an unsigned one of 64 bits. */
static const double zero_of_unsigned_64 = 9223372036854775808.0;

typedef struct fits_reader {
    ckn_input *input;
    ckn_picture *picture;
    ckn_fits_hdu hdu;
    size_t index;    /* of the HDU */
    uint64_t start;  /* its first byte in the file */
    size_t axes;     /* without those of length 1 at the end */
    char names[160]; /* of the HDUs that were passed by */
} fits_reader;

/* --- the HDU -----------------------------------------------------------------------------------
 */

static ckn_code check_data(const fits_reader *reader, ckn_error *error) {
    const ckn_fits_hdu *hdu = &reader->hdu;
    const ckn_input *input = reader->input;
    if (hdu->bytes <= input->size && hdu->data <= input->size - hdu->bytes)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_FILE,
                    "%s: is truncated: the data of HDU %zu end after %llu bytes, the file after "
                    "%llu",
                    input->path, reader->index, (unsigned long long)(hdu->data + hdu->bytes),
                    (unsigned long long)input->size);
}

static ckn_code find_nothing(const fits_reader *reader, size_t count, ckn_error *error) {
    const ckn_input *input = reader->input;
    const char *plural = count == 1 ? "" : "s";
    if (input->name[0])
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: none of its %zu HDU%s has this name; names and versions are: %s",
                        input->path, count, plural, reader->names[0] ? reader->names : "none");
    if (input->has_page)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: has %zu HDU%s, counted from [0], the primary one", input->path, count,
                        plural);
    return ckn_fail(error, CKN_ERROR_FILE, "%s: none of its %zu HDU%s holds an image", input->path,
                    count, plural);
}

static bool is_wanted(const fits_reader *reader) {
    const ckn_input *input = reader->input;
    char name[CKN_FITS_NAME_SIZE];
    if (input->has_page)
        return reader->index == input->page;
    if (!input->name[0])
        return reader->hdu.kind != CKN_FITS_OTHER;
    ckn_fits_name(input->name, name);
    return strcmp(name, reader->hdu.name) == 0 &&
           (input->version == 0 || (int64_t)input->version == reader->hdu.version);
}

/* Of a message, as far as they fit. */
static void list_name(fits_reader *reader) {
    const size_t used = strlen(reader->names);
    if (reader->hdu.name[0])
        snprintf(reader->names + used, sizeof reader->names - used, "%s%s,%lld", used ? " " : "",
                 reader->hdu.name, (long long)reader->hdu.version);
}

/* The HDU that is asked for, or the first that holds an image. */
static ckn_code find_hdu(fits_reader *reader, ckn_error *error) {
    ckn_input *input = reader->input;
    uint64_t start = 0;
    for (size_t index = 0; index < MOST_HDUS; index++) {
        reader->index = index;
        reader->start = start;
        CKN_TRY(ckn_fits_hdu_read(input, index, start, &reader->hdu, error));
        if (is_wanted(reader))
            return CKN_OK;
        list_name(reader);
        CKN_TRY(check_data(reader, error));
        if (!ckn_fits_hdu_next(input, &reader->hdu, &start))
            return find_nothing(reader, index + 1, error);
    }
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED, "%s: has more than %d HDUs", input->path,
                    MOST_HDUS);
}

static ckn_code check_kind(const fits_reader *reader, ckn_error *error) {
    const char *path = reader->input->path;
    if (reader->hdu.kind == CKN_FITS_OTHER)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: HDU %zu holds no image", path, reader->index);
    if (reader->hdu.kind == CKN_FITS_COMPRESSED)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: holds a tile-compressed image, which is not read; unpack it first: "
                        "funpack IN.fits, or in Python with astropy",
                        path);
    if (reader->hdu.problem[0])
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as FITS: HDU %zu: %s", path,
                        reader->index, reader->hdu.problem);
    return CKN_OK;
}

static ckn_code check_axes(fits_reader *reader, ckn_error *error) {
    const char *path = reader->input->path;
    const uint64_t *size = reader->hdu.size;
    reader->axes = reader->hdu.axes;
    while (reader->axes > 2 && size[reader->axes - 1] == 1)
        reader->axes--;
    if (reader->axes == 2 || (reader->axes == 3 && size[2] == 3)) {
        if (size[0] > 0 && size[1] > 0)
            return CKN_OK;
        return ckn_fail(error, CKN_ERROR_FILE, "%s: holds an empty image", path);
    }
    if (reader->axes == 1)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: HDU %zu holds a single line of %llu samples, which is no picture; "
                        "choose another HDU as in 'FILE[1]' or 'FILE[SCI]'",
                        path, reader->index, (unsigned long long)size[0]);
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "%s: holds an image of %zu axes (%llu x %llu x %llu); two axes, or three with "
                    "1 or 3 planes, are read: take a plane out in Python: numpy.save('OUT.npy', "
                    "astropy.io.fits.getdata(IN)[0])",
                    path, reader->axes, (unsigned long long)size[0], (unsigned long long)size[1],
                    (unsigned long long)size[2]);
}

/* --- samples -----------------------------------------------------------------------------------
 */

static bool is_scaled(const ckn_fits_hdu *hdu) {
    return hdu->scale != 1 || hdu->zero != 0;
}

static bool is_whole(double value) {
    return value == floor(value);
}

/* Whether all physical values of these integers are whole numbers of 16 bits or fewer. */
static bool has_narrow_values(const ckn_fits_hdu *hdu) {
    const double low = hdu->bitpix == 8 ? 0 : -32768, high = hdu->bitpix == 8 ? 255 : 32767;
    const double a = hdu->scale * low + hdu->zero, b = hdu->scale * high + hdu->zero;
    const double least = fmin(a, b), largest = fmax(a, b);
    return is_whole(hdu->scale) && is_whole(hdu->zero) &&
           ((least >= -32768 && largest <= 32767) || (least >= 0 && largest <= 65535));
}

/* float32 where that holds every value. */
static ckn_sample sample_of(const ckn_fits_hdu *hdu) {
    if (hdu->bitpix == 16 && !is_scaled(hdu) && !hdu->has_blank)
        return CKN_SAMPLE_I16;
    const bool narrow =
        hdu->bitpix == -32 || ((hdu->bitpix == 8 || hdu->bitpix == 16) && has_narrow_values(hdu));
    return narrow ? CKN_SAMPLE_F32 : CKN_SAMPLE_F64;
}

static int64_t integer_of(int bitpix, uint64_t bits) {
    switch (bitpix) {
    case 8:
        return (int64_t)bits;
    case 16:
        return (int16_t)bits;
    case 32:
        return (int32_t)bits;
    default:
        return (int64_t)bits;
    }
}

/* Through double, as other readers compute it: what is rounded stays the same bit by bit. */
static double physical_integer(const ckn_fits_hdu *hdu, uint64_t bits) {
    const int64_t integer = integer_of(hdu->bitpix, bits);
    if (hdu->has_blank && integer == hdu->blank)
        return NAN;
    if (!is_scaled(hdu))
        return (double)integer;
    if (hdu->bitpix == 64 && hdu->scale == 1 && hdu->zero == zero_of_unsigned_64)
        return (double)(bits ^ (uint64_t)1 << 63);
    return (double)integer * hdu->scale + hdu->zero;
}

/* Without scale the bits are those of the file, of NaN too. */
static void store_single(const ckn_fits_hdu *hdu, uint64_t bits, float *sample) {
    const uint32_t word = (uint32_t)bits;
    memcpy(sample, &word, sizeof word);
    if (is_scaled(hdu))
        *sample = (float)((double)*sample * hdu->scale + hdu->zero);
}

static void store_double(const ckn_fits_hdu *hdu, uint64_t bits, double *sample) {
    memcpy(sample, &bits, sizeof bits);
    if (is_scaled(hdu))
        *sample = *sample * hdu->scale + hdu->zero;
}

/* Samples follow each other as in the planes of a picture. */
static void store(const fits_reader *reader, const unsigned char *bytes, size_t first,
                  size_t count) {
    const ckn_fits_hdu *hdu = &reader->hdu;
    const size_t size = (size_t)abs(hdu->bitpix) / 8;
    float *singles = reader->picture->data;
    double *doubles = reader->picture->data;
    for (size_t i = first; i < first + count; i++, bytes += size) {
        uint64_t bits = 0;
        for (size_t k = 0; k < size; k++)
            bits = bits << 8 | bytes[k];
        if (hdu->bitpix == -32)
            store_single(hdu, bits, &singles[i]);
        else if (hdu->bitpix == -64)
            store_double(hdu, bits, &doubles[i]);
        else if (reader->picture->type == CKN_FLOAT64)
            doubles[i] = physical_integer(hdu, bits);
        else
            singles[i] = (float)physical_integer(hdu, bits);
    }
}

static ckn_code read_samples(const fits_reader *reader, ckn_error *error) {
    unsigned char buffer[BUFFER];
    const ckn_picture *picture = reader->picture;
    const size_t size = (size_t)abs(reader->hdu.bitpix) / 8, room = BUFFER / size;
    const size_t total = picture->rows * picture->cols * picture->channels;
    if (fseeko(reader->input->stream, (off_t)reader->hdu.data, SEEK_SET) != 0)
        return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read: %s", reader->input->path,
                        strerror(errno));
    for (size_t done = 0, count; done < total; done += count) {
        count = total - done < room ? total - done : room;
        CKN_TRY(ckn_input_read(reader->input, buffer, count * size, error));
        store(reader, buffer, done, count);
    }
    return CKN_OK;
}

/* -----------------------------------------------------------------------------------------------
 */

static ckn_code create_picture(const fits_reader *reader, ckn_error *error) {
    const uint64_t *size = reader->hdu.size;
    const size_t planes = reader->axes == 3 ? 3 : 1;
    const ckn_sample sample = sample_of(&reader->hdu);
    const ckn_announcement announced = {size[0], size[1], planes, ckn_sample_bytes(sample)};
    const char *path = reader->input->path;
    CKN_TRY(check_data(reader, error));
    CKN_TRY(ckn_read_limit_check(&reader->input->limits, path, announced, error));
    ckn_code code = ckn_picture_create(reader->picture, (size_t)size[1], (size_t)size[0], planes,
                                       false, sample, error);
    return code == CKN_OK || !error ? code : ckn_fail_prefix(error, "%s", path);
}

static ckn_code read_image(fits_reader *reader, ckn_error *error) {
    CKN_TRY(find_hdu(reader, error));
    CKN_TRY(check_kind(reader, error));
    CKN_TRY(check_axes(reader, error));
    CKN_TRY(create_picture(reader, error));
    snprintf(reader->picture->color, sizeof reader->picture->color, "FITS, physical values");
    reader->picture->not_srgb = true;
    reader->picture->offset =
        (ckn_kernel_offset){(ptrdiff_t)reader->hdu.shift_y, (ptrdiff_t)reader->hdu.shift_x};
    reader->picture->saturation = reader->hdu.saturation;
    CKN_TRY(ckn_fits_cards_read(reader->input, reader->start, reader->hdu.data,
                                &reader->picture->cards, error));
    return read_samples(reader, error);
}

ckn_code ckn_fits_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    fits_reader reader = {.input = input, .picture = picture};
    memset(picture, 0, sizeof *picture);
    ckn_code code = read_image(&reader, error);
    if (code != CKN_OK)
        ckn_picture_release(picture);
    return code;
}
