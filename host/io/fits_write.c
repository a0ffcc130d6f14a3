#include "io/fits_file.h"

#include "base/memory.h"
#include "io/fits_cards.h"
#include "io/fits_job.h"
#include "io/sample_scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const bool ckn_fits_written = true;

/* Characters of a value within one card. */
enum { MOST_VALUE = 68 };

static void write_offset(ckn_fits_job *job, ckn_kernel_offset offset) {
    if (ckn_kernel_offset_is_zero(offset))
        return;
    fits_write_key_lng(job->fits, "KSHIFTX", (LONGLONG)offset.col,
                       "pixels to the right that the middle stands for", &job->status);
    fits_write_key_lng(job->fits, "KSHIFTY", (LONGLONG)offset.row,
                       "along the second axis, likewise", &job->status);
}

/* Those of the picture that this one was made from. */
static void write_cards(ckn_fits_job *job, const char *cards) {
    char card[CKN_FITS_CARD + 1];
    for (; cards && *cards; cards += CKN_FITS_CARD) {
        snprintf(card, sizeof card, "%s", cards);
        fits_write_record(job->fits, card, &job->status);
    }
}

/* A card holds printable ASCII only; cfitsio breaks long lines. */
static void write_metadata(ckn_fits_job *job, const ckn_metadata *metadata) {
    const char *software = ckn_metadata_find(metadata, "Software");
    char value[MOST_VALUE + 1], line[1024];
    if (software) {
        ckn_metadata_plain(software, value, sizeof value);
        fits_write_key_str(job->fits, "CREATOR", value, "program that wrote this file",
                           &job->status);
    }
    write_offset(job, ckn_kernel_offset_of_metadata(metadata));
    for (size_t i = 0; metadata && i < metadata->count; i++) {
        const ckn_metadata_item *item = &metadata->items[i];
        char *text = ckn_format("%s: %s", item->key, item->value);
        if (!text) {
            job->status = MEMORY_ALLOCATION;
            return;
        }
        ckn_metadata_plain(text, line, sizeof line);
        free(text);
        fits_write_history(job->fits, line, &job->status);
    }
}

/* Samples of 16 bits with a sign, from float32; a piece at a time. */
static void write_whole(ckn_fits_job *job, const ckn_picture *picture, LONGLONG count) {
    short line[4096];
    const float *samples = picture->data;
    for (LONGLONG done = 0; done < count && job->status == 0;) {
        const LONGLONG room = (LONGLONG)(sizeof line / sizeof line[0]);
        const LONGLONG part = count - done < room ? count - done : room;
        for (LONGLONG i = 0; i < part; i++)
            line[i] = (short)ckn_sample_round_signed(samples[done + i], picture->full_range);
        fits_write_img(job->fits, TSHORT, done + 1, part, line, &job->status);
        done += part;
    }
}

static void write_image(ckn_fits_job *job, const ckn_picture *picture, const ckn_metadata *metadata,
                        size_t *bytes) {
    const bool whole = picture->sample == CKN_SAMPLE_I16, wide = picture->sample == CKN_SAMPLE_F64;
    LONGLONG size[] = {(LONGLONG)picture->cols, (LONGLONG)picture->rows, 3}, end = 0;
    LONGLONG count = size[0] * size[1] * (LONGLONG)picture->channels;
    fits_create_imgll(job->fits,
                      whole  ? SHORT_IMG
                      : wide ? DOUBLE_IMG
                             : FLOAT_IMG,
                      picture->channels == 3 ? 3 : 2, size, &job->status);
    write_cards(job, picture->cards);
    write_metadata(job, metadata);
    if (whole)
        write_whole(job, picture, count);
    else
        fits_write_img(job->fits, picture->type == CKN_FLOAT64 ? TDOUBLE : TFLOAT, 1, count,
                       picture->data, &job->status);
    fits_flush_file(job->fits, &job->status);
    fits_get_hduaddrll(job->fits, NULL, NULL, &end, &job->status);
    *bytes = (size_t)end;
}

static ckn_code check_picture(const ckn_picture *picture, ckn_error *error) {
    if ((picture->channels == 1 || picture->channels == 3) && !picture->has_alpha)
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                    "a FITS file holds 1 or 3 channels without alpha; use .npy or .tif");
}

ckn_code ckn_fits_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    ckn_fits_job job = {.fits = NULL};
    size_t bytes = 0;
    CKN_TRY(check_picture(picture, error));
    ckn_fits_job_create(&job);
    if (job.status == 0) /* else there is no handle, which cfitsio does not always look at */
        write_image(&job, picture, metadata, &bytes);
    ckn_code code = CKN_OK;
    if (!ckn_fits_job_close(&job) || bytes > job.size)
        code = ckn_fail(error, CKN_ERROR_MEMORY, "cannot be made as FITS: %s", job.message);
    else if (fwrite(job.memory, 1, bytes, stream) != bytes)
        code = ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", strerror(errno));
    free(job.memory);
    return code;
}
