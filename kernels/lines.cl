/* Filters along all lines of an image, in one trip through memory: all passes of an extended box
 * with its correction, or a FIR.
 *
 * A strip of lines streams through a ring in local memory: `chunk` positions are read, with what
 * the boundary rule puts round the line; every pass goes on as far as the one before it has come,
 * in place, writing what it computes for the middle of a window to the window's first sample; what
 * comes out of the last pass is written. Each pass makes the line shorter by its window, so that no
 * pass has a border of its own. A work-item carries CKN_LANES lines; on GPUs a work-group carries
 * lines side by side, on CPUs it is one work-item with several strips one after another, whose
 * results are written together.
 *
 * Windows are running sums, in double precision or in two floats. They start anew with every
 * segment of a line. Samples that are not finite never enter them: they count as 0 here, and
 * restore_bad() writes what they reach. */

/* What the ring holds. CKN_LANES lines are CELLS cells. */
#if defined(CKN_FP64) && CKN_LANES > 1
typedef double real;
typedef wide cell;
#define WIDTH CKN_WIDE
#define CELLS 2
#define EACH_CELL(F) F(0) F(1)
#define READ_CELL(pointer) READ_WIDE(pointer)
#define WRITE_CELL(value, pointer) WRITE_WIDE(value, pointer)
#else
typedef float real;
typedef lanes cell;
#define WIDTH CKN_LANES
#define CELLS 1
#define EACH_CELL(F) F(0)
#define READ_CELL(pointer) LOAD_LANES(pointer)
#define WRITE_CELL(value, pointer) STORE_LANES(value, pointer)
#endif

/* The lines of an image; see ckn_lines. */
typedef struct plane {
    int rows_axis; /* lines are rows */
    int channels, lines;
    int pitch;  /* samples from one row of the image to the next */
    int length; /* samples of a line */
} plane;

int line_start(const plane *of, int line) {
    return of->rows_axis ? line / of->channels * of->pitch + line % of->channels : line;
}

int position_step(const plane *of) {
    return of->rows_axis ? of->channels : of->pitch;
}

/* What one work-item knows of its strip. */
typedef struct strip {
    __local real *ring; /* its first lane */
    int apart;          /* reals from one position of the ring to the next */
    int capacity;       /* positions */
    int first_line;     /* of this work-item */
    int bad, negative;  /* what was seen of its samples */
    int ahead;          /* what stands so many samples farther is read later */
} strip;

/* --- reading ---------------------------------------------------------------------------------- */

void put_lanes(lanes value, real scale, __local real *to) {
#if CELLS == 2
    const CKN_PASTE(double, CKN_LANES) all = CKN_PASTE(convert_double, CKN_LANES)(value) * scale;
    WRITE_CELL(all.lo, to);
    WRITE_CELL(all.hi, to + WIDTH);
#else
    WRITE_CELL(value * scale, to);
#endif
}

/* One position from anywhere, line by line. */
void load_position(__global const float *in, const plane *from, const strip *s, int sample,
                   real scale, __local real *to) {
    for (int lane = 0; lane < CKN_LANES; lane++) {
        const int line = s->first_line + lane;
        to[lane] = sample >= 0 && line < from->lines
                       ? scale * in[line_start(from, line) + sample * position_step(from)]
                       : 0;
    }
}

#if CKN_LANES == 1
/* Rows are turned through the ring, so that a work-group reads side by side: each work-item reads
 * positions of all lines. The caller puts a barrier behind it. */
