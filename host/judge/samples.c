#include "judge/samples.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The side of the middle that is looked at, for one plane: a megapixel tells enough. */
#define SIDE 1024.0

/* A displacement is taken where it leaves at most this part of what none does. */
#define CLEARLY 0.95

static const char what[] = "a verdict";

static ckn_code allocate(ckn_judge_samples *samples, ckn_error *error) {
    const size_t size = ckn_judge_size(samples);
    const size_t all = (samples->shape.rows + samples->kernel.rows - 1) * ckn_judge_stride(samples);
    for (size_t i = 0; i < samples->count; i++) {
        ckn_judge_plane *plane = &samples->planes[i];
        CKN_TRY(ckn_allocate(&plane->x, all, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&plane->s, size, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&plane->y, size, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&plane->m, size, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&plane->r, size, sizeof(double), what, error));
        CKN_TRY(ckn_allocate(&plane->w, size, sizeof(double), what, error));
    }
    return CKN_OK;
}

void ckn_judge_release(ckn_judge_samples *samples) {
    for (size_t i = 0; i < CKN_JUDGE_PLANES; i++) {
        ckn_judge_plane *plane = &samples->planes[i];
        free(plane->x);
        free(plane->s);
        free(plane->y);
        free(plane->m);
        free(plane->r);
        free(plane->w);
        *plane = (ckn_judge_plane){0};
    }
}

static ckn_code check(const ckn_verdict_job *job, ckn_error *error) {
    if (job->plane_count == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "there is no plane to judge");
    CKN_TRY(ckn_view_check(&job->kernel, "the kernel", error));
    for (size_t i = 0; i < job->plane_count; i++) {
        const ckn_verdict_plane *plane = &job->planes[i];
        CKN_TRY(ckn_view_check(&plane->sharp, "the sharp image", error));
        CKN_TRY(ckn_view_check(&plane->blurred, "the blurred image", error));
        const ckn_shape valid =
            ckn_shape_valid(ckn_view_shape(&plane->sharp), ckn_view_shape(&job->kernel));
        const ckn_shape shape = ckn_view_shape(&plane->blurred);
        bool fits = ckn_shape_equal(valid, shape);
        if (plane->weights.data)
            fits = fits && ckn_shape_equal(ckn_view_shape(&plane->weights), shape);
        if (plane->model.data)
            fits = fits && ckn_shape_equal(ckn_view_shape(&plane->model), shape);
        if (!fits)
            return ckn_fail(error, CKN_ERROR_ARGUMENT,
                            "plane %zu: sizes of images, model and kernel do not match", i);
    }
    return CKN_OK;
}

/* Planes that are looked at share one shape; a plane of another pair may have another one. */
static size_t count_planes(const ckn_verdict_job *job) {
    const ckn_shape first = ckn_view_shape(&job->planes[0].blurred);
    size_t count = 0;
    while (count < job->plane_count && count < CKN_JUDGE_PLANES &&
           ckn_shape_equal(first, ckn_view_shape(&job->planes[count].blurred)))
        count++;
    return count;
}

static void copy(const ckn_view *view, double *out) {
    for (size_t row = 0; row < view->rows; row++)
        for (size_t col = 0; col < view->cols; col++)
            *out++ = ckn_view_at(view, row, col);
}

