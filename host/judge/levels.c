#include "judge/evidence.h"

#include <math.h>

size_t ckn_judge_count_levels(const ckn_judge_samples *samples) {
    double values[CKN_JUDGE_MOST_LEVELS];
    size_t count = 0;
    for (size_t n = 0; n < samples->count; n++) {
        const ckn_judge_plane *p = &samples->planes[n];
        for (size_t i = 0; i < ckn_judge_size(samples); i++) {
            size_t at = 0;
            if (p->w[i] == 0)
                continue;
            while (at < count && values[at] != p->y[i])
                at++;
            if (at < count)
                continue;
            if (count == CKN_JUDGE_MOST_LEVELS)
                return 0;
            values[count++] = p->y[i];
        }
    }
    return count;
}

/* Largest difference between two planes, of samples that count in both. */
static double difference(const ckn_judge_samples *samples, const double *a, const double *b) {
    const double *wa = samples->planes[0].w, *wb = samples->planes[1].w;
    double most = 0;
    for (size_t i = 0; i < ckn_judge_size(samples); i++)
        most = fmax(most, wa[i] * wb[i] * fabs(a[i] - b[i]));
    return most;
}

bool ckn_judge_is_grey_copy(const ckn_judge_samples *samples) {
    const ckn_judge_plane *p = samples->planes;
    if (samples->count != 3)
        return false;
    const double grey =
        fmax(difference(samples, p[0].y, p[1].y), difference(samples, p[1].y, p[2].y));
    const double colour =
        fmax(difference(samples, p[0].s, p[1].s), difference(samples, p[1].s, p[2].s));
    return colour > 0 && grey <= 0.01 * colour;
}

/* One plane: BLURRED's sample p lies on SHARP's p + (k-1) - tap, tap being the one of displacement
 * 0. */
static bool is_copy(const ckn_verdict_job *job, const ckn_verdict_plane *plane) {
    const ptrdiff_t rows = (ptrdiff_t)job->kernel.rows, cols = (ptrdiff_t)job->kernel.cols;
    const ptrdiff_t down = rows - 1 - (rows - 1) / 2 + job->frame.row_offset;
    const ptrdiff_t right = cols - 1 - (cols - 1) / 2 + job->frame.col_offset;
    if (down < 0 || right < 0 || down >= rows || right >= cols)
        return false;
    for (size_t row = 0; row < plane->blurred.rows; row++) {
        for (size_t col = 0; col < plane->blurred.cols; col++) {
            if (plane->weights.data && !(ckn_view_at(&plane->weights, row, col) > 0))
                continue;
            if (ckn_view_at(&plane->blurred, row, col) !=
                ckn_view_at(&plane->sharp, row + (size_t)down, col + (size_t)right))
                return false;
        }
    }
    return true;
}

bool ckn_judge_is_identical(const ckn_verdict_job *job) {
    for (size_t i = 0; i < job->plane_count; i++)
        if (!is_copy(job, &job->planes[i]))
            return false;
    return true;
}
