/* How far the spectrum of the sharp image reaches above noise, and what the kernel passes there.
 *
 * Spectra are those of short pieces of rows (and of columns), averaged over the image (Welch 1967)
 * by the definition of the transform: 64 samples are too few for anything else to be quicker. */
#include "inspect/pair_diagnosis.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Samples of a piece, and pieces that are enough. Frequency j is j / PIECE. */
enum { PIECE = 64, HALF = PIECE / 2, MOST_PIECES = 4096, FEWEST_PIECES = 16 };

/* Signal stands out of noise where the spectrum is so many times the floor. */
#define OUTSTANDING 3.0
/* A spectrum ends in noise where its upper half is level, within this factor, and far below its
 * lower end. That of edges falls by 2 over the same range, and that of texture is level throughout.
 */
#define LEVEL 1.5
#define FAR_BELOW 100.0
/* What leaks from low frequencies through the window. */
#define LEAK 1e-8
/* Both images show the same detail where their squared coherence is above this. */
#define COHERENT 0.1

/* Power spectra; white noise of variance v gives v everywhere. */
typedef struct spectra {
    double xx[HALF], yy[HALF], re[HALF], im[HALF]; /* re, im: of conj(X) Y */
    size_t pieces;
} spectra;

typedef struct piece_tables {
    double window[PIECE], cosine[PIECE], sine[PIECE];
    double power; /* sum of the squared window */
} piece_tables;

static void fill_tables(piece_tables *tables) {
    const double turn = 2.0 * acos(-1.0) / PIECE;
    tables->power = 0.0;
    for (size_t i = 0; i < PIECE; i++) {
        tables->cosine[i] = cos(turn * (double)i);
        tables->sine[i] = sin(turn * (double)i);
        tables->window[i] = 0.5 - 0.5 * cos(turn * ((double)i + 0.5));
        tables->power += tables->window[i] * tables->window[i];
    }
}

/* Where a piece starts, and which way it runs. */
typedef struct piece_place {
    size_t row, col;
    bool along_x;
} piece_place;

static void transform_piece(const piece_tables *tables, const ckn_view *view,
                            const piece_place *place, double re[HALF], double im[HALF]) {
    double samples[PIECE], mean = 0.0;
    for (size_t i = 0; i < PIECE; i++) {
        samples[i] = ckn_view_at(view, place->row + (place->along_x ? 0 : i),
                                 place->col + (place->along_x ? i : 0));
        mean += samples[i] / PIECE;
    }
    for (size_t i = 0; i < PIECE; i++)
        samples[i] = tables->window[i] * (samples[i] - mean);
    for (size_t j = 0; j < HALF; j++) {
        re[j] = im[j] = 0.0;
        for (size_t i = 0; i < PIECE; i++) {
            re[j] += samples[i] * tables->cosine[i * j % PIECE];
            im[j] -= samples[i] * tables->sine[i * j % PIECE];
        }
    }
}

static void add_piece(const piece_tables *tables, const ckn_diagnosis_pair *pair,
                      const piece_place *place, spectra *sums) {
    double x_re[HALF], x_im[HALF], y_re[HALF], y_im[HALF];
    transform_piece(tables, &pair->inner, place, x_re, x_im);
    transform_piece(tables, &pair->y, place, y_re, y_im);
    if (isnan(x_re[1]) || isnan(y_re[1])) /* masked */
        return;
    for (size_t j = 0; j < HALF; j++) {
        sums->xx[j] += (x_re[j] * x_re[j] + x_im[j] * x_im[j]) / tables->power;
        sums->yy[j] += (y_re[j] * y_re[j] + y_im[j] * y_im[j]) / tables->power;
        sums->re[j] += (x_re[j] * y_re[j] + x_im[j] * y_im[j]) / tables->power;
        sums->im[j] += (x_re[j] * y_im[j] - x_im[j] * y_re[j]) / tables->power;
    }
    sums->pieces++;
}

