/* A sharp and a blurred picture, read, checked and cut to what the estimate needs. */
#ifndef CKN_CLI_PAIR_H
#define CKN_CLI_PAIR_H

#include "cli/channels.h"
#include "cli/mask_options.h"
#include "cli/session.h"

/* The options that `estimate` and `compare` share. */
typedef struct ckn_cli_pair_options {
    ckn_cli_words files; /* SHARP, BLURRED, SHARP, BLURRED, ... */
    ckn_shape kernel;    /* 0 x 0: to be found; see ckn_cli_pair_place() */
    bool cuts;           /* pairs are cut to the kernel later: valid ones may be too large for it */
    int channels;        /* a ckn_channels */
    bool linear;
    ckn_cli_region roi;
    ckn_cli_mask_options masks; /* all zero: none */
} ckn_cli_pair_options;

/* Why samples of a plane are left out (masks.h); all NULL where none are. */
typedef struct ckn_cli_plane_mask {
    unsigned char *sharp, *blurred;          /* reasons: of the planes before they were cut */
    double *base;                            /* of --weights, likewise of BLURRED; NULL: all 1 */
    double *sharp_weights, *blurred_weights; /* of both: 0 where there is a reason */
    unsigned char *marks;                    /* reasons of the valid part */
} ckn_cli_plane_mask;

typedef struct ckn_cli_pair {
    const char *sharp_path, *blurred_path;
    ckn_read_limits limits; /* of what is read next: the pictures before it count */
    ckn_picture sharp, blurred;
    double *luma_sharp, *luma_blurred;        /* NULL where not needed */
    ckn_pair planes[3];                       /* views of the above, as the library takes them */
    ckn_pair open[3];                         /* the same before they were cut to a kernel */
    ckn_cli_region sharp_region, open_region; /* of these, in the pictures */
    ptrdiff_t row_shift, col_shift;           /* where the kernel's middle lies in them */
    ckn_view valid[3];                        /* the valid part of each blurred plane, to look at */
    size_t count;                             /* of planes */
    const char *channels;                     /* "grey", "luma", "joint", "R", "G" or "B" */
    bool mixed;                               /* a grey picture and a colour one */
    ckn_grey grey;                            /* that luma is */
    bool same;                                /* BLURRED is as large as SHARP */
    bool whole;                               /* and all of it is used, not its valid part only */
    bool constant;                            /* SHARP has one value throughout */
    bool clipped;                             /* clipping leaves out samples, or may do so */
    ckn_cli_plane_mask masks[3];              /* of each plane */
    char alpha_mask[160];                     /* a file of masks or weights that has alpha */
} ckn_cli_pair;

/* Reads the files sharp_path and blurred_path of an otherwise zeroed pair, which is number `index`;
 * `periodic` keeps the whole of a BLURRED that is as large as SHARP. Messages name the file, and
 * positions are those in the file. Release with ckn_cli_pair_release(), also after a failure. */
ckn_code ckn_cli_pair_read(ckn_cli_session *session, const ckn_cli_pair_options *options,
                           size_t index, bool periodic, ckn_cli_pair *pair, ckn_error *error);
void ckn_cli_pair_release(ckn_cli_pair *pair);

/* The channels first .. last of a picture of the pair that a plane is made of. */
void ckn_cli_pair_channels(const ckn_cli_pair *pair, const ckn_picture *picture, size_t plane,
                           size_t *first, size_t *last);

/* Cuts the planes to a kernel of this size, displaced by row_shift and col_shift; not needed where
 * the options had the size and there is no shift. A pair that is used as a whole is not cut. */
ckn_code ckn_cli_pair_place(ckn_cli_pair *pair, ckn_shape kernel, ptrdiff_t row_shift,
                            ptrdiff_t col_shift, ckn_error *error);

/* The table line of a kernel's size that must be given. */
#define CKN_CLI_KERNEL_SIZE_LINE(STRUCT, MEMBER)                                                   \
    {                                                                                              \
        .name = "kernel-size", .letter = 'k', .argument = "N|WxH", .type = CKN_CLI_SHAPE,          \
        .target = offsetof(STRUCT, MEMBER.kernel),                                                 \
        .help = "size of the kernel, a side or width x height; required"                           \
    }

/* The table lines of these options, for a STRUCT with a MEMBER of this type. */
#define CKN_CLI_PAIR_OPTION_LINES(STRUCT, MEMBER)                                                  \
    {.name = "channels",                                                                           \
     .argument = CKN_CHANNELS_WORDS,                                                               \
     .type = CKN_CLI_CHOICE,                                                                       \
     .target = offsetof(STRUCT, MEMBER.channels),                                                  \
     .help = "of colour pictures: Rec. 709 luma, one kernel for all channels (joint, the "         \
             "default), or one channel; grey against colour compares luma"},                       \
        {.name = "linear",                                                                         \
         .type = CKN_CLI_FLAG,                                                                     \
         .target = offsetof(STRUCT, MEMBER.linear),                                                \
         .help = "decode sRGB to linear light first"},                                             \
    {                                                                                              \
        .name = "roi", .argument = "X,Y,WxH", .type = CKN_CLI_REGION,                              \
        .target = offsetof(STRUCT, MEMBER.roi),                                                    \
        .help = "use this rectangle of each SHARP only (pixels from the top left corner), and "    \
                "what corresponds to it in its BLURRED"                                            \
    }

#endif
