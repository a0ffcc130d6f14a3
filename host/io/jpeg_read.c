#include "io/jpeg_file.h"

#include "base/memory.h"
#include "io/jpeg_job.h"
#include "io/jpeg_markers.h"
#include "io/jpeg_quality.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const bool ckn_jpeg_available = true;

enum { BUFFER = 16384, MOST_MARKER = 0xFFFF };

/* Progressive files have about ten. A scan of a few bytes may pass over the whole picture, so that
 * without a limit a small file would take hours. */
enum { MOST_SCANS = 100 };

/* A block of 8 x 8 takes a bit at least, and with the strangest sampling factors 16 times as many
 * pixels share one. */
static const uint64_t most_pixels_a_byte = 8192;

typedef struct jpeg_reader {
    ckn_jpeg_job job;
    struct jpeg_decompress_struct info;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    ckn_jpeg_markers markers;
    ckn_input *input;
    ckn_picture *picture;
    unsigned char *row;
    JOCTET buffer[BUFFER];
    unsigned char marker[MOST_MARKER];
} jpeg_reader;

/* --- the source --------------------------------------------------------------------------- */

static void begin_source(j_decompress_ptr info) {
    (void)info;
}

static boolean fill_buffer(j_decompress_ptr info) {
    jpeg_reader *reader = info->client_data;
    FILE *stream = reader->input->stream;
    size_t size = fread(reader->buffer, 1, sizeof reader->buffer, stream);
    if (size == 0)
        ckn_jpeg_job_fail(&reader->job, ferror(stream) ? strerror(errno) : "it is truncated");
    reader->source.next_input_byte = reader->buffer;
    reader->source.bytes_in_buffer = size;
    return TRUE;
}

static void skip_bytes(j_decompress_ptr info, long count) {
    struct jpeg_source_mgr *source = info->src;
    while (count > 0 && (size_t)count > source->bytes_in_buffer) {
        count -= (long)source->bytes_in_buffer;
        fill_buffer(info);
    }
    if (count > 0) {
        source->next_input_byte += count;
        source->bytes_in_buffer -= (size_t)count;
    }
}

static unsigned take_byte(j_decompress_ptr info) {
    struct jpeg_source_mgr *source = info->src;
    if (source->bytes_in_buffer == 0)
        fill_buffer(info);
    source->bytes_in_buffer--;
    return *source->next_input_byte++;
}

/* libjpeg would keep each marker of a kind at the end of a list, which it walks anew for each: a
 * million of them, 4 MB of a file, take hours. */
static boolean take_marker(j_decompress_ptr info) {
    jpeg_reader *reader = info->client_data;
    size_t size = (size_t)take_byte(info) << 8;
    size |= take_byte(info);
    if (size < 2)
        ckn_jpeg_job_fail(&reader->job, "a marker is shorter than its length");
    size -= 2;
    for (size_t i = 0; i < size; i++)
        reader->marker[i] = (unsigned char)take_byte(info);
    ckn_jpeg_markers_take(&reader->markers, reader->marker, size);
    return TRUE;
}

static void limit_scans(j_common_ptr info) {
    jpeg_reader *reader = info->client_data;
    char reason[48];
    if (reader->info.input_scan_number <= MOST_SCANS)
        return;
    snprintf(reason, sizeof reason, "it has more than %d scans", MOST_SCANS);
    ckn_jpeg_job_fail(&reader->job, reason);
}

/* --- steps that libjpeg may jump out of ---------------------------------------------------- */

static void step_read_header(void *user) {
    jpeg_reader *reader = user;
    struct jpeg_decompress_struct *info = &reader->info;
    jpeg_create_decompress(info);
    info->client_data = reader;
    reader->source = (struct jpeg_source_mgr){.init_source = begin_source,
                                              .fill_input_buffer = fill_buffer,
                                              .skip_input_data = skip_bytes,
                                              .resync_to_restart = jpeg_resync_to_restart,
                                              .term_source = begin_source};
    info->src = &reader->source;
    reader->progress.progress_monitor = limit_scans;
    info->progress = &reader->progress;
    jpeg_set_marker_processor(info, JPEG_APP0 + 1, take_marker); /* EXIF */
    jpeg_set_marker_processor(info, JPEG_APP0 + 2, take_marker); /* ICC */
    jpeg_read_header(info, TRUE);
}

static void store_row(const jpeg_reader *reader, size_t index) {
    const ckn_picture *picture = reader->picture;
    size_t plane_size = picture->rows * picture->cols;
    for (size_t channel = 0; channel < picture->channels; channel++) {
        float *plane = (float *)picture->data + channel * plane_size + index * picture->cols;
        for (size_t col = 0; col < picture->cols; col++)
            plane[col] = (float)(reader->row[col * picture->channels + channel] / 255.0);
    }
}

