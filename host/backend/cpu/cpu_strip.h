/* The inner loops of the line filters, once for each instruction set; see cpu_lines.c.
 *
 * A strip is CKN_CPU_STRIP lines side by side, as doubles: sample `t` of line `lane` stands at
 * strip[t * CKN_CPU_STRIP + lane], at a multiple of 64 bytes for lane 0. Passes work in place and
 * move the line towards its start: what they compute for the middle of a window is written to the
 * window's first sample, which nothing needs any more. */
#ifndef CKN_BACKEND_CPU_STRIP_H
#define CKN_BACKEND_CPU_STRIP_H

#include <stdbool.h>
#include <stddef.h>

#define CKN_CPU_STRIP ((size_t)16)
/* Outputs that fir() computes at once; so many zeros, less one, stand before and behind the taps.
 */
#define CKN_CPU_FIR_BLOCK ((size_t)4)
/* Rows that a FIR across rows computes at once, and samples that FIRs of rows touch behind them. */
#define CKN_CPU_FIR_ROWS ((size_t)4)
#define CKN_CPU_ROW_OVERREAD ((size_t)64)

/* What was seen of the samples that were loaded. */
typedef struct ckn_cpu_seen {
    bool bad;      /* NaN or infinity */
    bool negative; /* perhaps below zero: -0 counts */
} ckn_cpu_seen;

/* Where the samples of a strip stand in an image of float32. Lines that are columns: lane `i` of
 * position `t` at in[t * step + i]. Lines that are rows, of interleaved channels: lane `i` is
 * channel i % channels of row i / channels, and stands at
 * in[i / channels * step + t * channels + i % channels]. `lanes` of them exist. */
typedef struct ckn_cpu_plane {
    const float *in; /* what is loaded */
    float *out;      /* what is stored */
    size_t step, lanes, channels;
    double scale; /* of the loads */
    size_t ahead; /* the loads fetch what stands so many samples farther for later; 0: nothing */
} ckn_cpu_plane;

/* Rows made of pieces of `count` samples; how far apart rows and pieces are. */
typedef struct ckn_cpu_pieces {
    size_t rows, to_row, from_row;
    size_t pieces, from_piece; /* in `to` they lie side by side */
    size_t count;
} ckn_cpu_pieces;

typedef struct ckn_cpu_strip_loops {
    /* `count` positions of a pass of an extended box, times lambda. at[0], at[1], at[2]: the
     * window's first sample, the one after it and its last one, which stand somewhere in a ring.
     * `sums` are the sums of the plain windows (without the end taps) of the position that comes
     * next, one a lane; they are carried on. */
    void (*box)(double *const *at, size_t count, double alpha, double *sums);
    /* Three taps (c, 1 - 2c, c) on the samples at[0], at[1] and at[2]; the result goes to at[0]. */
    void (*three_taps)(double *const *at, size_t count, double c);
    /* sum_k taps[k] strip[t + k], k < width. */
    void (*fir)(double *strip, size_t count, const double *taps, size_t width);
    /* `count` positions from float32, times from->scale. Lanes that do not exist become 0. */
    void (*load_cols)(double *strip, const ckn_cpu_plane *from, size_t count, ckn_cpu_seen *seen);
    void (*load_rows)(double *strip, const ckn_cpu_plane *from, size_t count, ckn_cpu_seen *seen);
    /* To float32. Where `clamp`, negative numbers are written as 0. */
    void (*store_cols)(const double *strip, const ckn_cpu_plane *to, size_t count, bool clamp);
    void (*store_rows)(const double *strip, const ckn_cpu_plane *to, size_t count, bool clamp);
    /* FIR on rows of float32, `width` taps. Along the row: to[i] = sum_k taps[k] from[i + k apart].
     * Across rows, `outputs` (1, or CKN_CPU_FIR_ROWS where width is at least that) of them, `pitch`
     * apart: to[j pitch + i] = sum_k taps[k] rows[j + k][i], written past the caches where `far`.
     * Up to CKN_CPU_ROW_OVERREAD samples more are read and, along the row, written. */
    void (*fir_along)(float *to, const float *from, size_t count, size_t apart, const float *taps,
                      size_t width);
    void (*fir_across)(float *to, size_t pitch, size_t outputs, const float *const *rows,
                       size_t count, const float *taps, size_t width, bool far);
    /* Copies past the caches, where the processor can; finish with drain(). `rows` rows, each of
     * `pieces` pieces of `count` samples, which lie side by side in `to`. */
    void (*stream)(const ckn_cpu_pieces *of, float *to, const float *from);
    void (*drain)(void);
} ckn_cpu_strip_loops;

#endif