void load_turned(__global const float *in, const plane *from, const strip *s, int position, int at,
                 int count, int boundary, real scale) {
    const int items = (int)get_local_size(0), own = (int)get_local_id(0);
    const int first_line = s->first_line - own;
    for (int i = own; i < count; i += items) {
        const int sample = source_index(position + i, from->length, boundary);
        __local real *to = s->ring - own + (at + i) * s->apart;
        for (int line = first_line; line < first_line + items; line++)
            to[line - first_line] =
                sample >= 0 && line < from->lines
                    ? scale * in[line_start(from, line) + sample * from->channels]
                    : 0.0f;
    }
}
#else
/* Rows of one channel: four lines, four positions at a time. */
void load_block(__global const float *row, int pitch, real scale, __local real *to, int apart) {
    const float4 a = vload4(0, row), b = vload4(0, row + pitch);
    const float4 c = vload4(0, row + 2 * pitch), d = vload4(0, row + 3 * pitch);
#if CELLS == 2
#define PUT_FOUR(member, i)                                                                        \
    vstore4(convert_double4((float4)(a.member, b.member, c.member, d.member)) * scale, 0,          \
            to + i * apart);
#else
#define PUT_FOUR(member, i)                                                                        \
    vstore4((float4)(a.member, b.member, c.member, d.member) * scale, 0, to + i * apart);
#endif
    PUT_FOUR(x, 0)
    PUT_FOUR(y, 1)
    PUT_FOUR(z, 2)
    PUT_FOUR(w, 3)
}
#endif

/* `count` positions to place `at` of the ring, where they stand without a break. */
void load_run(__global const float *in, const plane *from, const strip *s, int position, int at,
              int count, int boundary, real scale) {
#if CKN_LANES == 1
    if (from->rows_axis) {
        load_turned(in, from, s, position, at, count, boundary, scale);
        return;
    }
#endif
    int i = 0;
    const int whole = s->first_line + CKN_LANES <= from->lines;
    while (i < count) {
        const int sample = source_index(position + i, from->length, boundary);
        __local real *to = s->ring + (at + i) * s->apart;
#if CKN_LANES > 1
        if (whole && from->rows_axis && from->channels == 1 && position + i >= 0 &&
            position + i + 4 <= from->length && i + 4 <= count) {
            __global const float *row = in + s->first_line * from->pitch + sample;
            for (int lane = 0; sample % 16 < 4 && lane < CKN_LANES; lane++)
                FETCH(row + lane * from->pitch + s->ahead);
            for (int lane = 0; lane < CKN_LANES; lane += 4)
                load_block(row + lane * from->pitch, from->pitch, scale, to + lane, s->apart);
            i += 4;
            continue;
        }
#endif
        if (whole && !from->rows_axis && sample >= 0) {
            __global const float *samples = in + sample * from->pitch + s->first_line;
            FETCH(samples + s->ahead);
            put_lanes(LOAD_LANES(samples), scale, to);
        } else
            load_position(in, from, s, sample, scale, to);
        i++;
    }
}

/* Looks at what was read; what is not finite becomes 0. */
void inspect_run(strip *s, int at, int count) {
    __local real *first = s->ring + at * s->apart;
    cell sick[CELLS], lowest[CELLS]; /* NaN or 0; the smallest, or 0 */
#define START_LOOK(c) sick[c] = lowest[c] = (cell)(0);
    EACH_CELL(START_LOOK)
    for (int i = 0; i < count; i++) {
#define LOOK(c)                                                                                    \
    {                                                                                              \
        const cell value = READ_CELL(first + i * s->apart + c * WIDTH);                            \
        sick[c] += value * (cell)(0);                                                              \
        lowest[c] = value < lowest[c] ? value : lowest[c];                                         \
    }
        EACH_CELL(LOOK)
    }
    int any_sick = 0;
#define CONCLUDE(c)                                                                                \
    for (int lane = 0; lane < WIDTH; lane++) {                                                     \
        any_sick |= ((const real *)&sick[c])[lane] != 0;                                           \
        s->negative |= ((const real *)&lowest[c])[lane] < 0;                                       \
    }
    EACH_CELL(CONCLUDE)
    if (!any_sick)
        return;
    s->bad = 1;
    for (int i = 0; i < count; i++) {
        for (int lane = 0; lane < CKN_LANES; lane++) {
            const real value = first[i * s->apart + lane];
            s->negative |= isfinite(value) && value < 0;
            first[i * s->apart + lane] = isfinite(value) ? value : 0;
        }
    }
}

/* --- passes ----------------------------------------------------------------------------------- */

