/* The translation between two pictures of which one may be blurred and noisy.
 *
 * The cross-spectrum Y conj(X) is weighted by frequency alone, in rings of equal frequency:
 *   W = S / sqrt(|X|^2 |Y|^2),   S = max(|Y|^2 - noise - leak |X|^2, 0) / |Y|^2,
 * the means of the squares being taken over a ring. The root whitens both pictures, whose spectra
 * fall steeply, so that the peak is narrow. S is Wiener's: it takes out what a blur has left to the
 * noise (the mean over the highest rings) or to the leakage of the window. The peak's height over
 * sum W |Y X| is 1 for pictures that differ by a translation and a blur alone.
 *
 * Pictures moved far share a part only, and its borders differ. So the highest peaks are
 * candidates; each is tried on the overlap that it leaves, where the right one is close to 1 and
 * unmoved.
 */
#include "estimate/shift.h"

#include "backend/context.h"
#include "base/memory.h"
#include "statistics/weights.h"

#include <math.h>
#include <stdlib.h>

enum {
    LARGEST_SIDE = 512, /* larger pictures are averaged over squares */
    LEAST_SIDE = 16,
    CANDIDATES = 6,
    REFINEMENTS = 2,
    LOWEST_RINGS = 4 /* whose ratio is that of the brightness */
};
static const double pi = 3.14159265358979323846;
static const double largest_part = 0.42;     /* of a side, that a shift may be */
static const double smooth_frequency = 0.03; /* cycles a sample: Gaussian of 5 samples */
static const double least_weighted = 0.125;  /* part of the frequencies that tells of repetition */
static const double most_repeated = 0.75; /* of its height, that x may find of itself elsewhere */

/* What is taken off the power of y before it counts as signal: a multiple of its noise, and a part
 * of what x has there, relative to that of the lowest frequencies. The little that a window leaks
 * may not be all: beyond its first zero a blur may turn phases. Where y is as white as noise, none
 * is to be seen by its spectrum.
 *
 * And what makes the best peak a find then. A blur that turns phases (a disc, a line) lowers the
 * coherence of the right place. What pictures with little in them have by chance is coherent, but
 * not significant, or has its like elsewhere; the fewer frequencies there are, the more so. */
typedef struct manner {
    double noise, leak;
    double coherence, significance; /* at least */
    double rival;                   /* at most: the coherence of others, relative */
} manner;
static const manner manners[] = {{1.5, 1e-3, 0.7, 7.5, 0.8},
                                 {1.5, 1e-3, 0.45, 12, 0.6},
                                 {1.5, 0.05, 0.7, 12, 0.6},
                                 {0, 0, 0.7, 9, 0.8}};
enum { MANNERS = sizeof manners / sizeof manners[0] };

/* A place of the response. */
typedef struct candidate {
    ptrdiff_t row, col;
    double sub_row, sub_col; /* centroid of the peak */
    double coherence, significance;
} candidate;

typedef struct finder {
    ckn_backend *backend;
    ckn_fft *fft;
    ckn_buffer *plane, *spectrum;
    ckn_shape shape;   /* of the transform */
    ckn_shape picture; /* of both pictures */
    double *x, *y;     /* the pictures */
    double *part;      /* a plane: a windowed part of one of them, then the response */
    double *across;    /* of a row of it: how far the window is open */
    double *x_spectrum, *y_spectrum;
    size_t rings;
    size_t *count; /* of each ring: its samples, and the mean squares there */
    double *x_power, *y_power, *weight;
    double height;   /* of the response to coherent pictures */
    manner manner;   /* that W is made in */
    bool smooth;     /* whether the response is to be smooth, too */
    bool repetitive; /* x resembles itself elsewhere: a texture that repeats has many shifts */
} finder;

static void release(finder *f) {
    if (f->backend) {
        f->backend->ops->buffer_destroy(f->backend, f->plane);
        f->backend->ops->buffer_destroy(f->backend, f->spectrum);
        f->backend->ops->fft_destroy(f->backend, f->fft);
    }
    free(f->x);
    free(f->y);
    free(f->part);
    free(f->across);
    free(f->x_spectrum);
    free(f->y_spectrum);
    free(f->count);
    free(f->x_power);
    free(f->y_power);
    free(f->weight);
}

