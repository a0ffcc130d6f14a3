#include "io/fits_file.h"

#include "base/memory.h"
#include "io/fits_job.h"
#include "io/picture_notes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const bool ckn_fits_available = true;

enum { MOST_AXES = 9, BLOCK = 2880 };

/* The most pixels of an image: 2^29. */
static const uint64_t most_pixels = (uint64_t)1 << 29;

typedef struct fits_reader {
    ckn_fits_job job;
    ckn_input *input;
    ckn_picture *picture;
    int axes;
    LONGLONG size[MOST_AXES];
    int bitpix, equivalent; /* as stored, and with BSCALE and BZERO */
    int hdus;
} fits_reader;

/* cfitsio's own words come once the handle is closed. */
static ckn_code cfitsio_failed(void) {
    return CKN_ERROR_FILE;
}

/* --- the HDU ---------------------------------------------------------------------------------- */

static bool read_axes(fits_reader *reader) {
    ckn_fits_job *job = &reader->job;
    int kind = IMAGE_HDU;
    reader->axes = 0;
    memset(reader->size, 0, sizeof reader->size);
    fits_get_hdu_type(job->fits, &kind, &job->status);
    if (job->status || kind != IMAGE_HDU)
        return false;
    fits_get_img_dim(job->fits, &reader->axes, &job->status);
    if (job->status || reader->axes < 1 || reader->axes > MOST_AXES)
        return false;
    fits_get_img_sizell(job->fits, MOST_AXES, reader->size, &job->status);
    while (reader->axes > 2 && reader->size[reader->axes - 1] == 1)
        reader->axes--;
    return job->status == 0;
}

static ckn_code check_axes(const fits_reader *reader, ckn_error *error) {
    const LONGLONG *size = reader->size;
    if (reader->axes == 2 || (reader->axes == 3 && size[2] == 3)) {
        if (size[0] > 0 && size[1] > 0)
            return CKN_OK;
        return ckn_fail(error, CKN_ERROR_FILE, "%s: holds an empty image", reader->input->path);
    }
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "%s: holds an image of %d axes (%lld x %lld x %lld); two axes, or three with 1 "
                    "or 3 planes, are read: take a plane out in Python: numpy.save('OUT.npy', "
                    "astropy.io.fits.getdata(IN)[0])",
                    reader->input->path, reader->axes, (long long)size[0], (long long)size[1],
                    (long long)size[2]);
}

static ckn_code choose_page(fits_reader *reader, ckn_error *error) {
    ckn_fits_job *job = &reader->job;
    const ckn_input *input = reader->input;
    if (input->page >= (size_t)reader->hdus)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: has %d HDU%s, counted from [0], the primary one", input->path,
                        reader->hdus, reader->hdus == 1 ? "" : "s");
    fits_movabs_hdu(job->fits, (int)input->page + 1, NULL, &job->status);
    if (read_axes(reader))
        return CKN_OK;
    if (job->status)
        return cfitsio_failed();
    return ckn_fail(error, CKN_ERROR_FILE, "%s: HDU %zu holds no image", input->path, input->page);
}

static ckn_code choose_first(fits_reader *reader, ckn_error *error) {
    ckn_fits_job *job = &reader->job;
    for (int hdu = 1; hdu <= reader->hdus; hdu++) {
        fits_movabs_hdu(job->fits, hdu, NULL, &job->status);
        if (read_axes(reader))
            return CKN_OK;
        if (job->status)
            return cfitsio_failed();
    }
    return ckn_fail(error, CKN_ERROR_FILE, "%s: none of its %d HDUs holds an image",
                    reader->input->path, reader->hdus);
}

/* --- what the header says ----------------------------------------------------------------------
 */

/* cfitsio gives zeros for what is missing at the end. */
static ckn_code check_size(fits_reader *reader, ckn_error *error) {
    ckn_fits_job *job = &reader->job;
    const ckn_input *input = reader->input;
    const LONGLONG *size = reader->size;
    LONGLONG start = 0;
    if ((uint64_t)size[0] > most_pixels / (uint64_t)size[1])
        return ckn_fail(
            error, CKN_ERROR_FILE, "%s: announces %lld x %lld pixels; at most %llu pixels are read",
            input->path, (long long)size[0], (long long)size[1], (unsigned long long)most_pixels);
    fits_get_hduaddrll(job->fits, NULL, &start, NULL, &job->status);
    if (job->status)
        return cfitsio_failed();
    uint64_t samples = (uint64_t)size[0] * (uint64_t)size[1] * (reader->axes == 3 ? 3 : 1);
    uint64_t needed = (uint64_t)start + samples * (uint64_t)(abs(reader->bitpix) / 8);
    if (needed <= input->size)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_FILE,
                    "%s: is truncated: its samples end after %llu bytes, the file after %llu",
                    input->path, (unsigned long long)needed, (unsigned long long)input->size);
}