/* Where the position `offset` behind `position` stands; *run is cut to what stands behind it. */
__local real *place(const strip *s, int position, int offset, int *run) {
    const int at = (position + offset) % s->capacity;
    *run = min(*run, s->capacity - at);
    return s->ring + at * s->apart;
}

/* A pass of a box, with alpha and what its results are multiplied with. With double precision
 * that is left to the reading, since nothing can grow too large; else `unit` is a power of two that
 * keeps sums in the range of samples, and 1 / (lambda unit) comes in two floats, so that many
 * passes do not add up its rounding error. */
typedef struct box_pass {
    int margin; /* l + 1 */
    real alpha, unit, scale, scale_low;
} box_pass;

#if CELLS == 2
#define ENTER(c, value) sum[c] += value;
#else
#define ENTER(c, value) add_compensated(&sum[c], &low[c], box->unit *(value));
#endif

/* sums: of the plain windows of the next position, and their rounding errors. */
void load_sums(__local const real *sums, int apart, cell *sum, cell *low) {
#define LOAD_SUM(c)                                                                                \
    sum[c] = READ_CELL(sums + c * WIDTH);                                                          \
    low[c] = READ_CELL(sums + apart + c * WIDTH);
    EACH_CELL(LOAD_SUM)
}

void store_sums(__local real *sums, int apart, const cell *sum, const cell *low) {
#define STORE_SUM(c)                                                                               \
    WRITE_CELL(sum[c], sums + c * WIDTH);                                                          \
    WRITE_CELL(low[c], sums + apart + c * WIDTH);
    EACH_CELL(STORE_SUM)
}

/* The sum of the first plain window, which stands at the start of the ring. */
void start_box(const strip *s, const box_pass *box, __local real *sums) {
    cell sum[CELLS], low[CELLS];
#define CLEAR_CELL(c) sum[c] = low[c] = (cell)(0);
    EACH_CELL(CLEAR_CELL)
    for (int i = 1; i < 2 * box->margin; i++) {
#define ENTER_FIRST(c) ENTER(c, READ_CELL(s->ring + i * s->apart + c * WIDTH))
        EACH_CELL(ENTER_FIRST)
    }
    store_sums(sums, s->apart, sum, low);
}

void run_box(const strip *s, const box_pass *box, __local real *left, __local const real *next,
             __local const real *right, int count, __local real *sums) {
#pragma OPENCL FP_CONTRACT ON
    cell sum[CELLS], low[CELLS], end[CELLS];
    load_sums(sums, s->apart, sum, low);
#define LOAD_LEFT(c) end[c] = READ_CELL(left + c * WIDTH);
    EACH_CELL(LOAD_LEFT)
    for (int i = 0; i < count; i++) {
        const int at = i * s->apart;
#if CELLS == 2
#define STEP_BOX(c)                                                                                \
    {                                                                                              \
        const cell entering = READ_CELL(right + at + c * WIDTH);                                   \
        const cell leaving = READ_CELL(next + at + c * WIDTH);                                     \
        WRITE_CELL(box->alpha *end[c] + (box->alpha * entering + sum[c]), left + at + c * WIDTH);  \
        sum[c] += entering - leaving;                                                              \
        end[c] = leaving;                                                                          \
    }
#else
#define STEP_BOX(c)                                                                                \
    {                                                                                              \
        const cell entering = READ_CELL(right + at), leaving = READ_CELL(next + at);               \
        const cell rest = low[c] + box->alpha * (end[c] + entering);                               \
        const cell small = fma(sum[c], (cell)(box->scale_low), rest * box->scale);                 \
        WRITE_CELL(fma(sum[c], (cell)(box->scale), small), left + at);                             \
        ENTER(c, entering)                                                                         \
        ENTER(c, -leaving)                                                                         \
        end[c] = leaving;                                                                          \
    }
#endif
        EACH_CELL(STEP_BOX)
    }
    store_sums(sums, s->apart, sum, low);
}

void run_boxes(const strip *s, const box_pass *box, int from, int to, __local real *sums) {
    if (from == 0 && to > 0)
        start_box(s, box, sums);
    while (from < to) {
        int count = to - from;
        __local real *left = place(s, from, 0, &count);
        __local real *next = place(s, from, 1, &count);
        __local real *right = place(s, from, 2 * box->margin, &count);
        run_box(s, box, left, next, right, count, sums);
        from += count;
    }
}

