/* The rectangle of taps that pairs give reason for, sought on the statistics of one generous frame.
 *
 * A trial frame is a rectangle inside the generous one, on the same windows. Its least-squares fit
 * tells the noise; a criterion on its statistics (rectangle_search.h) tells which of its taps are
 * worth having; and where those reach its border, the next trial frame is larger there. The images
 * are visited again only where the kernel leaves the generous frame.
 */
#ifndef CKN_IDENTIFY_FRAME_SEARCH_H
#define CKN_IDENTIFY_FRAME_SEARCH_H

#include "identify/rectangle_search.h"
#include "statistics/frame_sums.h"

typedef struct ckn_frame_search {
    /* Set by the caller, and kept alive until the release. */
    ckn_backend *backend;
    const ckn_pair *pairs; /* before any cut */
    size_t pair_count;
    ckn_support_options options;
    ptrdiff_t row_offset, col_offset; /* where to begin */
    bool has_plane; /* BLURRED's background is fitted with slopes, not as a constant alone */
    double noise;   /* standard deviation of a sample of BLURRED by itself; 0: not known */
    double seconds; /* a frame that is predicted to take longer is not tried; 0: no limit */
    size_t samples_per_tap; /* at least, where some samples are left out; 0: 3 */
    /* Found. */
    ckn_support_result result;
    bool shortened; /* a larger frame was not tried, or not taken, as it costs more than it gains */
    ckn_frame_sums *sums; /* of the last generous frame */
} ckn_frame_search;

/* The longest side that a kernel may have: the option's, or the default for 0. */
size_t ckn_support_largest_side(const ckn_support_options *options);
/* The first frame that will be tried. */
ckn_frame ckn_frame_search_first(const ckn_frame_search *search);
/* Finds the support; search->result and search->sums receive it. */
ckn_code ckn_frame_search_run(ckn_frame_search *search, ckn_error *error);
void ckn_frame_search_release(ckn_frame_search *search);

/* Whether the windows of the generous frame are enough for `frame`. */
bool ckn_frame_search_has_samples(const ckn_frame_search *search, const ckn_frame *frame);

/* `frame` with up to `margin` more lines of taps on each side, within the generous frame. */
ckn_frame ckn_frame_search_widen(const ckn_frame_search *search, const ckn_frame *frame,
                                 ckn_shape margin);

#endif