static void measure_spectra(const piece_tables *tables, const ckn_diagnosis_pair *pair,
                            bool along_x, spectra *mean) {
    const size_t length = along_x ? pair->y.cols : pair->y.rows;
    const size_t lines = along_x ? pair->y.rows : pair->y.cols;
    *mean = (spectra){.pieces = 0};
    if (length < PIECE)
        return;
    const size_t along = (length - PIECE) / HALF + 1, step = lines * along / MOST_PIECES + 1;
    for (size_t i = 0; i < lines * along; i += step) {
        size_t start = i % along * HALF, line = i / along;
        const piece_place place = {along_x ? line : start, along_x ? start : line, along_x};
        add_piece(tables, pair, &place, mean);
    }
    for (size_t j = 0; j < HALF && mean->pieces > 0; j++) {
        double part = 1.0 / (double)mean->pieces;
        mean->xx[j] *= part;
        mean->yy[j] *= part;
        mean->re[j] *= part;
        mean->im[j] *= part;
    }
}

static double mean_between(const double *values, size_t from, size_t to) {
    double sum = 0.0;
    for (size_t j = from; j < to; j++)
        sum += values[j];
    return sum / (double)(to - from);
}

/* The level that the spectrum ends in; 0 where it does not end in noise. */
static double noise_floor(const double *spectrum) {
    const double last = mean_between(spectrum, 3 * HALF / 4, HALF);
    const double before = mean_between(spectrum, HALF / 2, 3 * HALF / 4);
    bool level = before < LEVEL * last;
    bool low = spectrum[2] > FAR_BELOW * last;
    return level && low ? last : 0.0;
}

static double coherence(const spectra *mean, size_t j) {
    double product = mean->xx[j] * mean->yy[j];
    return product > 0.0 ? (mean->re[j] * mean->re[j] + mean->im[j] * mean->im[j]) / product : 0.0;
}

/* The least power that the least-squares fit can use at one frequency: there its n taps share the
 * noise of N samples. */
static double least_power(const ckn_diagnosis_pair *pair, double noise) {
    const double taps = (double)pair->kernel.rows * (double)pair->kernel.cols;
    return noise * noise * taps / ((double)pair->y.rows * (double)pair->y.cols);
}

static size_t find_band(const spectra *mean, double least) {
    const double floor_x = noise_floor(mean->xx);
    for (size_t j = HALF; j-- > 1;) {
        bool usable = mean->xx[j] > least && mean->xx[j] > LEAK * mean->xx[1];
        bool real = mean->xx[j] > OUTSTANDING * floor_x || coherence(mean, j) > COHERENT;
        if (usable && real)
            return j;
    }
    return 0;
}

/* |H| just below the end of the band, by the part of y that goes with x; NaN where none does. */
static double find_passed(const spectra *mean, size_t band) {
    const double floor_x = noise_floor(mean->xx);
    double sum = 0.0, count = 0.0;
    for (size_t j = (3 * band + 3) / 4; j <= band && j > 0; j++) {
        double x = mean->xx[j] - floor_x;
        if (x > 0.0 && coherence(mean, j) > COHERENT) {
            sum += hypot(mean->re[j], mean->im[j]) / x;
            count++;
        }
    }
    return count > 0.0 ? sum / count : NAN;
}

static void measure(const piece_tables *tables, const ckn_diagnosis_pair *pair, bool along_x,
                    const ckn_pair_diagnosis *diagnosis, double *band, double *passed) {
    spectra mean;
    *band = *passed = NAN;
    measure_spectra(tables, pair, along_x, &mean);
    if (mean.pieces < FEWEST_PIECES)
        return;
    const size_t last = find_band(&mean, least_power(pair, diagnosis->blurred.noise));
    *band = last + 1 == HALF ? 0.5 : (double)last / PIECE;
    *passed = find_passed(&mean, last);
}

ckn_code ckn_diagnose_spectrum(const ckn_diagnosis_pair *pair, ckn_pair_diagnosis *diagnosis,
                               ckn_error *error) {
    piece_tables *tables;
    CKN_TRY(ckn_allocate(&tables, 1, sizeof *tables, "a diagnosis", error));
    fill_tables(tables);
    measure(tables, pair, true, diagnosis, &diagnosis->band_x, &diagnosis->passed_x);
    measure(tables, pair, false, diagnosis, &diagnosis->band_y, &diagnosis->passed_y);
    free(tables);
    return CKN_OK;
}