/* Three taps (c, 1 - 2c, c), `stride` samples apart. */
void run_three_taps(const strip *s, int from, int to, int stride, real c) {
#pragma OPENCL FP_CONTRACT ON
    const real own = (real)1 - (real)2 * c;
    while (from < to) {
        int count = to - from;
        __local real *before = place(s, from, 0, &count);
        __local real *middle = place(s, from, stride, &count);
        __local real *after = place(s, from, 2 * stride, &count);
        for (int i = 0; i < count; i++) {
#define STEP_THREE_TAPS(k)                                                                         \
    {                                                                                              \
        const int at = i * s->apart + k * WIDTH;                                                   \
        const cell outer = READ_CELL(before + at) + READ_CELL(after + at);                         \
        WRITE_CELL(own *READ_CELL(middle + at) + c * outer, before + at);                          \
    }
            EACH_CELL(STEP_THREE_TAPS)
        }
        from += count;
    }
}

/* Taps that are added up by themselves before they join the sum: what a long sum in float32 loses
 * grows with the number of its terms. */
#define TAPS_TOGETHER 64

/* FIR: four positions of one cell at a time; each sample is loaded once for all of them. Three
 * zeros stand before and behind the 2 radius + 1 taps. */
void fir_block(const strip *s, __local real *at, __global const float *taps, int radius) {
#pragma OPENCL FP_CONTRACT ON
    cell a[CELLS], b[CELLS], c[CELLS], d[CELLS], sums[4][CELLS];
#define CLEAR_SUMS(k) sums[0][k] = sums[1][k] = sums[2][k] = sums[3][k] = (cell)(0);
    EACH_CELL(CLEAR_SUMS)
    for (int first = 0; first < 2 * radius + 4; first += TAPS_TOGETHER) {
#define CLEAR_BLOCK(k) a[k] = b[k] = c[k] = d[k] = (cell)(0);
        EACH_CELL(CLEAR_BLOCK)
        for (int i = first; i < min(first + TAPS_TOGETHER, 2 * radius + 4); i++) {
#define STEP_FIR(k)                                                                                \
    {                                                                                              \
        const cell sample = READ_CELL(at + i * s->apart + k * WIDTH);                              \
        a[k] += (real)taps[i] * sample;                                                            \
        b[k] += (real)taps[i - 1] * sample;                                                        \
        c[k] += (real)taps[i - 2] * sample;                                                        \
        d[k] += (real)taps[i - 3] * sample;                                                        \
    }
            EACH_CELL(STEP_FIR)
        }
#define JOIN(k)                                                                                    \
    sums[0][k] += a[k];                                                                            \
    sums[1][k] += b[k];                                                                            \
    sums[2][k] += c[k];                                                                            \
    sums[3][k] += d[k];
        EACH_CELL(JOIN)
    }
#define PUT_BLOCK(k)                                                                               \
    WRITE_CELL(sums[0][k], at + k * WIDTH);                                                        \
    WRITE_CELL(sums[1][k], at + s->apart + k * WIDTH);                                             \
    WRITE_CELL(sums[2][k], at + 2 * s->apart + k * WIDTH);                                         \
    WRITE_CELL(sums[3][k], at + 3 * s->apart + k * WIDTH);
    EACH_CELL(PUT_BLOCK)
}

void fir_one(const strip *s, __local real *at, __global const float *taps, int radius) {
#pragma OPENCL FP_CONTRACT ON
    cell part[CELLS], sum[CELLS];
#define CLEAR_ONE(k) sum[k] = (cell)(0);
    EACH_CELL(CLEAR_ONE)
    for (int first = 0; first < 2 * radius + 1; first += TAPS_TOGETHER) {
#define CLEAR_PART(k) part[k] = (cell)(0);
        EACH_CELL(CLEAR_PART)
        for (int i = first; i < min(first + TAPS_TOGETHER, 2 * radius + 1); i++) {
#define STEP_ONE(k) part[k] += (real)taps[i] * READ_CELL(at + i * s->apart + k * WIDTH);
            EACH_CELL(STEP_ONE)
        }
#define JOIN_ONE(k) sum[k] += part[k];
        EACH_CELL(JOIN_ONE)
    }
#define PUT_ONE(k) WRITE_CELL(sum[k], at + k * WIDTH);
    EACH_CELL(PUT_ONE)
}