/* --- pictures ----------------------------------------------------------------------------- */

static bool is_masked(const ckn_view *weights, size_t row, size_t col) {
    return weights->data && ckn_view_at(weights, row, col) == 0;
}

static double mean(const ckn_view *view, const ckn_view *weights) {
    double sum = 0;
    size_t count = 0;
    for (size_t row = 0; row < view->rows; row++) {
        for (size_t col = 0; col < view->cols; col++) {
            if (is_masked(weights, row, col))
                continue;
            sum += ckn_view_at(view, row, col);
            count++;
        }
    }
    return count > 0 ? sum / (double)count : 0;
}

/* Means over squares of `side` samples, of which masked ones have the mean of all. */
static void average(const ckn_view *view, const ckn_view *weights, size_t side, ckn_shape shape,
                    double *out) {
    const double other = weights->data ? mean(view, weights) : 0;
    for (size_t row = 0; row < shape.rows; row++) {
        for (size_t col = 0; col < shape.cols; col++) {
            double sum = 0;
            for (size_t i = 0; i < side * side; i++) {
                const size_t r = row * side + i / side, c = col * side + i % side;
                sum += is_masked(weights, r, c) ? other : ckn_view_at(view, r, c);
            }
            out[row * shape.cols + col] = sum / (double)(side * side);
        }
    }
}

static double hann(size_t index, size_t length) {
    const double sine = sin(pi * ((double)index + 0.5) / (double)length);
    return sine * sine;
}

/* The part of a picture from (row, col) on, less its weighted mean, fading to 0 at its borders, in
 * the corner of a plane of zeros. */
static void window(const finder *f, const double *picture, size_t row, size_t col,
                   ckn_shape shape) {
    double sum = 0, weights = 0;
    for (size_t n = 0; n < ckn_shape_count(f->shape); n++)
        f->part[n] = 0;
    for (size_t c = 0; c < shape.cols; c++)
        f->across[c] = hann(c, shape.cols);
    for (size_t r = 0; r < shape.rows; r++) {
        const double down = hann(r, shape.rows);
        for (size_t c = 0; c < shape.cols; c++) {
            const double weight = down * f->across[c];
            sum += weight * picture[(row + r) * f->picture.cols + col + c];
            weights += weight;
        }
    }
    const double mean = sum / weights;
    for (size_t r = 0; r < shape.rows; r++) {
        const double down = hann(r, shape.rows);
        for (size_t c = 0; c < shape.cols; c++)
            f->part[r * f->shape.cols + c] =
                down * f->across[c] * (picture[(row + r) * f->picture.cols + col + c] - mean);
    }
}

static ckn_code transform(const finder *f, double *spectrum, ckn_error *error) {
    const ckn_view plane = ckn_view_f64(f->part, f->shape.rows, f->shape.cols);
    const ckn_output output = ckn_output_f64(spectrum, 1, ckn_spectrum_count(f->shape));
    CKN_TRY(f->backend->ops->upload(f->backend, f->plane, &plane, error));
    CKN_TRY(f->backend->ops->fft_forward(f->backend, f->fft, f->plane, f->spectrum, error));
    return f->backend->ops->download(f->backend, f->spectrum, &output, error);
}

/* --- weights ------------------------------------------------------------------------------ */

/* The ring of a bin: those of frequencies up to half a cycle a sample, and one of all beyond. */
static size_t ring_of(const finder *f, size_t row, size_t col) {
    const size_t down = row <= f->shape.rows / 2 ? row : f->shape.rows - row;
    const double v = (double)down / (double)f->shape.rows;
    const double u = (double)col / (double)f->shape.cols;
    const size_t ring = (size_t)(2 * sqrt(u * u + v * v) * (double)(f->rings - 1));
    return ring < f->rings - 1 ? ring : f->rings - 1;
}

