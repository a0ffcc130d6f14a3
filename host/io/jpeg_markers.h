/* What the EXIF and ICC markers of a JPEG say. */
#ifndef CKN_IO_JPEG_MARKERS_H
#define CKN_IO_JPEG_MARKERS_H

#include "io/picture.h"

typedef struct ckn_jpeg_markers {
    unsigned orientation; /* of the first EXIF that has one; 0: none */
    bool has_profile;
    char profile[64]; /* its name */
} ckn_jpeg_markers;

/* The contents of a marker APP1 or APP2; what they mean is kept, not they. */
void ckn_jpeg_markers_take(ckn_jpeg_markers *markers, const unsigned char *data, size_t size);
/* Puts into the picture what was found. */
void ckn_jpeg_markers_note(const ckn_jpeg_markers *markers, ckn_picture *picture);

#endif
