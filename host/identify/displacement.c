/* The displacements of the pairs, as the pictures show them. */
#include "identify/identification.h"
#include "statistics/pair_cut.h"

#include <math.h>

/* Pairs share one kernel: where their displacements differ by less, it is left to that. */
static const double least_difference = 1.5;

static size_t picture_of(const ckn_identification *job, size_t pair) {
    return job->options->pictures ? job->options->pictures[pair] : pair;
}

/* Of three planes the second one: green has most of the light. */
static size_t plane_to_look_at(const ckn_identification *job, size_t first) {
    const bool colour =
        first + 2 < job->pair_count && picture_of(job, first + 2) == picture_of(job, first);
    return colour ? first + 1 : first;
}

/* Pairs that are refused stay as they are; what is wrong with them the estimate says better. */
static ckn_code find_shift(const ckn_identification *job, size_t pair, ckn_shift *shift,
                           ckn_error *error) {
    const ckn_pair *own = &job->pairs[pair];
    *shift = (ckn_shift){.found = 0};
    if (!ckn_shape_equal(ckn_view_shape(&own->sharp), ckn_view_shape(&own->blurred)))
        return CKN_OK;
    ckn_error reason;
    ckn_code code = ckn_shift_find(job->context->backend, own, shift, &reason);
    if (code == CKN_OK)
        return CKN_OK;
    *shift = (ckn_shift){.found = 0};
    const bool refused = code == CKN_ERROR_ARGUMENT || code == CKN_ERROR_DATA ||
                         code == CKN_ERROR_UNSUPPORTED; /* no FFTW in this build */
    return refused ? CKN_OK : ckn_fail(error, code, "%s", reason.message);
}

/* A displacement of its own is that of all planes of a picture. */
static ckn_code displace(ckn_identification *job, size_t first, ptrdiff_t row, ptrdiff_t col,
                         ckn_error *error) {
    const ckn_frame point = {1, 1, row, col};
    for (size_t i = first; i < job->pair_count && picture_of(job, i) == picture_of(job, first);
         i++) {
        CKN_TRY(ckn_pair_cut(&job->pairs[i], &point, &job->pairs[i], error));
        job->answer->frames[i].row_offset = row;
        job->answer->frames[i].col_offset = col;
    }
    return CKN_OK;
}

ckn_code ckn_identify_find_shifts(ckn_identification *job, ckn_shift *first, ckn_error *error) {
    *first = (ckn_shift){.found = 0};
    for (size_t i = 0; i < job->pair_count; i++) {
        ckn_shift own;
        if (i > 0 && picture_of(job, i) == picture_of(job, i - 1))
            continue;
        CKN_TRY(ckn_identify_report(job, CKN_PHASE_SHIFT, i, job->pair_count, error));
        CKN_TRY(find_shift(job, plane_to_look_at(job, i), &own, error));
        if (i == 0)
            *first = own;
        else if (own.found && first->found &&
                 (fabs(own.row - first->row) >= least_difference ||
                  fabs(own.col - first->col) >= least_difference))
            CKN_TRY(displace(job, i, (ptrdiff_t)lround(own.row - first->row),
                             (ptrdiff_t)lround(own.col - first->col), error));
    }
    return CKN_OK;
}