/* Windows that lie across the end of the ring see a copy of its start behind it. */
void run_fir(const strip *s, int from, int to, __global const float *taps, int radius) {
    while (from < to) {
        int count = to - from;
        __local real *at = place(s, from, 0, &count);
        const int end = from % s->capacity + count + 2 * radius;
        for (int i = s->capacity; i < end; i++) {
            for (int lane = 0; lane < CKN_LANES; lane++)
                s->ring[i * s->apart + lane] = s->ring[(i - s->capacity) * s->apart + lane];
        }
        int i = 0;
        for (; i + 4 <= count; i += 4)
            fir_block(s, at + i * s->apart, taps + 3, radius);
        for (; i < count; i++)
            fir_one(s, at + i * s->apart, taps + 3, radius);
        from += count;
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

real result(real value, int clamp) {
    return clamp && !(value > 0) ? 0 : value;
}

#if CKN_LANES == 1
/* A work-group writes side by side; the caller puts a barrier before it. `clamps` of all lines. */
void store_run(__global float *out, const plane *to, const strip *s, int position, int at,
               int count, __local const int *clamps) {
    const int own = (int)get_local_id(0), items = (int)get_local_size(0);
    if (!to->rows_axis) {
        for (int i = 0; s->first_line < to->lines && i < count; i++)
            out[(position + i) * to->pitch + s->first_line] =
                result(s->ring[(at + i) * s->apart], clamps[own]);
        return;
    }
    const int first_line = s->first_line - own;
    for (int i = own; i < count; i += items) {
        __local const real *from = s->ring - own + (at + i) * s->apart;
        for (int line = first_line; line < min(first_line + items, to->lines); line++)
            out[line_start(to, line) + (position + i) * to->channels] =
                result(from[line - first_line], clamps[line - first_line]);
    }
}
#else
/* Results wait on a stage of float32: [position][lane] where lines are columns, [line][position]
 * where they are rows, `step` apart. */
#if CELLS == 2
#define TAKE_LANES(p)                                                                              \
    (lanes)(CKN_PASTE(convert_float, CKN_WIDE)(READ_CELL(p)),                                      \
            CKN_PASTE(convert_float, CKN_WIDE)(READ_CELL((p) + WIDTH)))
#define TAKE_FOUR(p) convert_float4(vload4(0, p))
#else
#define TAKE_LANES(p) READ_CELL(p)
#define TAKE_FOUR(p) vload4(0, p)
#endif

lanes clamped(lanes value, int clamp) {
    return clamp ? (value > (lanes)(0.0f) ? value : (lanes)(0.0f)) : value;
}

float4 clamped_four(float4 value, int clamp) {
    return clamp ? (value > (float4)(0.0f) ? value : (float4)(0.0f)) : value;
}

void stage_block(__local const real *from, int apart, int clamp, __local float *stage, int step) {
    const float4 a = clamped_four(TAKE_FOUR(from), clamp);
    const float4 b = clamped_four(TAKE_FOUR(from + apart), clamp);
    const float4 c = clamped_four(TAKE_FOUR(from + 2 * apart), clamp);
    const float4 d = clamped_four(TAKE_FOUR(from + 3 * apart), clamp);
    vstore4((float4)(a.x, b.x, c.x, d.x), 0, stage);
    vstore4((float4)(a.y, b.y, c.y, d.y), 0, stage + step);
    vstore4((float4)(a.z, b.z, c.z, d.z), 0, stage + 2 * step);
    vstore4((float4)(a.w, b.w, c.w, d.w), 0, stage + 3 * step);
}

void stage_run(const plane *to, const strip *s, int at, int count, __local float *stage, int step) {
    __local const real *from = s->ring + at * s->apart;
    const int clamp = !s->negative;
    if (!to->rows_axis) {
        for (int i = 0; i < count; i++)
            STORE_LANES(clamped(TAKE_LANES(from + i * s->apart), clamp), stage + i * step);
        return;
    }
    int i = 0;
    for (; i + 4 <= count; i += 4) {
        for (int lane = 0; lane < CKN_LANES; lane += 4)
            stage_block(from + i * s->apart + lane, s->apart, clamp, stage + lane * step + i, step);
    }
    for (; i < count; i++) {
        for (int lane = 0; lane < CKN_LANES; lane++)
            stage[lane * step + i] = (float)result(from[i * s->apart + lane], clamp);
    }
}

void copy_samples(__global float *to, __local const float *from, int count, int far) {
    int i = 0;
    if (far && is_aligned(to) && count % CKN_LANES == 0) {
        for (; i < count; i += CKN_LANES)
            STORE_PAST_CACHES(LOAD_LANES(from + i), to + i);
        return;
    }
    for (; i + 4 <= count; i += 4)
        vstore4(vload4(0, from + i), 0, to + i);
    for (; i < count; i++)
        to[i] = from[i];
}

/* From the stage to the image: `count` positions of `strips` strips. */
void write_stage(__global float *out, const plane *to, int first_line, int strips, int position,
                 int count, __local const float *stage, int block, int far) {
    if (!to->rows_axis) {
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < strips; k++) {
                const int line = first_line + k * CKN_LANES;
                copy_samples(out + (position + i) * to->pitch + line,
                             stage + (k * block + i) * CKN_LANES,
                             clamp(to->lines - line, 0, CKN_LANES), far);
            }
        }
        return;
    }
    for (int lane = 0; lane < CKN_LANES; lane++) {
        const int line = first_line + lane;
        if (line >= to->lines)
            break;
        __global float *start = out + line_start(to, line) + position * to->channels;
        if (to->channels == 1) {
            copy_samples(start, stage + lane * block, count, far);
            continue;
        }
        for (int i = 0; i < count; i++)
            start[i * to->channels] = stage[lane * block + i];
    }
}
#endif