/* gain (h * x) + constant + slopes, of the part that starts at (row, col) of the whole plane. */
static ckn_code make_model(ckn_context *context, const ckn_verdict_job *job,
                           const ckn_judge_samples *samples, size_t index, ckn_shape at,
                           ckn_error *error) {
    const ckn_judge_plane *plane = &samples->planes[index];
    const ckn_verdict_plane *from = &job->planes[index];
    const ckn_shape shape = samples->shape;
    const ckn_view x =
        ckn_view_f64(plane->x, shape.rows + samples->kernel.rows - 1, ckn_judge_stride(samples));
    CKN_TRY(ckn_apply(context, x, job->kernel, CKN_SUPPORT_VALID, CKN_ENGINE_AUTO,
                      ckn_output_f64(plane->m, shape.rows, shape.cols), error));
    const ckn_pair_fit *fit = &from->fit;
    const double middle_row = ((double)from->blurred.rows - 1) / 2;
    const double middle_col = ((double)from->blurred.cols - 1) / 2;
    for (size_t row = 0; row < shape.rows; row++) {
        for (size_t col = 0; col < shape.cols; col++) {
            double *m = &plane->m[row * shape.cols + col];
            *m = fit->gain * *m + fit->constant +
                 fit->slope_x * ((double)(col + at.cols) - middle_col) +
                 fit->slope_y * ((double)(row + at.rows) - middle_row);
        }
    }
    return CKN_OK;
}

/* Samples that are no number do not count, whatever the weights say. */
static void settle_weights(ckn_judge_samples *samples, ckn_judge_plane *plane,
                           const ckn_view *weights) {
    const size_t size = ckn_judge_size(samples);
    for (size_t i = 0; i < size; i++) {
        const size_t row = i / samples->shape.cols, col = i % samples->shape.cols;
        bool counts = isfinite(plane->y[i]) && isfinite(plane->m[i]);
        if (weights->data)
            counts = counts && ckn_view_at(weights, row, col) > 0;
        plane->w[i] = counts;
        samples->used += counts;
        plane->y[i] = isfinite(plane->y[i]) ? plane->y[i] : 0;
        plane->m[i] = isfinite(plane->m[i]) ? plane->m[i] : 0;
        plane->r[i] = counts ? plane->y[i] - plane->m[i] : 0;
    }
}

static ckn_code load_plane(ckn_context *context, const ckn_verdict_job *job, size_t index,
                           ckn_judge_samples *samples, ckn_error *error) {
    const ckn_verdict_plane *from = &job->planes[index];
    ckn_judge_plane *plane = &samples->planes[index];
    const ckn_shape shape = samples->shape;
    const ckn_shape at = {(from->blurred.rows - shape.rows) / 2,
                          (from->blurred.cols - shape.cols) / 2};
    const ckn_shape whole = {shape.rows + samples->kernel.rows - 1, ckn_judge_stride(samples)};
    ckn_view part = ckn_view_part(&from->sharp, at.rows, at.cols, whole);
    copy(&part, plane->x);
    for (size_t i = 0; i < whole.rows * whole.cols; i++)
        plane->x[i] = isfinite(plane->x[i]) ? plane->x[i] : 0; /* what sees it has no weight */
    part = ckn_view_part(&from->blurred, at.rows, at.cols, shape);
    copy(&part, plane->y);
    if (from->model.data) {
        part = ckn_view_part(&from->model, at.rows, at.cols, shape);
        copy(&part, plane->m);
    } else
        CKN_TRY(make_model(context, job, samples, index, at, error));
    ckn_view weights = {0};
    if (from->weights.data)
        weights = ckn_view_part(&from->weights, at.rows, at.cols, shape);
    settle_weights(samples, plane, &weights);
    return CKN_OK;
}

/* What is left of y after a s + b, of the first plane, where s is x from (row, col) on. */
static double left_of_copy(const ckn_judge_samples *samples, size_t row, size_t col) {
    const ckn_judge_plane *plane = &samples->planes[0];
    const size_t stride = ckn_judge_stride(samples);
    double n = 0, s1 = 0, s2 = 0, y1 = 0, y2 = 0, sy = 0;
    for (size_t i = 0; i < samples->shape.rows; i++) {
        const double *line = plane->x + (row + i) * stride + col;
        for (size_t j = 0; j < samples->shape.cols; j++) {
            const size_t at = i * samples->shape.cols + j;
            const double w = plane->w[at], s = line[j], y = plane->y[at];
            n += w;
            s1 += w * s;
            s2 += w * s * s;
            y1 += w * y;
            y2 += w * y * y;
            sy += w * s * y;
        }
    }
    const double ss = s2 - s1 * s1 / n, yy = y2 - y1 * y1 / n, cross = sy - s1 * y1 / n;
    return ss > 0 ? yy - cross * cross / ss : yy;
}

