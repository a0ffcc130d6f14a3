/* What the chunks of a PNG say about colours and orientation. */
#ifndef CKN_IO_PNG_COLOR_H
#define CKN_IO_PNG_COLOR_H

#include "io/picture.h"

#include <png.h>

typedef struct ckn_png_color {
    bool has_cicp, has_iccp, has_srgb, has_gama;
    unsigned char cicp[4];
    char profile[80];     /* the name of the ICC profile */
    unsigned long gamma;  /* times 100000 */
    unsigned orientation; /* of EXIF; 0: none */
} ckn_png_color;

/* Has the chunks cICP, iCCP, sRGB, gAMA and eXIf collected in `color`, which must outlive the
 * reading. What is malformed counts as not there. */
void ckn_png_color_watch(png_structp png, ckn_png_color *color);
/* Puts into the picture what was found: of several that of the highest rank (PNG, third edition:
 * cICP, iCCP, sRGB, gAMA). */
void ckn_png_color_note(const ckn_png_color *color, ckn_picture *picture);

#endif