static void measure_rings(const finder *f) {
    for (size_t ring = 0; ring < f->rings; ring++) {
        f->count[ring] = 0;
        f->x_power[ring] = f->y_power[ring] = 0;
    }
    const size_t bins = f->shape.cols / 2 + 1;
    for (size_t row = 0; row < f->shape.rows; row++) {
        for (size_t col = 0; col < bins; col++) {
            const size_t ring = ring_of(f, row, col), n = 2 * (row * bins + col);
            const double *x = f->x_spectrum + n, *y = f->y_spectrum + n;
            f->x_power[ring] += x[0] * x[0] + x[1] * x[1];
            f->y_power[ring] += y[0] * y[0] + y[1] * y[1];
            f->count[ring]++;
        }
    }
    for (size_t ring = 0; ring < f->rings; ring++) {
        f->x_power[ring] /= f->count[ring] > 0 ? (double)f->count[ring] : 1;
        f->y_power[ring] /= f->count[ring] > 0 ? (double)f->count[ring] : 1;
    }
}

/* The mean of |Y|^2 over the highest fifth of the rings. */
static double noise_power(const finder *f) {
    const size_t first = (f->rings - 1) * 4 / 5;
    double sum = 0;
    for (size_t ring = first; ring < f->rings - 1; ring++)
        sum += f->y_power[ring];
    return sum / (double)(f->rings - 1 - first);
}

static double brightness_ratio(const finder *f) {
    double ratio = 0;
    for (size_t ring = 1; ring < LOWEST_RINGS; ring++) {
        if (f->x_power[ring] > 0)
            ratio = fmax(ratio, f->y_power[ring] / f->x_power[ring]);
    }
    return ratio;
}

static void choose_weights(const finder *f) {
    const double noise = f->manner.noise * noise_power(f);
    const double leaked = f->manner.leak * brightness_ratio(f);
    for (size_t ring = 0; ring < f->rings; ring++) {
        const double x = f->x_power[ring], y = f->y_power[ring];
        const double signal = y - noise - leaked * x, root = sqrt(x) * sqrt(y);
        f->weight[ring] = signal > 0 && root > 0 ? signal / y / root : 0;
        const double frequency = 0.5 * (double)ring / (double)(f->rings - 1) / smooth_frequency;
        if (f->smooth)
            f->weight[ring] *= exp(-0.5 * frequency * frequency);
    }
}

/* --- response ----------------------------------------------------------------------------- */

/* x_spectrum = W Y conj(X), and the height that its transform would have if all phases agreed. */
static void cross(finder *f) {
    const size_t bins = f->shape.cols / 2 + 1;
    f->height = 0;
    for (size_t row = 0; row < f->shape.rows; row++) {
        for (size_t col = 0; col < bins; col++) {
            const size_t n = 2 * (row * bins + col);
            double *x = f->x_spectrum + n;
            const double *y = f->y_spectrum + n;
            const double w = row + col > 0 ? f->weight[ring_of(f, row, col)] : 0;
            const double re = w * (y[0] * x[0] + y[1] * x[1]);
            const double im = w * (y[1] * x[0] - y[0] * x[1]);
            x[0] = re;
            x[1] = im;
            const bool twice = col > 0 && 2 * col != f->shape.cols; /* its conjugate is not kept */
            f->height += (twice ? 2 : 1) * sqrt(re * re + im * im);
        }
    }
    f->height /= (double)ckn_shape_count(f->shape);
}

/* Leaves in `part` how well y resembles x moved by (row, col), for parts of both of this shape. */
static ckn_code respond(finder *f, const size_t x_at[2], const size_t y_at[2], ckn_shape shape,
                        ckn_error *error) {
    window(f, f->x, x_at[0], x_at[1], shape);
    CKN_TRY(transform(f, f->x_spectrum, error));
    window(f, f->y, y_at[0], y_at[1], shape);
    CKN_TRY(transform(f, f->y_spectrum, error));
    measure_rings(f);
    choose_weights(f);
    cross(f);
    const ckn_view spectrum = ckn_view_f64(f->x_spectrum, 1, ckn_spectrum_count(f->shape));
    const ckn_output response = ckn_output_f64(f->part, f->shape.rows, f->shape.cols);
    CKN_TRY(f->backend->ops->upload(f->backend, f->spectrum, &spectrum, error));
    CKN_TRY(f->backend->ops->fft_inverse(f->backend, f->fft, f->spectrum, f->plane, error));
    return f->backend->ops->download(f->backend, f->plane, &response, error);
}

