#include "io/png_file.h"

#include "base/memory.h"
#include "base/view.h"
#include "io/png_color.h"
#include "io/png_job.h"

#include <stdlib.h>
#include <string.h>

/* Deflate makes at most 258 bytes of 2 bits. */
static const double most_expansion = 1032;

typedef struct png_reader {
    ckn_png_job job;
    ckn_input *input;
    ckn_picture *picture;
    ckn_png_color color;
    size_t row_bytes;
    size_t channels;        /* in a row after libpng's transformations, alpha included */
    size_t depth;           /* bits a sample after libpng's transformations: 8 or 16 */
    int passes;             /* 7 where interlaced, else 1 */
    unsigned char *samples; /* the whole image where interlaced, else one row */
} png_reader;

/* The parts of the announcement that decide about memory, before any of it is spent. */
typedef struct png_size {
    uint64_t cols, rows, bits_a_pixel;
    size_t planes; /* that become of it */
} png_size;

static void step_read_header(ckn_png_job *job, void *user) {
    png_reader *reader = user;
    png_set_crc_action(job->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
#ifdef PNG_HANDLE_AS_UNKNOWN_SUPPORTED
    /* libpng parses only IHDR, PLTE, tRNS, IDAT and IEND: text and profiles change no sample, and
     * what is not parsed cannot go wrong. Those that tell about colours are looked at here. */
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    ckn_png_color_watch(job->png, &reader->color);
#else
    (void)reader;
#endif
    png_read_info(job->png, job->info);
}

static void step_transform(ckn_png_job *job, void *user) {
    png_reader *reader = user;
    png_set_expand(job->png);
    reader->passes = png_set_interlace_handling(job->png);
    png_read_update_info(job->png, job->info);
    reader->row_bytes = png_get_rowbytes(job->png, job->info);
    reader->channels = png_get_channels(job->png, job->info);
    reader->depth = png_get_bit_depth(job->png, job->info);
}

static float sample_at(const unsigned char *row, size_t index, size_t depth) {
    if (depth == 16)
        return (float)((row[2 * index] << 8 | row[2 * index + 1]) / 65535.0);
    return (float)(row[index] / 255.0);
}

static void store_row(const png_reader *reader, const unsigned char *row, size_t index) {
    const ckn_picture *picture = reader->picture;
    size_t plane_size = picture->rows * picture->cols;
    for (size_t channel = 0; channel < reader->channels; channel++) {
        float *plane = (float *)picture->data + channel * plane_size + index * picture->cols;
        for (size_t col = 0; col < picture->cols; col++)
            plane[col] = sample_at(row, col * reader->channels + channel, reader->depth);
    }
}

static void step_read_rows(ckn_png_job *job, void *user) {
    const png_reader *reader = user;
    for (int pass = 0; pass < reader->passes; pass++) {
        for (size_t row = 0; row < reader->picture->rows; row++) {
            /* Each pass of an interlaced image adds pixels to what the row holds already. */
            size_t offset = reader->passes > 1 ? row * reader->row_bytes : 0;
            png_read_row(job->png, reader->samples + offset, NULL);
            if (pass + 1 == reader->passes)
                store_row(reader, reader->samples + offset, row);
        }
    }
    png_read_end(job->png, NULL);
}

static ckn_code run(png_reader *reader, void (*step)(ckn_png_job *, void *), ckn_error *error) {
    if (ckn_png_job_guard(&reader->job, step, reader))
        return CKN_OK;
    return ckn_fail(error, CKN_ERROR_FILE, "%s: cannot be read as PNG: %s", reader->input->path,
                    reader->job.message);
}

/* Refuses what the file cannot hold, and what is too large: an announcement must not decide how
 * much memory is taken, here or by libpng, which allocates rows as soon as it is told to transform
 * them. */
static ckn_code check_size(const ckn_input *input, png_size size, ckn_error *error) {
    const ckn_announcement announced = {size.cols, size.rows, size.planes, sizeof(float)};
    const uint64_t row_bytes = (size.cols * size.bits_a_pixel + 7) / 8;
    /* Up to 2^65: too large for integers. */
    if ((double)row_bytes * (double)size.rows > most_expansion * (double)input->size)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: is truncated or damaged: it announces %llu x %llu pixels, which %llu "
                        "bytes cannot hold",
                        input->path, (unsigned long long)size.cols, (unsigned long long)size.rows,
                        (unsigned long long)input->size);
    return ckn_read_limit_check(&input->limits, input->path, announced, error);
}

/* A palette becomes RGB, and a transparent colour an alpha channel. */
static png_size announced_size(const ckn_png_job *job) {
    const size_t channels = png_get_channels(job->png, job->info);
    const bool palette = png_get_color_type(job->png, job->info) == PNG_COLOR_TYPE_PALETTE;
    const bool keyed = png_get_valid(job->png, job->info, PNG_INFO_tRNS) != 0;
    return (png_size){png_get_image_width(job->png, job->info),
                      png_get_image_height(job->png, job->info),
                      (uint64_t)png_get_bit_depth(job->png, job->info) * channels,
                      (palette ? 3 : channels) + keyed};
}

static ckn_code allocate(png_reader *reader, png_size size, ckn_error *error) {
    size_t rows = (size_t)size.rows;
    bool has_alpha = reader->channels == 2 || reader->channels == 4;
    CKN_TRY(ckn_picture_create(reader->picture, rows, (size_t)size.cols,
                               reader->channels - has_alpha, has_alpha,
                               reader->depth == 16 ? CKN_SAMPLE_U16 : CKN_SAMPLE_U8, error));
    return ckn_allocate(&reader->samples, reader->passes > 1 ? rows : 1, reader->row_bytes,
                        "the samples of a PNG file", error);
}

static ckn_code read_image(png_reader *reader, ckn_error *error) {
    CKN_TRY(run(reader, step_read_header, error));
    png_size size = announced_size(&reader->job);
    CKN_TRY(check_size(reader->input, size, error));
    CKN_TRY(run(reader, step_transform, error));
    ckn_code code = allocate(reader, size, error);
    if (code != CKN_OK)
        return error ? ckn_fail_prefix(error, "%s", reader->input->path) : code;
    CKN_TRY(run(reader, step_read_rows, error));
    ckn_png_color_note(&reader->color, reader->picture);
    return CKN_OK;
}

ckn_code ckn_png_read(ckn_input *input, ckn_picture *picture, ckn_error *error) {
    png_reader reader = {.input = input, .picture = picture};
    memset(picture, 0, sizeof *picture);
    CKN_TRY(ckn_png_job_create(&reader.job, input->stream, false, error));
    ckn_code code = read_image(&reader, error);
    free(reader.samples);
    ckn_png_job_destroy(&reader.job);
    if (code != CKN_OK)
        ckn_picture_release(picture);
    return code;
}
