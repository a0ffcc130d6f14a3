/* The loops of cpu_strip.h for one instruction set; included by cpu_simd_body.h, whose vectors it
 * uses. */

enum { STRIP = (int)CKN_CPU_STRIP };

/* --- passes ----------------------------------------------------------------------------------- */

/* Two vectors of lanes: their sums wait for themselves only. The sum is carried as
 * sum + (entering - leaving), so that one addition a position lies in that chain. */
INLINE void box_two_vectors(double *strip, const double *after, const double *right, size_t count,
                            double alpha, double *sums) {
    const vec end = broadcast(alpha);
    vec sum0 = load(sums), sum1 = load(sums + LANES);
    vec left0 = load(strip), left1 = load(strip + LANES);
    for (size_t t = 0; t < count * STRIP; t += STRIP) {
        const vec right0 = load(right + t), right1 = load(right + t + LANES);
        const vec next0 = load(after + t), next1 = load(after + t + LANES);
        store(strip + t, end * left0 + (end * right0 + sum0));
        store(strip + t + LANES, end * left1 + (end * right1 + sum1));
        sum0 += right0 - next0;
        sum1 += right1 - next1;
        left0 = next0;
        left1 = next1;
    }
    store(sums, sum0);
    store(sums + LANES, sum1);
}

static void strip_box(double *const *at, size_t count, double alpha, double *sums) {
    for (size_t lane = 0; lane < STRIP; lane += (size_t)2 * LANES)
        box_two_vectors(at[0] + lane, at[1] + lane, at[2] + lane, count, alpha, sums + lane);
}

static void strip_three_taps(double *const *at, size_t count, double c) {
    const vec outer = broadcast(c), inner = broadcast(1.0 - 2.0 * c);
    for (size_t t = 0; t < count * STRIP; t += LANES) {
        const vec ends = load(at[0] + t) + load(at[2] + t);
        store(at[0] + t, inner * load(at[1] + t) + outer * ends);
    }
}

/* `outputs` positions of two vectors: each sample is loaded once for all of them. */
INLINE void fir_block(int outputs, double *strip, const double *taps, size_t width) {
    vec sums[2 * CKN_CPU_FIR_BLOCK] = {{0}};
    for (size_t k = 0; k < width + (size_t)outputs - 1; k++) {
        const vec sample0 = load(strip + k * STRIP), sample1 = load(strip + k * STRIP + LANES);
        for (int i = 0; i < outputs; i++) {
            const vec tap = broadcast(taps[(ptrdiff_t)k - i]);
            sums[2 * i] += tap * sample0;
            sums[2 * i + 1] += tap * sample1;
        }
    }
    for (int i = 0; i < outputs; i++) {
        store(strip + (size_t)i * STRIP, sums[2 * i]);
        store(strip + (size_t)i * STRIP + LANES, sums[2 * i + 1]);
    }
}

static void strip_fir(double *strip, size_t count, const double *taps, size_t width) {
    for (size_t lane = 0; lane < STRIP; lane += (size_t)2 * LANES) {
        size_t t = 0;
        for (; t + CKN_CPU_FIR_BLOCK <= count; t += CKN_CPU_FIR_BLOCK)
            fir_block((int)CKN_CPU_FIR_BLOCK, strip + t * STRIP + lane, taps, width);
        for (; t < count; t++)
            fir_block(1, strip + t * STRIP + lane, taps, width);
    }
}

/* --- to and from float32 ---------------------------------------------------------------------- */

typedef float quad __attribute__((vector_size(16))); /* what is transposed */
typedef double wide_quad __attribute__((vector_size(32)));
typedef int quad_bits __attribute__((vector_size(16)));
typedef long long wide_quad_bits __attribute__((vector_size(32)));

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (quad_bits){i, j, k, l})
#endif

/* NaN or infinity times 0 is NaN and stays in a sum; the sign of any number below 0 stays in an
 * OR. */
typedef struct watch {
    quad bad;
    quad_bits signs;
} watch;

INLINE void look(watch *seen, quad sample) {
    seen->bad += sample * (quad){0};
    seen->signs |= (quad_bits)sample;
}

INLINE void tell(const watch *seen, ckn_cpu_seen *all) {
    for (int i = 0; i < 4; i++) {
        all->bad = all->bad || seen->bad[i] != 0.0f;
        all->negative = all->negative || seen->signs[i] < 0;
    }
}