static ckn_code read_header(fits_reader *reader, ckn_error *error) {
    ckn_fits_job *job = &reader->job;
    fits_get_num_hdus(job->fits, &reader->hdus, &job->status);
    if (job->status)
        return cfitsio_failed();
    CKN_TRY(reader->input->has_page ? choose_page(reader, error) : choose_first(reader, error));
    /* cfitsio's decompressors trust the file and write beyond their buffers where it is damaged. */
    if (fits_is_compressed_image(job->fits, &job->status))
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: holds a tile-compressed image, which is not read; unpack it first: "
                        "funpack IN.fits, or in Python with astropy",
                        reader->input->path);
    CKN_TRY(check_axes(reader, error));
    fits_get_img_type(job->fits, &reader->bitpix, &job->status);
    fits_get_img_equivtype(job->fits, &reader->equivalent, &job->status);
    if (job->status)
        return cfitsio_failed();
    return check_size(reader, error);
}

/* float32 where that holds every value. */
static ckn_sample sample_of(const fits_reader *reader) {
    switch (reader->equivalent) {
    case BYTE_IMG:
    case SBYTE_IMG:
    case SHORT_IMG:
    case USHORT_IMG:
        return CKN_SAMPLE_F32;
    default:
        return reader->equivalent == FLOAT_IMG && reader->bitpix == FLOAT_IMG ? CKN_SAMPLE_F32
                                                                              : CKN_SAMPLE_F64;
    }
}

/* --- samples -----------------------------------------------------------------------------------
 */

/* Where cfitsio looks for undefined samples it also turns infinity into NaN and the smallest
 * numbers into 0; real numbers have their NaN already. */
static void read_samples(fits_reader *reader) {
    ckn_fits_job *job = &reader->job;
    ckn_picture *picture = reader->picture;
    float single = NAN;
    double real = NAN;
    int found = 0; /* cfitsio writes it whether it is wanted or not */
    bool wide = picture->type == CKN_FLOAT64;
    bool look = reader->bitpix > 0;
    void *undefined = wide ? (void *)&real : (void *)&single;
    LONGLONG count =
        (LONGLONG)picture->rows * (LONGLONG)picture->cols * (LONGLONG)picture->channels;
    fits_read_img(job->fits, wide ? TDOUBLE : TFLOAT, 1, count, look ? undefined : NULL,
                  picture->data, &found, &job->status);
}

static ckn_code read_image(fits_reader *reader, ckn_error *error) {
    CKN_TRY(read_header(reader, error));
    const LONGLONG *size = reader->size;
    ckn_code code = ckn_picture_create(reader->picture, (size_t)size[1], (size_t)size[0],
                                       reader->axes == 3 ? 3 : 1, false, sample_of(reader), error);
    if (code != CKN_OK)
        return error ? ckn_fail_prefix(error, "%s", reader->input->path) : code;
    snprintf(reader->picture->color, sizeof reader->picture->color, "FITS, physical values");
    reader->picture->not_srgb = true;
    read_samples(reader);
    return reader->job.status ? cfitsio_failed() : CKN_OK;
}

static ckn_code load(fits_reader *reader, ckn_error *error) {
    ckn_input *input = reader->input;
    if (input->size > SIZE_MAX / 2)
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: is too large for the memory", input->path);
    /* cfitsio reads whole blocks, also where the file ends within one. */
    size_t size = ((size_t)input->size + BLOCK - 1) / BLOCK * BLOCK;
    ckn_code code = ckn_allocate(&reader->job.memory, size, 1, "a FITS file", error);
    if (code != CKN_OK)
        return error ? ckn_fail_prefix(error, "%s", input->path) : code;
    reader->job.size = size;
    return ckn_input_read(input, reader->job.memory, (size_t)input->size, error);
}

ckn_code ckn_fits_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    fits_reader reader = {.input = input, .picture = picture};
    memset(picture, 0, sizeof *picture);
    ckn_code code = load(&reader, error);
    if (code == CKN_OK) {
        ckn_fits_job_open(&reader.job);
        code = reader.job.status ? cfitsio_failed() : read_image(&reader, error);
        if (!ckn_fits_job_close(&reader.job))
            code = ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as FITS: %s", input->path,
                            reader.job.message);
    }
    free(reader.job.memory);
    if (code != CKN_OK)
        ckn_picture_release(picture);
    return code;
}
