/* The least-squares problem on a device: pairs of images and one kernel.
 *
 *   minimise over h:  1/2 sum over pairs and the valid support of (h * x - y)^2
 */
#ifndef CKN_STATISTICS_PROBLEM_H
#define CKN_STATISTICS_PROBLEM_H

#include "backend/backend.h"

/* Of a background: 1, row, column. */
enum { CKN_MOST_TERMS = 3 };

typedef struct ckn_problem_pair {
    ckn_shape x_shape;
    ckn_shape y_shape; /* the valid support, P x Q */
    bool same;         /* the caller's y has x's size and is cropped on upload */
    ckn_buffer *x, *y; /* y is NULL in a problem without blurred images */
    ckn_buffer *r;     /* h * x - y, as the operator left it last */
    /* Coefficients of the background's terms (terms.h), in the problem's units; 0 until they are
     * known. */
    double background[CKN_MOST_TERMS];
    double gain; /* x is uploaded times this */
    /* Of the windows (weights.h). */
    double *weights;  /* P x Q numbers on the host; NULL: all 1 */
    size_t used;      /* windows with a weight above 0, */
    size_t uneven;    /* and those whose weight is not 1 */
    ckn_buffer *root; /* the roots of the weights on the device; NULL until needed */
    size_t root_weighing;
} ckn_problem_pair;

/* Devices store float32, whose squares under- and overflow long before the images do, and which
 * has no digits left for detail on a large pedestal. Images far from 1 are therefore uploaded as
 *   x' = x_scale (x - x_shift),   y' = y_scale (y - y_shift),   scales that are powers of two,
 * and the problem is solved for h' = h y_scale / x_scale; x' is times the pair's gain, too. Shifts
 * are exact where a background takes up what they leave, and where sum h = 1, if they are the same.
 * On the simplex both scales are. */
typedef struct ckn_problem_units {
    double x_scale, y_scale, x_shift, y_shift;
} ckn_problem_units;

struct ckn_equations_state; /* statistics.c */

typedef struct ckn_problem {
    ckn_backend *backend;
    ckn_shape kernel;
    ckn_buffer *h;       /* the kernel, on the images' device */
    ckn_prior prior;     /* quadratic; this and lambda are set before the first upload */
    double lambda;       /* its weight, relative to the mean of diag(X'X) */
    size_t memory_limit; /* bytes for the statistics; 0: half of the machine's */
    /* What to fit beside the kernel, and whether weights will change after an upload; set before
     * the first one. */
    ckn_background background;
    bool reweighable;
    size_t gains; /* that are fitted; 0: none are, and pairs' gains are 1 */
    size_t pair_count;
    ckn_problem_pair *pairs;
    ckn_problem_units units; /* of what was uploaded last */
    bool fits_pedestal;      /* of those images: an AUTO background is CONSTANT, as units say */
    double largest_y;        /* max |y| over the valid support, in the caller's units */
    size_t uploads;          /* so far: tells what was derived from older images, */
    size_t weighings;        /* or from older weights */
    double largest_weight;
    struct ckn_equations_state *statistics; /* NULL until they are prepared */
} ckn_problem;

/* Allocates device memory for pairs of these sizes. Of `pairs` only sizes are used; a pair without
 * blurred data makes a problem for convolution alone (y stays NULL). */
ckn_code ckn_problem_create(ckn_backend *backend, ckn_shape kernel, const ckn_pair *pairs,
                            size_t pair_count, ckn_problem **problem, ckn_error *error);
void ckn_problem_destroy(ckn_problem *problem); /* NULL allowed */

/* Takes the weights of the pairs over, and refuses pairs that differ from the plan's sizes, hold
 * NaN or infinity where they are not masked, or do not determine a kernel because every sharp image
 * is constant. Chooses the units of the upload; `sum_is_one` says that the kernel is sought on the
 * simplex. */
ckn_code ckn_problem_examine(ckn_problem *problem, const ckn_pair *pairs, size_t pair_count,
                             bool sum_is_one, ckn_error *error);
ckn_code ckn_problem_upload(ckn_problem *problem, const ckn_pair *pairs, ckn_error *error);

/* buffer = scale (view - shift), in the units of a problem. */
ckn_code ckn_problem_upload_view(ckn_backend *backend, ckn_buffer *buffer, const ckn_view *view,
                                 double scale, double shift, ckn_error *error);
/* output = factor output + shift, back to the caller's units. */
void ckn_problem_restore(const ckn_output *output, double factor, double shift);

/* The part of a view of the blurred image's size that belongs to the valid support. */
ckn_view ckn_problem_valid_part(const ckn_problem *problem, size_t index, const ckn_view *view);

/* A plane of every pair, for ckn_problem_sum_squares(). */
typedef enum ckn_problem_plane { CKN_PLANE_X = 0, CKN_PLANE_Y, CKN_PLANE_R } ckn_problem_plane;

/* *sum = the sum of squares of this plane over all pairs, in the problem's units. */
ckn_code ckn_problem_sum_squares(const ckn_problem *problem, ckn_problem_plane plane, double *sum,
                                 ckn_error *error);

/* buffer (buffer_shape) from `at` on, to shape.rows x shape.cols numbers on the host. */
ckn_code ckn_problem_download(const ckn_problem *problem, const ckn_buffer *buffer,
                              ckn_shape buffer_shape, ckn_shape at, ckn_shape shape, double *out,
                              ckn_error *error);

/* Number of samples in the valid support of all pairs, of those that are not masked, and of taps.
 */
size_t ckn_problem_count(const ckn_problem *problem);
size_t ckn_problem_used(const ckn_problem *problem);
size_t ckn_problem_taps(const ckn_problem *problem);
/* Whether any pair has weights. */
bool ckn_problem_is_weighted(const ckn_problem *problem);

#endif
