#include "io/jpeg_file.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/jpeg_job.h"
#include "io/sample_scale.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { QUALITY = 95, BUFFER = 16384, MOST_COMMENT = 65533 };

typedef struct jpeg_writer {
    ckn_jpeg_job job;
    struct jpeg_compress_struct info;
    struct jpeg_destination_mgr destination;
    FILE *stream;
    const ckn_picture *picture;
    const char *comment;
    unsigned char *row;
    JOCTET buffer[BUFFER];
} jpeg_writer;

static void begin_destination(j_compress_ptr info) {
    jpeg_writer *writer = info->client_data;
    writer->destination.next_output_byte = writer->buffer;
    writer->destination.free_in_buffer = sizeof writer->buffer;
}

static void write_out(jpeg_writer *writer, size_t size) {
    if (fwrite(writer->buffer, 1, size, writer->stream) != size)
        ckn_jpeg_job_fail(&writer->job, strerror(errno));
}

static boolean empty_buffer(j_compress_ptr info) {
    jpeg_writer *writer = info->client_data;
    write_out(writer, sizeof writer->buffer);
    begin_destination(info);
    return TRUE;
}

static void end_destination(j_compress_ptr info) {
    jpeg_writer *writer = info->client_data;
    write_out(writer, sizeof writer->buffer - writer->destination.free_in_buffer);
}

static void encode_row(const jpeg_writer *writer, size_t row) {
    size_t channels = writer->picture->channels;
    for (size_t channel = 0; channel < channels; channel++) {
        ckn_view view = ckn_picture_view(writer->picture, channel);
        for (size_t col = 0; col < view.cols; col++)
            writer->row[col * channels + channel] =
                (unsigned char)ckn_sample_round(ckn_view_at(&view, row, col), 255);
    }
}

static void step_begin(jpeg_writer *writer) {
    struct jpeg_compress_struct *info = &writer->info;
    const ckn_picture *picture = writer->picture;
    jpeg_create_compress(info);
    info->client_data = writer;
    writer->destination = (struct jpeg_destination_mgr){.init_destination = begin_destination,
                                                        .empty_output_buffer = empty_buffer,
                                                        .term_destination = end_destination};
    info->dest = &writer->destination;
    info->image_width = (JDIMENSION)picture->cols;
    info->image_height = (JDIMENSION)picture->rows;
    info->input_components = (int)picture->channels;
    info->in_color_space = picture->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, QUALITY, TRUE);
    for (int i = 0; i < info->num_components; i++)
        info->comp_info[i].h_samp_factor = info->comp_info[i].v_samp_factor = 1;
}

static void step_write(void *user) {
    jpeg_writer *writer = user;
    step_begin(writer);
    jpeg_start_compress(&writer->info, TRUE);
    size_t length = strlen(writer->comment);
    if (length > 0 && length <= MOST_COMMENT)
        jpeg_write_marker(&writer->info, JPEG_COM, (const JOCTET *)writer->comment,
                          (unsigned)length);
    for (size_t row = 0; row < writer->picture->rows; row++) {
        JSAMPROW samples = writer->row;
        encode_row(writer, row);
        jpeg_write_scanlines(&writer->info, &samples, 1);
    }
    jpeg_finish_compress(&writer->info);
}

static ckn_code check_picture(const ckn_picture *picture, ckn_error *error) {
    if ((picture->channels != 1 && picture->channels != 3) || picture->has_alpha)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "a JPEG file holds 1 or 3 channels without alpha; use .png or .npy");
    if (picture->cols > JPEG_MAX_DIMENSION || picture->rows > JPEG_MAX_DIMENSION)
        return ckn_fail(error, CKN_ERROR_UNSUPPORTED,
                        "an image of %zu x %zu is too large for a JPEG file; use .png or .npy",
                        picture->cols, picture->rows);
    return CKN_OK;
}

ckn_code ckn_jpeg_write(FILE *stream, const ckn_picture *picture, const ckn_metadata *metadata,
                        ckn_error *error) {
    CKN_TRY(check_picture(picture, error));
    jpeg_writer writer = {.stream = stream, .picture = picture};
    char *comment = ckn_metadata_text(metadata);
    if (!comment)
        return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for a comment");
    writer.comment = comment;
    ckn_jpeg_job_init(&writer.job);
    writer.info.err = &writer.job.manager;
    ckn_code code =
        ckn_allocate(&writer.row, picture->cols, picture->channels, "a row of a JPEG file", error);
    if (code == CKN_OK && !ckn_jpeg_job_guard(&writer.job, step_write, &writer))
        code = ckn_fail(error, CKN_ERROR_FILE, "cannot be written: %s", writer.job.message);
    jpeg_destroy_compress(&writer.info);
    free(writer.row);
    free(comment);
    return code;
}