/* --- the kernel ------------------------------------------------------------------------------- */

/* What all strips have in common; see filter_lines(). */
typedef struct line_job {
    plane from, to;
    int begin, end, offset; /* of the segment */
    int boundary, chunk, passes, stride, radius, pad;
    box_pass box;
    real scale, weight; /* while reading; of the outer ones of three taps */
} line_job;

/* Positions that a pass has done when `read` have been read and all passes up to it use up `used`.
 */
int done_of(int read, int used) {
    return max(0, read - used);
}

/* Positions [read, now) of what is read, with what the boundary rule puts round the line. */
void read_positions(__global const float *in, const line_job *job, strip *s, int read, int now) {
    while (read < now) {
        int count = now - read;
        place(s, read, 0, &count);
        load_run(in, &job->from, s, job->begin + job->offset - job->pad + read, read % s->capacity,
                 count, job->boundary, job->scale);
        if (CKN_LANES == 1 && job->from.rows_axis)
            barrier(CLK_LOCAL_MEM_FENCE);
        inspect_run(s, read % s->capacity, count);
        read += count;
    }
}

/* Every pass goes on as far as the one before it has come. */
void run_passes(const line_job *job, const strip *s, int read, int now, __local real *sums,
                __global const float *taps) {
    const int all = 2 * job->pad;
    for (int pass = 0; pass < job->passes; pass++) {
        const int used = 2 * job->box.margin * (pass + 1);
        run_boxes(s, &job->box, done_of(read, used), done_of(now, used),
                  sums + pass * 2 * s->apart);
    }
    if (job->stride > 0)
        run_three_taps(s, done_of(read, all), done_of(now, all), job->stride, job->weight);
    else if (job->passes == 0)
        run_fir(s, done_of(read, all), done_of(now, all), taps, job->radius);
}

/* Positions [written, ready) of the result: to the image where a work-item has a line, else to the
 * stage, where position `first` stands first. */