static double *at(const finder *f, ptrdiff_t row, ptrdiff_t col) {
    const ptrdiff_t rows = (ptrdiff_t)f->shape.rows, cols = (ptrdiff_t)f->shape.cols;
    return f->part + ((row % rows + rows) % rows) * cols + (col % cols + cols) % cols;
}

/* The largest value within `reach` of (0, 0). */
static candidate highest(const finder *f, ptrdiff_t reach_rows, ptrdiff_t reach_cols) {
    candidate best = {.row = 0, .col = 0};
    double value = -INFINITY;
    for (ptrdiff_t row = -reach_rows; row <= reach_rows; row++) {
        for (ptrdiff_t col = -reach_cols; col <= reach_cols; col++) {
            const double own = *at(f, row, col);
            if (own > value) {
                value = own;
                best.row = row;
                best.col = col;
            }
        }
    }
    return best;
}

/* Peaks nearer than this are one. */
static ptrdiff_t peak_reach(const finder *f) {
    const size_t side = f->picture.rows < f->picture.cols ? f->picture.rows : f->picture.cols;
    return (ptrdiff_t)(side / 32 > 4 ? side / 32 : 4);
}

static ptrdiff_t part_of(size_t side, double part) {
    return (ptrdiff_t)(part * (double)side);
}

static void take_out(const finder *f, const candidate *peak) {
    const ptrdiff_t reach = peak_reach(f);
    for (ptrdiff_t row = peak->row - reach; row <= peak->row + reach; row++) {
        for (ptrdiff_t col = peak->col - reach; col <= peak->col + reach; col++)
            *at(f, row, col) = -INFINITY;
    }
}

/* The centroid of what is above half of the peak, round it. */
static void find_centroid(const finder *f, candidate *peak) {
    const ptrdiff_t reach = peak_reach(f);
    const double half = *at(f, peak->row, peak->col) / 2;
    double weight = 0, rows = 0, cols = 0;
    for (ptrdiff_t row = peak->row - reach; row <= peak->row + reach; row++) {
        for (ptrdiff_t col = peak->col - reach; col <= peak->col + reach; col++) {
            const double value = fmax(*at(f, row, col) - half, 0);
            weight += value;
            rows += value * (double)row;
            cols += value * (double)col;
        }
    }
    peak->sub_row = weight > 0 ? rows / weight : (double)peak->row;
    peak->sub_col = weight > 0 ? cols / weight : (double)peak->col;
}

/* Relative to the root of the mean square of the response. */
static double significance(const finder *f, double value) {
    const size_t count = ckn_shape_count(f->shape);
    double square = 0;
    for (size_t n = 0; n < count; n++)
        square += f->part[n] * f->part[n];
    return square > 0 ? value / sqrt(square / (double)count) : 0;
}

/* --- candidates --------------------------------------------------------------------------- */

static size_t positive(ptrdiff_t number) {
    return number > 0 ? (size_t)number : 0;
}

static bool is_too_far(const finder *f, const candidate *c) {
    return labs((long)c->row) > part_of(f->picture.rows, largest_part) ||
           labs((long)c->col) > part_of(f->picture.cols, largest_part);
}

/* The response on the overlap that a candidate leaves, whose shape is *out. */
static ckn_code respond_on_overlap(finder *f, const candidate *c, ckn_shape *out,
                                   ckn_error *error) {
    const ckn_shape overlap = {f->picture.rows - positive(c->row) - positive(-c->row),
                               f->picture.cols - positive(c->col) - positive(-c->col)};
    const size_t x_at[2] = {positive(-c->row), positive(-c->col)};
    const size_t y_at[2] = {positive(c->row), positive(c->col)};
    *out = overlap;
    return respond(f, x_at, y_at, overlap, error);
}

/* Moves a candidate to the peak near it, on the overlap that it leaves, and measures that. */
static ckn_code refine(finder *f, candidate *c, ckn_error *error) {
    ckn_shape overlap;
    CKN_TRY(respond_on_overlap(f, c, &overlap, error));
    const candidate peak = highest(f, part_of(overlap.rows, 0.125), part_of(overlap.cols, 0.125));
    const double value = *at(f, peak.row, peak.col);
    c->coherence = f->height > 0 ? value / f->height : 0;
    c->significance = significance(f, value);
    c->row += peak.row;
    c->col += peak.col;
    return CKN_OK;
}