INLINE quad load_quad(const float *from) {
    quad q;
    memcpy(&q, from, sizeof q);
    return q;
}

INLINE void store_quad(float *to, quad q) {
    memcpy(to, &q, sizeof q);
}

/* GCC takes conversions of vectors apart where it need not. */
#ifdef __AVX__
#define WIDEN(q) ((wide_quad)_mm256_cvtps_pd((__m128)(q)))
#define NARROW(w) ((quad)_mm256_cvtpd_ps((__m256d)(w)))
#else
#define WIDEN(q) __builtin_convertvector(q, wide_quad)
#define NARROW(w) __builtin_convertvector(w, quad)
#endif

INLINE void widen(double *to, quad q, double scale) {
    const wide_quad wide = WIDEN(q) * ((wide_quad){0} + scale);
    memcpy(to, &wide, sizeof wide);
}

INLINE quad narrow(const double *from, bool clamp) {
    wide_quad wide;
    memcpy(&wide, from, sizeof wide);
    if (clamp)
        wide = (wide_quad)((wide_quad_bits)wide & (wide_quad_bits)(wide > (wide_quad){0}));
    return NARROW(wide);
}

INLINE void transpose(quad *q) {
    const quad a = SHUFFLE(q[0], q[1], 0, 4, 1, 5), b = SHUFFLE(q[2], q[3], 0, 4, 1, 5);
    const quad c = SHUFFLE(q[0], q[1], 2, 6, 3, 7), d = SHUFFLE(q[2], q[3], 2, 6, 3, 7);
    q[0] = SHUFFLE(a, b, 0, 1, 4, 5);
    q[1] = SHUFFLE(a, b, 2, 3, 6, 7);
    q[2] = SHUFFLE(c, d, 0, 1, 4, 5);
    q[3] = SHUFFLE(c, d, 2, 3, 6, 7);
}

INLINE quad load_some(const float *from, size_t count) {
    quad q = {0};
    for (size_t i = 0; i < count && i < 4; i++)
        q[i] = from[i];
    return q;
}

INLINE void store_some(float *to, quad q, size_t count) {
    for (size_t i = 0; i < count && i < 4; i++)
        to[i] = q[i];
}

INLINE size_t lanes_left(size_t lanes, size_t first) {
    return lanes > first ? lanes - first : 0;
}

INLINE void load_cols(double *strip, const ckn_cpu_plane *from, size_t count, bool whole,
                      watch *all) {
    const float *in = from->in;
    for (size_t t = 0; t < count; t++, in += from->step, strip += STRIP) {
        __builtin_prefetch(in + from->ahead);
        for (size_t lane = 0; lane < STRIP; lane += 4) {
            const quad q =
                whole ? load_quad(in + lane) : load_some(in + lane, lanes_left(from->lanes, lane));
            look(all, q);
            widen(strip + lane, q, from->scale);
        }
    }
}

static void strip_load_cols(double *strip, const ckn_cpu_plane *from, size_t count,
                            ckn_cpu_seen *seen) {
    watch all = {{0}, {0}};
    if (from->lanes == STRIP)
        load_cols(strip, from, count, true, &all);
    else
        load_cols(strip, from, count, false, &all);
    tell(&all, seen);
}

INLINE void store_cols(const double *strip, const ckn_cpu_plane *to, size_t count, bool clamp) {
    float *out = to->out;
    for (size_t t = 0; t < count; t++, out += to->step, strip += STRIP) {
        for (size_t lane = 0; lane < STRIP; lane += 4) {
            const quad q = narrow(strip + lane, clamp);
            if (to->lanes == STRIP)
                store_quad(out + lane, q);
            else
                store_some(out + lane, q, lanes_left(to->lanes, lane));
        }
    }
}

static void strip_store_cols(const double *strip, const ckn_cpu_plane *to, size_t count,
                             bool clamp) {
    if (clamp)
        store_cols(strip, to, count, true);
    else
        store_cols(strip, to, count, false);
}

/* Where position 0 of a lane stands; rows. */
INLINE size_t lane_offset(const ckn_cpu_plane *of, size_t lane) {
    return lane / of->channels * of->step + lane % of->channels;
}