static void step_read_rows(void *user) {
    jpeg_reader *reader = user;
    struct jpeg_decompress_struct *info = &reader->info;
    info->out_color_space = reader->picture->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        size_t index = info->output_scanline;
        JSAMPROW row = reader->row;
        if (jpeg_read_scanlines(info, &row, 1) == 1)
            store_row(reader, index);
    }
    jpeg_finish_decompress(info);
}

static ckn_code run(jpeg_reader *reader, void (*step)(void *), ckn_error *error) {
    if (ckn_jpeg_job_guard(&reader->job, step, reader))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as JPEG: %s", reader->input->path,
                    reader->job.message);
}

/* --- what the header says ------------------------------------------------------------------- */

static ckn_code check_header(const jpeg_reader *reader, ckn_error *error) {
    const struct jpeg_decompress_struct *info = &reader->info;
    const ckn_input *input = reader->input;
    J_COLOR_SPACE space = info->jpeg_color_space;
    if (space == JCS_CMYK || space == JCS_YCCK)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: is a CMYK JPEG, whose channels are inks; convert it, for example: "
                        "convert IN.jpg -colorspace sRGB OUT.png",
                        input->path);
    if (space != JCS_GRAYSCALE && space != JCS_YCbCr && space != JCS_RGB)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "%s: is a JPEG of %d channels of no known meaning; grey and RGB are read",
                        input->path, info->num_components);
    uint64_t pixels = (uint64_t)info->image_width * info->image_height;
    if (pixels / most_pixels_a_byte > input->size)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: is truncated or damaged: it announces %u x %u pixels, which %llu "
                        "bytes cannot hold",
                        input->path, info->image_width, info->image_height,
                        (unsigned long long)input->size);
    /* What libjpeg takes, two bytes for each coefficient of a progressive file, is less. */
    const ckn_announcement announced = {info->image_width, info->image_height,
                                        space == JCS_GRAYSCALE ? 1 : 3, sizeof(float)};
    return ckn_read_limit_check(&input->limits, input->path, announced, error);
}

static bool has_smaller_chroma(const struct jpeg_decompress_struct *info) {
    for (int i = 1; i < info->num_components; i++) {
        if (info->comp_info[i].h_samp_factor < info->max_h_samp_factor ||
            info->comp_info[i].v_samp_factor < info->max_v_samp_factor)
            return true;
    }
    return false;
}

static void note_losses(const jpeg_reader *reader) {
    const struct jpeg_decompress_struct *info = &reader->info;
    ckn_picture *picture = reader->picture;
    const JQUANT_TBL *table = info->quant_tbl_ptrs[info->comp_info[0].quant_tbl_no & 3];
    if (!table)
        return;
    bool exact;
    int quality = ckn_jpeg_quality(table->quantval, &exact);
    picture->lossy_sigma = ckn_jpeg_sigma(table->quantval);
    snprintf(picture->lossy, sizeof picture->lossy,
             "JPEG of quality %s%d is lossy: its rounding adds noise of up to %.2g of the range to "
             "each sample, which is not white, and is estimated as part of the kernel%s; use the "
             "original where there is one",
             exact ? "" : "about ", quality, picture->lossy_sigma,
             has_smaller_chroma(info) ? ", and colours have a lower resolution (--channels luma)"
                                      : "");
}

/* ------------------------------------------------------------------------------------------- */

static ckn_code allocate(jpeg_reader *reader, ckn_error *error) {
    const struct jpeg_decompress_struct *info = &reader->info;
    size_t channels = info->jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
    CKN_TRY(ckn_picture_create(reader->picture, info->image_height, info->image_width, channels,
                               false, CKN_SAMPLE_U8, error));
    return ckn_allocate(&reader->row, info->image_width, channels, "a row of a JPEG file", error);
}

static ckn_code read_image(jpeg_reader *reader, ckn_error *error) {
    CKN_TRY(run(reader, step_read_header, error));
    CKN_TRY(check_header(reader, error));
    ckn_code code = allocate(reader, error);
    if (code != CKN_OK)
        return error ? ckn_fail_prefix(error, "%s", reader->input->path) : code;
    note_losses(reader);
    CKN_TRY(run(reader, step_read_rows, error));
    ckn_jpeg_markers_note(&reader->markers, reader->picture);
    return CKN_OK;
}

ckn_code ckn_jpeg_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    jpeg_reader reader = {.input = input, .picture = picture};
    memset(picture, 0, sizeof *picture);
    ckn_jpeg_job_init(&reader.job);
    reader.info.err = &reader.job.manager;
    ckn_code code = read_image(&reader, error);
    jpeg_destroy_decompress(&reader.info);
    free(reader.row);
    if (code != CKN_OK)
        ckn_picture_release(picture);
    return code;
}