/* Sub-pixels: the highest peak lies where most of a blur's edges meet, such as at one end of a
 * line; the middle of the whole is that of the lowest frequencies' response. */
static ckn_code find_middle(finder *f, candidate *c, ckn_error *error) {
    ckn_shape overlap;
    f->smooth = true;
    ckn_code code = respond_on_overlap(f, c, &overlap, error);
    f->smooth = false;
    CKN_TRY(code);
    const ptrdiff_t reach = 2 * peak_reach(f);
    candidate peak = highest(f, reach, reach);
    find_centroid(f, &peak);
    c->sub_row = (double)c->row + peak.sub_row;
    c->sub_col = (double)c->col + peak.sub_col;
    return CKN_OK;
}

/* The highest peaks of the whole pictures, and no shift at all. */
static ckn_code list_candidates(finder *f, candidate *list, ckn_error *error) {
    const size_t corner[2] = {0, 0};
    CKN_TRY(respond(f, corner, corner, f->picture, error));
    for (size_t i = 0; i < CANDIDATES; i++) {
        list[i] = highest(f, part_of(f->picture.rows, largest_part),
                          part_of(f->picture.cols, largest_part));
        take_out(f, &list[i]);
    }
    list[CANDIDATES] = (candidate){.row = 0, .col = 0};
    return CKN_OK;
}

static bool is_far(const finder *f, const candidate *a, const candidate *b) {
    const ptrdiff_t reach = 2 * peak_reach(f);
    return labs((long)(a->row - b->row)) > reach || labs((long)(a->col - b->col)) > reach;
}

/* The most coherent candidate, and what the best of those elsewhere has. */
static candidate choose(const finder *f, const candidate *list, double *rival) {
    candidate best = list[CANDIDATES];
    *rival = 0;
    for (size_t i = 0; i < CANDIDATES; i++)
        best = list[i].coherence > best.coherence ? list[i] : best;
    for (size_t i = 0; i <= CANDIDATES; i++) {
        if (is_far(f, &list[i], &best))
            *rival = fmax(*rival, list[i].coherence);
    }
    return best;
}

/* The part of the rings that has any weight: a few alone make every picture resemble itself. */
static double weighted_part(const finder *f) {
    size_t count = 0;
    for (size_t ring = 0; ring < f->rings; ring++)
        count += f->weight[ring] > 0;
    return (double)count / (double)f->rings;
}

static ckn_code find_repetition(finder *f, ckn_error *error) {
    const size_t corner[2] = {0, 0};
    const candidate centre = {.row = 0, .col = 0};
    double *y = f->y;
    f->y = f->x;
    ckn_code code = respond(f, corner, corner, f->picture, error);
    f->y = y;
    CKN_TRY(code);
    if (weighted_part(f) < least_weighted)
        return CKN_OK;
    take_out(f, &centre);
    const candidate other =
        highest(f, part_of(f->picture.rows, largest_part), part_of(f->picture.cols, largest_part));
    f->repetitive = *at(f, other.row, other.col) > most_repeated * f->height;
    return CKN_OK;
}

static bool is_find(const manner *demands, const candidate *best, double rival) {
    return best->coherence >= demands->coherence && best->significance >= demands->significance &&
           rival <= demands->rival * best->coherence;
}

static ckn_code search(finder *f, candidate *best, bool *found, ckn_error *error) {
    candidate list[CANDIDATES + 1];
    double rival = 0;
    CKN_TRY(list_candidates(f, list, error));
    for (size_t i = 0; i <= CANDIDATES; i++) {
        for (size_t n = 0; n < REFINEMENTS && !is_too_far(f, &list[i]); n++)
            CKN_TRY(refine(f, &list[i], error));
        if (is_too_far(f, &list[i]))
            list[i].coherence = 0;
    }
    *best = choose(f, list, &rival);
    *found = is_find(&f->manner, best, rival);
    return *found ? find_middle(f, best, error) : CKN_OK;
}

/* --- set-up ------------------------------------------------------------------------------- */