/* Lanes [first, end) one by one. */
INLINE void load_lanes(double *strip, const ckn_cpu_plane *from, size_t first, size_t end,
                       size_t count, watch *all) {
    for (size_t lane = first; lane < end; lane++) {
        const float *in = from->in + lane_offset(from, lane);
        for (size_t t = 0; t < count; t++) {
            const float sample = lane < from->lanes ? in[t * from->channels] : 0.0f;
            look(all, (quad){sample});
            strip[t * STRIP + lane] = (double)sample * from->scale;
        }
    }
}

/* Four rows of one channel, four positions at a time through registers. */
INLINE void load_four_rows(double *strip, const float *in, const ckn_cpu_plane *from, size_t count,
                           watch *all) {
    for (size_t t = 0; t + 4 <= count; t += 4) {
        quad q[4];
        for (size_t i = 0; i < 4; i++) {
            if (t % 16 == 0)
                __builtin_prefetch(in + i * from->step + t + from->ahead);
            q[i] = load_quad(in + i * from->step + t);
            look(all, q[i]);
        }
        transpose(q);
        for (size_t i = 0; i < 4; i++)
            widen(strip + (t + i) * STRIP, q[i], from->scale);
    }
}

static void strip_load_rows(double *strip, const ckn_cpu_plane *from, size_t count,
                            ckn_cpu_seen *seen) {
    watch all = {{0}, {0}};
    for (size_t lane = 0; lane < STRIP; lane += 4) {
        size_t done = 0;
        if (lane + 4 <= from->lanes && from->channels == 1) {
            load_four_rows(strip + lane, from->in + lane * from->step, from, count, &all);
            done = count / 4 * 4;
        } else if (lane + 4 <= from->lanes && from->channels == 4) {
            const float *in = from->in + lane_offset(from, lane);
            for (; done < count; done++) {
                const quad q = load_quad(in + 4 * done);
                look(&all, q);
                widen(strip + done * STRIP + lane, q, from->scale);
            }
        }
        ckn_cpu_plane rest = *from;
        rest.in += done * from->channels;
        if (done < count)
            load_lanes(strip + done * STRIP, &rest, lane, lane + 4, count - done, &all);
    }
    tell(&all, seen);
}

INLINE void store_lanes(const double *strip, const ckn_cpu_plane *to, size_t first, size_t end,
                        size_t count, bool clamp) {
    for (size_t lane = first; lane < end && lane < to->lanes; lane++) {
        float *out = to->out + lane_offset(to, lane);
        for (size_t t = 0; t < count; t++) {
            const double sample = strip[t * STRIP + lane];
            out[t * to->channels] = (float)(clamp && !(sample > 0.0) ? 0.0 : sample);
        }
    }
}

INLINE void store_four_rows(const double *strip, float *out, size_t step, size_t count,
                            bool clamp) {
    for (size_t t = 0; t + 4 <= count; t += 4) {
        quad q[4];
        for (size_t i = 0; i < 4; i++)
            q[i] = narrow(strip + (t + i) * STRIP, clamp);
        transpose(q);
        for (size_t i = 0; i < 4; i++)
            store_quad(out + i * step + t, q[i]);
    }
}

INLINE void store_rows(const double *strip, const ckn_cpu_plane *to, size_t count, bool clamp) {
    for (size_t lane = 0; lane < to->lanes; lane += 4) {
        size_t done = 0;
        if (lane + 4 <= to->lanes && to->channels == 1) {
            store_four_rows(strip + lane, to->out + lane * to->step, to->step, count, clamp);
            done = count / 4 * 4;
        } else if (lane + 4 <= to->lanes && to->channels == 4) {
            float *out = to->out + lane_offset(to, lane);
            for (; done < count; done++)
                store_quad(out + 4 * done, narrow(strip + done * STRIP + lane, clamp));
        }
        ckn_cpu_plane rest = *to;
        rest.out += done * to->channels;
        if (done < count)
            store_lanes(strip + done * STRIP, &rest, lane, lane + 4, count - done, clamp);
    }
}

static void strip_store_rows(const double *strip, const ckn_cpu_plane *to, size_t count,
                             bool clamp) {
    if (clamp)
        store_rows(strip, to, count, true);
    else
        store_rows(strip, to, count, false);
}

/* --- FIR of rows ------------------------------------------------------------------------------ */

typedef float row_vec __attribute__((vector_size(2 * LANES * sizeof(float))));

/* What is computed at once: so many vectors share the loads of a tap. */
enum { ROW_LANES = 2 * LANES, ROW_VECTORS = 4, ROW_BLOCK = ROW_LANES * ROW_VECTORS };

