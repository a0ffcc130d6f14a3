#include "io/png_color.h"

#include "io/picture_notes.h"

#include <stdio.h>
#include <string.h>

/* Names with their final zeros, as libpng wants them. */
static const png_byte watched[] = "cICP\0iCCP\0sRGB\0gAMA\0eXIf";
enum { WATCHED = sizeof watched / 5 };

/* sRGB's transfer function in ITU-T H.273, and the gamma that PNG gives for it. */
enum { TRANSFER_SRGB = 13, GAMMA_SRGB = 45455, GAMMA_SLACK = 500 };

static bool is(const png_unknown_chunk *chunk, const char *name) {
    return memcmp(chunk->name, name, 4) == 0;
}

/* Never fails: such chunks change no sample. */
static int on_chunk(png_structp png, png_unknown_chunkp chunk) {
    ckn_png_color *color = png_get_user_chunk_ptr(png);
    if (is(chunk, "cICP") && chunk->size == 4) {
        memcpy(color->cicp, chunk->data, 4);
        color->has_cicp = true;
    } else if (is(chunk, "iCCP") && chunk->size > 0 && memchr(chunk->data, 0, chunk->size)) {
        snprintf(color->profile, sizeof color->profile, "%s", (const char *)chunk->data);
        color->has_iccp = true;
    } else if (is(chunk, "sRGB")) {
        color->has_srgb = true;
    } else if (is(chunk, "gAMA") && chunk->size == 4) {
        color->gamma = png_get_uint_32(chunk->data);
        color->has_gama = color->gamma > 0;
    } else if (is(chunk, "eXIf")) {
        color->orientation = ckn_exif_orientation(chunk->data, chunk->size);
    }
    return 1;
}

void ckn_png_color_watch(png_structp png, ckn_png_color *color) {
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, watched, WATCHED);
    png_set_read_user_chunk_fn(png, color, on_chunk);
}

static void note_gamma(const ckn_png_color *color, ckn_picture *picture) {
    double gamma = (double)color->gamma / 1e5;
    if (gamma < 1)
        snprintf(picture->color, sizeof picture->color, "gamma 1/%.3g", 1 / gamma);
    else
        snprintf(picture->color, sizeof picture->color, "gamma %.3g", gamma);
    picture->not_srgb =
        color->gamma < GAMMA_SRGB - GAMMA_SLACK || color->gamma > GAMMA_SRGB + GAMMA_SLACK;
}

void ckn_png_color_note(const ckn_png_color *color, ckn_picture *picture) {
    const unsigned char *cicp = color->cicp;
    ckn_picture_note_orientation(picture, color->orientation);
    if (color->has_cicp) {
        snprintf(picture->color, sizeof picture->color, "cICP %u/%u/%u/%u", cicp[0], cicp[1],
                 cicp[2], cicp[3]);
        picture->not_srgb = cicp[1] != TRANSFER_SRGB;
    } else if (color->has_iccp) {
        ckn_picture_note_profile(picture, color->profile);
    } else if (color->has_srgb) {
        snprintf(picture->color, sizeof picture->color, "sRGB");
    } else if (color->has_gama) {
        note_gamma(color, picture);
    }
}
