/* A FIR along both axes in one trip through memory. A tile of the image is filtered row by row; its
 * rows wait in a ring in local memory, as many as the taps across them need, from which the result
 * comes. Products and sums of positive taps carry NaN and infinity as far as they reach, and leave
 * nothing below zero that was not. */

/* Vectors that share the loads of a tap. */
#if CKN_LANES == 1
#define VECTORS 1
#define EACH_VECTOR(F) F(0)
#else
#define VECTORS 4
#define EACH_VECTOR(F) F(0) F(1) F(2) F(3)
#endif
#define STEP_SAMPLES (VECTORS * CKN_LANES)

typedef struct image {
    int rows, cols, channels, boundary;
} image;

/* Samples [begin, end) of what a tile needs of a row, sample by sample: they may lie outside the
 * row. `start` is the first sample of it, a multiple of the channels, perhaps a negative one. */
void load_outside(__local float *wide, __global const float *line, const image *of, int start,
                  int begin, int end) {
    const int own = (int)get_local_id(0), items = (int)get_local_size(0);
    for (int i = begin + own; i < end; i += items) {
        const int pixel = start / of->channels + i / of->channels;
        const int from = source_index(pixel, of->cols, of->boundary);
        wide[i] = from < 0 ? 0.0f : line[from * of->channels + i % of->channels];
    }
}

/* The part of a row that a tile needs: `count` samples from sample `start` on; row -1 is zero. The
 * work-items of the group share it. */
void load_wide(__local float *wide, __global const float *in, const image *of, int row, int start,
               int count) {
    const int own = (int)get_local_id(0), items = (int)get_local_size(0);
    const int samples = of->cols * of->channels;
    const int begin = row < 0 ? count : clamp(-start, 0, count); /* what lies inside the row */
    const int end = row < 0 ? count : clamp(samples - start, begin, count);
    __global const float *line = in + max(row, 0) * samples;
    if (row < 0) {
        for (int i = own; i < count; i += items)
            wide[i] = 0.0f;
        return;
    }
    load_outside(wide, line, of, start, 0, begin);
    int i = begin;
#if CKN_LANES > 1
    for (; i + CKN_LANES <= end; i += CKN_LANES)
        STORE_LANES(LOAD_LANES(line + start + i), wide + i);
#endif
    for (i += own; i < end; i += items)
        wide[i] = line[start + i];
    load_outside(wide, line, of, start, end, count);
}

void fir_along(__local float *to, __local const float *from, int count, int apart,
               __global const float *taps, int width) {
#pragma OPENCL FP_CONTRACT ON
    const int own = (int)get_local_id(0), items = (int)get_local_size(0);
    for (int i = own * STEP_SAMPLES; i < count; i += items * STEP_SAMPLES) {
        lanes sums[VECTORS];
#define CLEAR(v) sums[v] = (lanes)(0.0f);
        EACH_VECTOR(CLEAR)
        for (int k = 0; k < width; k++) {
            const float tap = taps[k];
#define ADD_ALONG(v) sums[v] += tap * LOAD_LANES(from + i + v * CKN_LANES + k * apart);
            EACH_VECTOR(ADD_ALONG)
        }
#define PUT_ALONG(v) STORE_LANES(sums[v], to + i + v * CKN_LANES);
        EACH_VECTOR(PUT_ALONG)
    }
}

void put_result(__global float *to, lanes value, int count, int far) {
    if (far && count >= CKN_LANES && is_aligned(to))
        STORE_PAST_CACHES(value, to);
    else if (count >= CKN_LANES)
        STORE_LANES(value, to);
    else
        for (int j = 0; j < count; j++)
            to[j] = lane(&value, j);
}

/* The rows of the ring from place `first` on, round to the one before it. */
void fir_across(__global float *to, __local const float *ring, int pitch, int first, int count,
                __global const float *taps, int width, int far) {
#pragma OPENCL FP_CONTRACT ON
    const int own = (int)get_local_id(0), items = (int)get_local_size(0);
    for (int i = own * STEP_SAMPLES; i < count; i += items * STEP_SAMPLES) {
        lanes sums[VECTORS];
        EACH_VECTOR(CLEAR)
        int row = first;
        for (int k = 0; k < width; k++) {
            const float tap = taps[k];
            __local const float *from = ring + row * pitch + i;
#define ADD_ACROSS(v) sums[v] += tap * LOAD_LANES(from + v * CKN_LANES);
            EACH_VECTOR(ADD_ACROSS)
            row = row + 1 == width ? 0 : row + 1;
        }
#define PUT_ACROSS(v) put_result(to + i + v * CKN_LANES, sums[v], count - i - v * CKN_LANES, far);
        EACH_VECTOR(PUT_ACROSS)
    }
}

/* On CPUs a group is one work-item. */
#if CKN_LANES == 1
#define meet() barrier(CLK_LOCAL_MEM_FENCE)
#else
#define meet()
#endif

/* Dimension 0: tiles of `tile` samples across; dimension 1: tiles of `tile_rows` rows. taps: those
 * of x, then those of y, 2 radius + 1 each. `pitch` (of the ring) and `wide` have room for a step
 * more than they use. */
__kernel void fir_plane(__global const float *in, __global float *out, __global const float *taps,
                        int rows, int cols, int channels, int boundary, int radius_x, int radius_y,
                        int tile, int tile_rows, int pitch, int far, __local float *wide,
                        __local float *ring) {
    const image of = {rows, cols, channels, boundary};
    const int samples = cols * channels;
    const int first = (int)get_global_id(0) / (int)get_local_size(0) * tile;
    const int count = min(tile, samples - first);
    const int begin = (int)get_global_id(1) * tile_rows, end = min(begin + tile_rows, rows);
    const int width = 2 * radius_y + 1;
    int place = 0; /* of the next row in the ring */
    for (int row = begin - radius_y; row < end + radius_y; row++) {
        meet();
        load_wide(wide, in, &of, source_index(row, rows, boundary), first - radius_x * channels,
                  count + 2 * radius_x * channels);
        meet();
        fir_along(ring + place * pitch, wide, count, channels, taps, 2 * radius_x + 1);
        place = place + 1 == width ? 0 : place + 1;
        const int middle = row - radius_y;
        if (middle >= begin)
            fir_across(out + middle * samples + first, ring, pitch, place, count,
                       taps + 2 * radius_x + 1, width, far);
    }
}