INLINE row_vec load_row(const float *from) {
    row_vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void store_block(float *to, const row_vec *sums) {
    for (int v = 0; v < ROW_VECTORS; v++)
        memcpy(to + (ptrdiff_t)v * ROW_LANES, &sums[v], sizeof sums[v]);
}

static void strip_fir_along(float *to, const float *from, size_t count, size_t apart,
                            const float *taps, size_t width) {
    for (size_t i = 0; i < count; i += ROW_BLOCK) {
        row_vec sums[ROW_VECTORS] = {{0}};
        for (size_t k = 0; k < width; k++) {
            const row_vec tap = (row_vec){0} + taps[k];
            for (size_t v = 0; v < ROW_VECTORS; v++)
                sums[v] += tap * load_row(from + i + v * ROW_LANES + k * apart);
        }
        store_block(to + i, sums);
    }
}

INLINE void stream_piece(float *to, const float *from, size_t count);

/* What a row adds to outputs [first, end), of two vectors each. It is row k of the first one. */
INLINE void add_across(row_vec *sums, const float *row, const float *taps, size_t k, size_t first,
                       size_t end) {
    const row_vec sample0 = load_row(row), sample1 = load_row(row + ROW_LANES);
    for (size_t j = first; j < end; j++) {
        const row_vec tap = (row_vec){0} + taps[k - j];
        sums[2 * j] += tap * sample0;
        sums[2 * j + 1] += tap * sample1;
    }
}

/* `outputs` rows of two vectors: each row is loaded once for all of them. No tap is ever 0 beyond
 * its window, where a sample that is not finite would spoil the sum. */
INLINE void across_block(size_t outputs, row_vec *sums, const float *const *rows, size_t i,
                         const float *taps, size_t width) {
    size_t k = 0;
    for (; k + 1 < outputs; k++)
        add_across(sums, rows[k] + i, taps, k, 0, k + 1);
    for (; k < width; k++)
        add_across(sums, rows[k] + i, taps, k, 0, outputs);
    for (; k < width + outputs - 1; k++)
        add_across(sums, rows[k] + i, taps, k, k + 1 - width, outputs);
}

INLINE void across_rows(size_t outputs, float *to, size_t pitch, const float *const *rows,
                        size_t count, const float *taps, size_t width, bool far) {
    enum { BLOCK_LANES = 2 * ROW_LANES };
    for (size_t i = 0; i < count; i += BLOCK_LANES) {
        row_vec sums[2 * CKN_CPU_FIR_ROWS] = {{0}};
        across_block(outputs, sums, rows, i, taps, width);
        const size_t left = count - i < BLOCK_LANES ? count - i : BLOCK_LANES;
        for (size_t j = 0; j < outputs; j++) {
            float block[BLOCK_LANES];
            memcpy(block, &sums[2 * j], sizeof block);
            if (far)
                stream_piece(to + j * pitch + i, block, left);
            else
                memcpy(to + j * pitch + i, block, left * sizeof *block);
        }
    }
}

static void strip_fir_across(float *to, size_t pitch, size_t outputs, const float *const *rows,
                             size_t count, const float *taps, size_t width, bool far) {
    if (outputs == CKN_CPU_FIR_ROWS)
        across_rows(CKN_CPU_FIR_ROWS, to, pitch, rows, count, taps, width, far);
    else
        across_rows(1, to, pitch, rows, count, taps, width, far);
}

/* Writing an image past the caches saves reading the lines that are written. */
INLINE void stream_piece(float *to, const float *from, size_t count) {
#ifdef __SSE__
    if ((uintptr_t)to % 64 == 0 && count % 16 == 0) {
        for (size_t i = 0; i < count; i += 4)
            _mm_stream_ps(to + i, (__m128)load_quad(from + i));
        return;
    }
#endif
    memcpy(to, from, count * sizeof *to);
}

static void strip_stream(const ckn_cpu_pieces *of, float *to, const float *from) {
    for (size_t row = 0; row < of->rows; row++) {
        float *line = to + row * of->to_row;
        for (size_t i = 0; i < of->pieces; i++)
            stream_piece(line + i * of->count, from + row * of->from_row + i * of->from_piece,
                         of->count);
    }
}

static void strip_drain(void) {
#ifdef __SSE__
    _mm_sfence();
#endif
}