void write_positions(__global float *out, const line_job *job, const strip *s, int written,
                     int ready, int first, __local float *stage, int stage_step) {
    while (written < ready) {
        int count = ready - written;
        place(s, written, 0, &count);
#if CKN_LANES == 1
        __local int *clamps = (__local int *)stage; /* there is no stage */
        (void)first;
        (void)stage_step;
        barrier(CLK_LOCAL_MEM_FENCE);
        clamps[get_local_id(0)] = !s->negative;
        barrier(CLK_LOCAL_MEM_FENCE);
        store_run(out, &job->to, s, job->begin + written, written % s->capacity, count, clamps);
        barrier(CLK_LOCAL_MEM_FENCE);
#else
        (void)out; /* write_stage() will see to it */
        const int waiting = written - first;
        stage_run(&job->to, s, written % s->capacity, count,
                  stage + (job->to.rows_axis ? waiting : waiting * CKN_LANES), stage_step);
#endif
        written += count;
    }
}

/* Positions [first, end) of the result of one strip, counted from the segment's start; the passes
 * stand where the last call has left them. */
void run_strip(__global const float *in, __global float *out, __global const float *taps,
               const line_job *job, strip *s, int first, int end, __local real *sums,
               __local float *stage, int stage_step) {
    int written = first;
    int read = written > 0 ? written + 2 * job->pad : 0;
    while (written < end) {
        const int now = min(read + job->chunk, end + 2 * job->pad);
        read_positions(in, job, s, read, now);
        run_passes(job, s, read, now, sums, taps);
        read = now;
        const int ready = done_of(read, 2 * job->pad);
        write_positions(out, job, s, written, ready, first, stage, stage_step);
        written = max(written, ready);
    }
}

/* With double precision the product of all passes' scales, see box_pass. */
real reading_scale(int passes, float scale, float scale_low) {
    real all = 1;
    for (int pass = 0; CELLS == 2 && pass < passes; pass++)
        all *= (real)scale + (real)scale_low;
    return all;
}

/* Dimension 0: lines by CKN_LANES and `strips`; dimension 1: segments of `segment` positions of
 * `out`, whose position 0 is position `offset` of `in`. Either `passes` boxes of margin = l + 1,
 * with three taps `stride` apart where that is not 0, or a FIR where there is neither. `scale` is
 * that of a pass, in two parts; with double precision (see box_pass) all of it is applied while
 * reading. sums: room for the sums of all passes; stage: `block` positions of a group's lines, on
 * CPUs. `chunk` positions are read at a time; `capacity` is more than the windows and a chunk.
 * flags[group] becomes 1 where a sample is not finite. */
__kernel void filter_lines(__global const float *in, __global float *out,
                           __global const float *taps, __global int *flags, int rows_axis,
                           int channels, int lines, int in_pitch, int in_length, int out_pitch,
                           int out_length, int offset, int boundary, int segment, int strips,
                           int block, int chunk, int capacity, int passes, int margin, int radius,
                           int stride, float alpha, float alpha_low, float unit, float scale,
                           float scale_low, float weight, int far, __local real *rings,
                           __local real *sums, __local float *stage) {
    const int items = (int)get_local_size(0), item = (int)get_local_id(0);
    const int group = (int)get_global_id(0) / items, lanes_of_group = items * CKN_LANES;
    /* On GPUs a place more, against bank conflicts. */
    const int apart = CKN_LANES == 1 ? items + 1 : lanes_of_group;
    const int begin = (int)get_global_id(1) * segment;
    const line_job job = {
        {rows_axis, channels, lines, in_pitch, in_length},
        {rows_axis, channels, lines, out_pitch, out_length},
        begin,
        min(begin + segment, out_length),
        offset,
        boundary,
        chunk,
        passes,
        stride,
        radius,
        passes * margin + stride + radius,
        {margin, (real)alpha + (real)alpha_low * (CELLS == 2), unit, scale, scale_low},
        reading_scale(passes, scale, scale_low),
        weight};
    /* A bit for each strip. The taps of a FIR may have any sign. */
    int negative = passes == 0 && stride == 0 ? -1 : 0;
    int bad = 0;
    for (int first = 0; first < job.end - begin; first += block) {
        const int end = min(first + block, job.end - begin);
        for (int k = 0; k < strips && (group * strips + k) * lanes_of_group < lines; k++) {
            const int ahead = rows_axis        ? 128
                              : k + 1 < strips ? CKN_LANES
                                               : block * in_pitch - k * CKN_LANES;
            strip s = {rings + k * (capacity + 2 * radius) * apart + item * CKN_LANES,
                       apart,
                       capacity,
                       (group * strips + k) * lanes_of_group + item * CKN_LANES,
                       0,
                       negative >> k & 1,
                       ahead};
            run_strip(in, out, taps, &job, &s, first, end,
                      sums + k * passes * 2 * apart + item * CKN_LANES,
                      stage + k * block * CKN_LANES, rows_axis ? block : CKN_LANES);
            negative |= s.negative << k;
            bad |= s.bad;
        }
#if CKN_LANES > 1
        write_stage(out, &job.to, group * strips * CKN_LANES, strips, begin + first, end - first,
                    stage, block, far);
#else
        (void)far; /* a GPU decides by itself */
#endif
    }
    if (bad)
        flags[group] = 1;
}