/* A build without FFTW has no transforms on the host; the device's own may do. */
static ckn_code create_transform(finder *f, ckn_backend *host, ckn_backend *device,
                                 ckn_error *error) {
    f->backend = host;
    if (host->ops->fft_create(host, f->shape, &f->fft, error) == CKN_OK)
        return CKN_OK;
    f->backend = device;
    return device->ops->fft_create(device, f->shape, &f->fft, error);
}

static ckn_code allocate(finder *f, ckn_error *error) {
    static const char what[] = "the search of the shift";
    const size_t samples = ckn_shape_count(f->picture), plane = ckn_shape_count(f->shape);
    const size_t spectrum = ckn_spectrum_count(f->shape);
    f->rings = (f->shape.rows < f->shape.cols ? f->shape.rows : f->shape.cols) / 4 + 2;
    CKN_TRY(ckn_allocate(&f->x, samples, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->y, samples, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->part, plane, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->across, f->shape.cols, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->x_spectrum, spectrum, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->y_spectrum, spectrum, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->count, f->rings, sizeof(size_t), what, error));
    CKN_TRY(ckn_allocate(&f->x_power, f->rings, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->y_power, f->rings, sizeof(double), what, error));
    CKN_TRY(ckn_allocate(&f->weight, f->rings, sizeof(double), what, error));
    CKN_TRY(f->backend->ops->buffer_create(f->backend, plane, &f->plane, error));
    return f->backend->ops->buffer_create(f->backend, spectrum, &f->spectrum, error);
}

/* On pictures of one shape, averaged over squares of this side. */
static ckn_code find(finder *f, const ckn_pair *pair, size_t side, ckn_shift *shift,
                     ckn_error *error) {
    candidate best = {.row = 0, .col = 0};
    bool found = false;
    CKN_TRY(allocate(f, error));
    average(&pair->sharp, &pair->sharp_weights, side, f->picture, f->x);
    average(&pair->blurred, &pair->blurred_weights, side, f->picture, f->y);
    f->manner = manners[0];
    CKN_TRY(find_repetition(f, error));
    for (size_t i = 0; i < MANNERS && !found && !f->repetitive; i++) {
        f->manner = manners[i];
        CKN_TRY(search(f, &best, &found, error));
    }
    shift->found = found;
    shift->significance = best.significance;
    shift->row = found ? best.sub_row * (double)side : 0;
    shift->col = found ? best.sub_col * (double)side : 0;
    return CKN_OK;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

ckn_code ckn_shift_find(ckn_backend *backend, const ckn_pair *pair, ckn_shift *shift,
                        ckn_error *error) {
    *shift = (ckn_shift){.found = 0};
    const ckn_frame point = {1, 1, 0, 0};
    ckn_pair cut;
    CKN_TRY(ckn_pair_cut(pair, &point, &cut, error));
    ckn_extent extent;
    CKN_TRY(ckn_weights_extent(&cut.sharp, &cut.sharp_weights, "the sharp image", &extent, error));
    CKN_TRY(ckn_weights_extent(&cut.blurred, &cut.blurred_weights, "the blurred image", &extent,
                               error));
    const size_t side = (larger(cut.sharp.rows, cut.sharp.cols) + LARGEST_SIDE - 1) / LARGEST_SIDE;
    finder f = {.picture = {cut.sharp.rows / side, cut.sharp.cols / side}};
    if (f.picture.rows < LEAST_SIDE || f.picture.cols < LEAST_SIDE)
        return CKN_OK;
    ckn_backend *host = NULL;
    CKN_TRY(ckn_backend_create_host(backend, &host, error));
    f.shape = (ckn_shape){host->ops->fft_good_length(host, f.picture.rows),
                          host->ops->fft_good_length(host, f.picture.cols)};
    ckn_code code = create_transform(&f, host, backend, error);
    if (code == CKN_OK)
        code = find(&f, &cut, side, shift, error);
    release(&f);
    ckn_backend_destroy(host);
    return code;
}

ckn_code ckn_find_shift(ckn_context *context, const ckn_pair *pair, ckn_shift *shift,
                        ckn_error *error) {
    return ckn_shift_find(context->backend, pair, shift, error);
}
