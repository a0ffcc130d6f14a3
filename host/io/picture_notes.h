/* What a file says about itself beside its samples, put into a picture's texts. */
#ifndef CKN_IO_PICTURE_NOTES_H
#define CKN_IO_PICTURE_NOTES_H

#include "io/picture.h"

/* Adds to picture->remark, after "; " where there is one already; what has no room is cut. */
__attribute__((format(printf, 2, 3))) void ckn_picture_remark(ckn_picture *picture,
                                                              const char *format, ...);

/* The orientation tag of EXIF and TIFF, 1 to 8: a remark where it is not 1, the one that the rows
 * have anyway. */
void ckn_picture_note_orientation(ckn_picture *picture, unsigned orientation);
/* Orientation of an EXIF block, which begins with its TIFF header; 0 where it names none. */
unsigned ckn_exif_orientation(const unsigned char *bytes, size_t size);

/* A colour profile by its name, which decides whether it is sRGB's; NULL or "" where it has none.
 */
void ckn_picture_note_profile(ckn_picture *picture, const char *name);
/* The description of an ICC profile (ICC.1, tag 'desc'); false where it cannot be found. */
bool ckn_icc_name(const unsigned char *profile, size_t size, char *name, size_t name_size);

#endif