/* --- samples that are not finite -------------------------------------------------------------- */

/* Writes NaN and infinity wherever a filter of `reach` samples to each side carries those of `in`:
 * infinity where all bad samples in reach are infinities of one sign, else NaN. A work-item walks
 * one line; `lines_of_group` lines share a flag of filter_lines(). */
__kernel void restore_bad(__global const float *in, __global float *out, __global const int *flags,
                          int lines_of_group, int rows_axis, int channels, int lines, int pitch,
                          int length, int boundary, int reach) {
    const int line = (int)get_global_id(0);
    const plane image = {rows_axis, channels, lines, pitch, length};
    if (line >= lines || !flags[line / lines_of_group])
        return;
    const int start = line_start(&image, line), step = position_step(&image);
    const int never = -0x7fffffff;
    int last_nan = never, last_plus = never, last_minus = never;
    for (int front = -reach; front < length + reach; front++) {
        const int sample = source_index(front, length, boundary);
        const float value = sample < 0 ? 0.0f : in[start + sample * step];
        if (isnan(value))
            last_nan = front;
        else if (isinf(value))
            *(value > 0.0f ? &last_plus : &last_minus) = front;
        const int middle = front - reach, oldest = middle - reach;
        if (middle < 0)
            continue;
        const int plus = last_plus >= oldest, minus = last_minus >= oldest;
        if (last_nan >= oldest || (plus && minus))
            out[start + middle * step] = NAN;
        else if (plus || minus)
            out[start + middle * step] = plus ? INFINITY : -INFINITY;
    }
}

/* --- FIR without a ring ----------------------------------------------------------------------- */

/* For windows that local memory does not hold; also carries what is not finite by itself. Dimension
 * 0: samples of a row of the image, dimension 1: rows. */
__kernel void fir_direct(__global const float *in, __global float *out, __global const float *taps,
                         int rows_axis, int channels, int lines, int pitch, int length,
                         int boundary, int radius) {
    const int col = (int)get_global_id(0), row = (int)get_global_id(1);
    const int rows = rows_axis ? lines / channels : length;
    if (col >= pitch || row >= rows)
        return;
    const int position = rows_axis ? col / channels : row;
    const int start = rows_axis ? row * pitch + col % channels : col;
    const int step = rows_axis ? channels : pitch;
    float2 sum = (float2)(0.0f, 0.0f);
    for (int k = -radius; k <= radius; k++) {
        const int sample = source_index(position + k, length, boundary);
        if (sample >= 0) {
            const float product = taps[3 + radius + k] * in[start + sample * step];
            sum = isfinite(sum.x + product) ? add_pairs(sum, (float2)(product, 0.0f))
                                            : (float2)(sum.x + product, 0.0f);
        }
    }
    out[row * pitch + col] = sum.x;
}
