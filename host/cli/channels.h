/* Which planes of two pictures are compared. */
#ifndef CKN_CLI_CHANNELS_H
#define CKN_CLI_CHANNELS_H

#include "io/picture.h"

/* In the order of the words of --channels. */
#define CKN_CHANNELS_WORDS "luma|joint|R|G|B"
typedef enum ckn_channels {
    CKN_CHANNELS_DEFAULT = -1, /* joint for two colour pictures, else luma or grey */
    CKN_CHANNELS_LUMA = 0,
    CKN_CHANNELS_JOINT,
    CKN_CHANNELS_R,
    CKN_CHANNELS_G,
    CKN_CHANNELS_B
} ckn_channels;

/* sRGB's decoding of one value; what is not positive stays linear. */
double ckn_srgb_to_linear(double value);
/* Decodes the colour planes from sRGB (IEC 61966-2-1) to linear light, in place. */
void ckn_picture_linearise(ckn_picture *picture);

/* The luma 0.2126 R + 0.7152 G + 0.0722 B (the weights of Rec. 709) of a picture with three
 * channels, as a dense plane to be freed with free(). */
ckn_code ckn_picture_luma(const ckn_picture *picture, double **luma, ckn_error *error);

/* What a program may make a grey picture of. */
typedef enum ckn_grey {
    CKN_GREY_REC_709 = 0, /* 0.2126, 0.7152, 0.0722 */
    CKN_GREY_REC_601,     /* 0.299, 0.587, 0.114: Pillow, OpenCV, most programs */
    CKN_GREY_MEAN,        /* 1/3 each */
    CKN_GREYS
} ckn_grey;

/* The grey of a picture with three channels; `luma` as above. */
ckn_code ckn_picture_grey(const ckn_picture *picture, ckn_grey which, double **luma,
                          ckn_error *error);
/* Which of them a grey picture was made of, by the means of blocks, which a blur hardly changes.
 * The middles of both pictures coincide. CKN_GREY_REC_709 where none is clearly nearer. */
ckn_grey ckn_picture_match_grey(const ckn_picture *colour, const ckn_picture *grey);

#endif
