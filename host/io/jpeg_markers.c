#include "io/jpeg_markers.h"

#include "io/picture_notes.h"

#include <string.h>

static const char exif[] = "Exif\0"; /* with its final zero: two of them */
static const char icc[] = "ICC_PROFILE";

void ckn_jpeg_markers_take(ckn_jpeg_markers *markers, const unsigned char *data, size_t size) {
    if (size > sizeof exif && memcmp(data, exif, sizeof exif) == 0) {
        if (markers->orientation == 0)
            markers->orientation = ckn_exif_orientation(data + sizeof exif, size - sizeof exif);
    } else if (size > sizeof icc + 2 && memcmp(data, icc, sizeof icc) == 0 &&
               data[sizeof icc] == 1) {
        /* Two bytes number the parts of the profile; its description stands in the first. */
        markers->profile[0] = '\0';
        ckn_icc_name(data + sizeof icc + 2, size - sizeof icc - 2, markers->profile,
                     sizeof markers->profile);
        markers->has_profile = true;
    }
}

void ckn_jpeg_markers_note(const ckn_jpeg_markers *markers, ckn_picture *picture) {
    ckn_picture_note_orientation(picture, markers->orientation);
    if (markers->has_profile)
        ckn_picture_note_profile(picture, markers->profile);
}
