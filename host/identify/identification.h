/* The whole job while it runs: what was asked, where the kernel lies, and the answer that grows.
 *
 *   inspect  what is clipped
 *   place    displacement and frame, on the statistics of a generous frame
 *   model    sign, prior and weight, and how far the frame reaches into the noise
 *   exclude  what a first model says of clipping
 *   fit      the final windows of that frame
 *   judge    standard errors, named kernels, what the residual says
 */
#ifndef CKN_IDENTIFY_IDENTIFICATION_H
#define CKN_IDENTIFY_IDENTIFICATION_H

#include "backend/context.h"
#include "estimate/shift.h"
#include "identify/frame_search.h"

struct ckn_answer {
    ckn_identified identified;
    double *kernel, *errors; /* as they are given out */
    ckn_estimate_result *runs;
    ckn_pair *pairs;
    double **weights; /* of the fitted part of every pair's BLURRED; NULL where all count alike */
    ckn_pair_fit *fits;
    ckn_frame *frames; /* row and column offsets: of each pair's own displacement, until laid out */
    ckn_view *models;
    double **planes; /* of the models */
    ckn_clipped *clipped;
    unsigned char **reasons; /* of the fitted samples of every pair */
    ckn_trial *trials;
    ckn_family_fit families[CKN_FAMILY_COUNT];
    ckn_residual_quality quality;
    ckn_verdict verdict;
    char no_errors[256], no_tap_errors[1024], no_families[256];
};

/* Samples that a robust fit leaves out, as weights of their own. */
typedef struct ckn_outliers ckn_outliers;

/* *outliers is to be destroyed after a failure, too. */
ckn_code ckn_outliers_create(const ckn_pair *pairs, size_t pair_count, ckn_outliers **outliers,
                             ckn_error *error);
void ckn_outliers_destroy(ckn_outliers *outliers); /* NULL allowed */
/* Fits `pairs`, of which the outliers were created, on this frame, and masks what is no noise. */
ckn_code ckn_outliers_find(ckn_outliers *outliers, ckn_context *context, const ckn_pair *pairs,
                           const ckn_estimate_options *options, const ckn_frame *frame,
                           ckn_error *error);
/* The pairs without them. */
const ckn_pair *ckn_outliers_pairs(const ckn_outliers *outliers);

typedef struct ckn_identification {
    ckn_context *context;
    const ckn_identify_options *options;
    ckn_estimate_options estimate; /* as far as it is decided */
    size_t pair_count;
    const ckn_pair *given;
    ckn_pair *pairs;     /* each by its own displacement relative to the first one, without what is
                          * clipped */
    ckn_pair *looked_at; /* of them, what tells where the kernel lies */
    struct ckn_clipping *clipping; /* NULL: not looked for */
    ckn_frame frame;               /* of the taps to fit, on these */
    bool is_sought;                /* the size was left to the data */
    ckn_frame_search search;       /* its sums are those of a frame about the kernel; NULL: none */
    ckn_outliers *outliers;        /* that the search leaves out; NULL: none */
    struct ckn_selection *selection; /* that was made for the frame; NULL: the fit makes its own */
    double *h;                       /* the kernel of the frame */
    ckn_answer *answer;
} ckn_identification;

/* Calls the caller's progress function; CKN_ERROR_CANCELLED where it asks to stop. */
ckn_code ckn_identify_report(const ckn_identification *job, ckn_phase phase, size_t done,
                             size_t count, ckn_error *error);

/* The frame of pair `index` as it was given: moved by the pair's own displacement. Until the answer
 * is laid out. */
ckn_frame ckn_identify_frame_of_pair(const ckn_identification *job, size_t index);
/* Leaves out what is clipped for certain. */
ckn_code ckn_identify_inspect(ckn_identification *job, ckn_error *error);
/* *first = the displacement of the first picture; the others are moved by what theirs differ. */
ckn_code ckn_identify_find_shifts(ckn_identification *job, ckn_shift *first, ckn_error *error);
/* Decides on the displacements and the frame. */
ckn_code ckn_identify_place(ckn_identification *job, ckn_error *error);
/* Decides on what the estimate leaves open, and on the frame's reach, where its size was sought. */
ckn_code ckn_identify_model(ckn_identification *job, ckn_error *error);
/* *h = the least-squares kernel of the frame, of the pairs' middle where they are large. To be
 * freed. */
ckn_code ckn_identify_rough_kernel(const ckn_identification *job, double **h, ckn_error *error);
/* Decides, by a model of the images, what clipping leaves out. */
ckn_code ckn_identify_exclude(ckn_identification *job, ckn_error *error);
/* Pair `index` as it is fitted. */
ckn_code ckn_identify_cut(const ckn_identification *job, size_t index, ckn_pair *cut,
                          ckn_error *error);
/* Tells it. */
ckn_code ckn_identify_count_clipped(ckn_identification *job, ckn_error *error);
/* Fits the kernel; what is judged with the plan at hand goes to the answer, too. */
ckn_code ckn_identify_fit(ckn_identification *job, ckn_error *error);
/* Named kernels, on statistics of a frame that is wider than the kernel's. */
ckn_code ckn_identify_name(ckn_identification *job, ckn_error *error);
/* The verdict on the pair. */
ckn_code ckn_identify_judge(ckn_identification *job, ckn_error *error);
/* The kernel, its errors and the centres of its families, from the frame to what is given out. */
ckn_code ckn_identify_lay_out(ckn_identification *job, ckn_error *error);

#endif