typedef struct tap {
    ptrdiff_t row, col;
} tap;

/* Taps that may hold the displacement: that of none, the largest one, the kernel's centroid. */
static size_t list_taps(const ckn_verdict_job *job, tap taps[3]) {
    const ckn_view *h = &job->kernel;
    double sum = 0, row_sum = 0, col_sum = 0, largest = -1;
    taps[0] = (tap){(ptrdiff_t)(h->rows - 1) / 2 - job->frame.row_offset,
                    (ptrdiff_t)(h->cols - 1) / 2 - job->frame.col_offset};
    for (size_t i = 0; i < h->rows; i++) {
        for (size_t j = 0; j < h->cols; j++) {
            const double size = fabs(ckn_view_at(h, i, j));
            sum += size;
            row_sum += size * (double)i;
            col_sum += size * (double)j;
            if (size > largest)
                taps[1] = (tap){(ptrdiff_t)i, (ptrdiff_t)j};
            largest = fmax(largest, size);
        }
    }
    if (!(sum > 0))
        return 2;
    taps[2] = (tap){(ptrdiff_t)lround(row_sum / sum), (ptrdiff_t)lround(col_sum / sum)};
    return 3;
}

/* Sample p of BLURRED sees SHARP's p + (k-1-i, l-1-j) through tap (i, j). */
static void choose_copy(const ckn_verdict_job *job, ckn_judge_samples *samples) {
    const ptrdiff_t rows = (ptrdiff_t)samples->kernel.rows;
    const ptrdiff_t cols = (ptrdiff_t)samples->kernel.cols;
    tap taps[3] = {{0, 0}}, best = {(rows - 1) / 2, (cols - 1) / 2};
    const size_t count = list_taps(job, taps);
    double least = INFINITY;
    for (size_t i = 0; i < count; i++) {
        const tap *t = &taps[i];
        const bool inside = t->row >= 0 && t->row < rows && t->col >= 0 && t->col < cols;
        const bool known = i > 0 && t->row == taps[i - 1].row && t->col == taps[i - 1].col;
        if (!inside || known)
            continue;
        const double left =
            left_of_copy(samples, (size_t)(rows - 1 - t->row), (size_t)(cols - 1 - t->col));
        if (i == 0 ? left < least : left < CLEARLY * least) {
            least = left;
            best = *t;
        }
    }
    const size_t row = (size_t)(rows - 1 - best.row), col = (size_t)(cols - 1 - best.col);
    for (size_t n = 0; n < samples->count; n++)
        for (size_t i = 0; i < samples->shape.rows; i++)
            memcpy(samples->planes[n].s + i * samples->shape.cols,
                   samples->planes[n].x + (row + i) * ckn_judge_stride(samples) + col,
                   samples->shape.cols * sizeof(double));
}

ckn_code ckn_judge_load(ckn_context *context, const ckn_verdict_job *job,
                        ckn_judge_samples *samples, ckn_error *error) {
    *samples = (ckn_judge_samples){0};
    CKN_TRY(check(job, error));
    samples->count = count_planes(job);
    samples->kernel = ckn_view_shape(&job->kernel);
    const ckn_view *y = &job->planes[0].blurred;
    const size_t side = (size_t)(SIDE / sqrt((double)samples->count));
    samples->shape = (ckn_shape){y->rows < side ? y->rows : side, y->cols < side ? y->cols : side};
    CKN_TRY(allocate(samples, error));
    for (size_t i = 0; i < samples->count; i++)
        CKN_TRY(load_plane(context, job, i, samples, error));
    if (samples->used == 0)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "all samples in the middle of the images are left out: there is nothing "
                        "to judge");
    choose_copy(job, samples);
    return CKN_OK;
}
