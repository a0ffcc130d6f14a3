/* The options that say which samples count: masks, weights, saturation, NaN. */
#ifndef CKN_CLI_MASK_OPTIONS_H
#define CKN_CLI_MASK_OPTIONS_H

#include "cli/options.h"

typedef enum ckn_cli_saturation {
    CKN_CLI_SATURATION_NONE = 0,
    CKN_CLI_SATURATION_AUTO, /* where it is clear that BLURRED is clipped */
    CKN_CLI_SATURATION_GIVEN /* samples <= low or >= high */
} ckn_cli_saturation;

typedef struct ckn_cli_mask_options {
    const char *mask, *mask_sharp, *weights; /* a file for all pairs or, by commas, one for each */
    const char *saturation_words;            /* NULL: auto */
    int nan;                                 /* 1: NaN and infinity are masked */
    bool robust;
    /* What saturation_words come to; by ckn_cli_mask_options_check(). */
    ckn_cli_saturation saturation;
    double low, high;
} ckn_cli_mask_options;

/* Refuses lists that are not for this number of pairs, and words that are no saturation. */
ckn_code ckn_cli_mask_options_check(ckn_cli_mask_options *options, size_t pair_count,
                                    ckn_error *error);
/* Whether files or NaN mask anything. */
bool ckn_cli_mask_options_given(const ckn_cli_mask_options *options);
/* The name for pair `index` in a list (to be freed); NULL where the list is NULL, or memory is
 * exhausted. */
char *ckn_cli_mask_path(const char *list, size_t index);

/* The table lines of these options, for a STRUCT with a MEMBER of this type. */
#define CKN_CLI_MASK_OPTION_LINES(STRUCT, MEMBER)                                                  \
    {.name = "mask",                                                                               \
     .argument = "FILE",                                                                           \
     .type = CKN_CLI_TEXT,                                                                         \
     .target = offsetof(STRUCT, MEMBER.mask),                                                      \
     .help = "a picture of BLURRED's size whose zeros mark samples to leave out; with several "    \
             "pairs one for all, or one for each, separated by commas"},                           \
        {.name = "mask-sharp",                                                                     \
         .argument = "FILE",                                                                       \
         .type = CKN_CLI_TEXT,                                                                     \
         .target = offsetof(STRUCT, MEMBER.mask_sharp),                                            \
         .help = "the same of SHARP: every sample of BLURRED that sees one is left out"},          \
        {.name = "weights",                                                                        \
         .argument = "FILE",                                                                       \
         .type = CKN_CLI_TEXT,                                                                     \
         .target = offsetof(STRUCT, MEMBER.weights),                                               \
         .help = "a picture of BLURRED's size with inverse variances, up to a factor"},            \
        {.name = "saturation",                                                                     \
         .argument = "auto|none|LOW,HIGH",                                                         \
         .type = CKN_CLI_TEXT,                                                                     \
         .target = offsetof(STRUCT, MEMBER.saturation_words),                                      \
         .help =                                                                                   \
             "leave out samples <= LOW or >= HIGH of both pictures, what comes near these "        \
             "limits, and what sees them: in the file's own units (codes of integers; up to 1, "   \
             "parts of their range), none for an open end; auto (the default) finds the limits "   \
             "of pictures that are clearly clipped, and keeps enough"},                            \
        {.name = "nan",                                                                            \
         .argument = "error|mask",                                                                 \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.nan),                                                   \
         .help = "NaN and infinite samples: an error (the default), or left out"},                 \
    {                                                                                              \
        .name = "robust", .type = CKN_CLI_FLAG, .target = offsetof(STRUCT, MEMBER.robust),         \
        .help = "find samples of BLURRED that are no noise, such as moving objects and cosmic "    \
                "rays, and leave them out: Huber's estimate, then four-sigma clipping"             \
    }

#endif
