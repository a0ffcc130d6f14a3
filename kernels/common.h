/* Stands before every program: sums in two floats, lanes, tiles.
 *
 * CKN_LANES is how many neighbouring samples one work-item handles at a time: 1 on GPUs, whose
 * work-items are lanes already, the vector width on CPUs.
 *
 * Products are fused with sums in multiply_add() only: the error terms of two_sum() and
 * two_product() are wrong where a compiler fuses what they take apart. */
#ifdef __FAST_RELAXED_MATH__
#error "clkernest's kernels must not be compiled with fast relaxed math"
#endif
#pragma OPENCL FP_CONTRACT OFF

#ifndef CKN_LANES
#define CKN_LANES 1
#endif
/* Rows that one work-item of the convolutions carries in registers. */
#define CKN_STEP 8
/* The convolutions take the kernel's taps in blocks of CKN_BLOCK x CKN_BLOCK. */
#define CKN_BLOCK 16
/* Rows of an image tile of the gradient, a multiple of CKN_STEP. */
#define CKN_TILE_ROWS 16

#define CKN_PASTE_(a, b) a##b
#define CKN_PASTE(a, b) CKN_PASTE_(a, b)
#if CKN_LANES == 1
typedef float lanes;
#define LOAD_LANES(pointer) (*(pointer))
#define STORE_LANES(value, pointer) (*(pointer) = (value))
#else
typedef CKN_PASTE(float, CKN_LANES) lanes;
#define LOAD_LANES(pointer) CKN_PASTE(vload, CKN_LANES)(0, pointer)
#define STORE_LANES(value, pointer) CKN_PASTE(vstore, CKN_LANES)(value, 0, pointer)
#endif

#ifdef CKN_FP64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
/* Doubles that fill as many bytes as `lanes`: CKN_WIDE is CKN_LANES / 2, but 1 on GPUs. */
#if CKN_WIDE == 1
typedef double wide;
#define LOAD_WIDE(pointer) ((double)*(pointer)) /* of floats */
#define READ_WIDE(pointer) (*(pointer))         /* of doubles */
#define WRITE_WIDE(value, pointer) (*(pointer) = (value))
#else
typedef CKN_PASTE(double, CKN_WIDE) wide;
#define LOAD_WIDE(pointer)                                                                         \
    CKN_PASTE(convert_double, CKN_WIDE)(CKN_PASTE(vload, CKN_WIDE)(0, pointer))
#define READ_WIDE(pointer) CKN_PASTE(vload, CKN_WIDE)(0, pointer)
#define WRITE_WIDE(value, pointer) CKN_PASTE(vstore, CKN_WIDE)(value, 0, pointer)
#endif
#endif

/* a b + c, fused where the device is quicker that way. */
lanes multiply_add(lanes a, lanes b, lanes c) {
#pragma OPENCL FP_CONTRACT ON
    return a * b + c;
}

/* STEPS(F) is F(0) ... F(CKN_STEP - 1). Written out, since only an array whose every index is a
 * constant can live in registers, and not every compiler unrolls loops before it decides that. */
#define STEPS(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7)

/* a + b = result.x + result.y exactly. */
float2 two_sum(float a, float b) {
    float sum = a + b;
    float part = sum - a;
    return (float2)(sum, (a - (sum - part)) + (b - part));
}

/* The rounding error of product = a b. Without a fused multiply-add in hardware, fma() is a
 * function of dozens of steps; the factors are then split into halves, whose products are exact
 * (Dekker, Numer. Math. 18, 1971). */
#ifdef CKN_FMA
#define RETURN_PRODUCT_ERROR(type) return fma(a, b, -product);
#else
#define HIGH_HALF(a) (4097.0f * (a) - (4097.0f * (a) - (a)))
#define RETURN_PRODUCT_ERROR(type)                                                                 \
    const type a_high = HIGH_HALF(a), a_low = a - a_high;                                          \
    const type b_high = HIGH_HALF(b), b_low = b - b_high;                                          \
    const type rest = ((product - a_high * b_high) - a_low * b_high) - a_high * b_low;             \
    return a_low * b_low - rest;
#endif
float product_error(float a, float b, float product){RETURN_PRODUCT_ERROR(float)} lanes
    product_errors(lanes a, lanes b, lanes product){RETURN_PRODUCT_ERROR(lanes)}

/* a b = result.x + result.y exactly. */
float2 two_product(float a, float b) {
    float product = a * b;
    return (float2)(product, product_error(a, b, product));
}

/* The sum of two unevaluated sums, renormalised. */
float2 add_pairs(float2 a, float2 b) {
    float2 sum = two_sum(a.x, b.x);
    return two_sum(sum.x, sum.y + (a.y + b.y));
}

/* (*high, *low) += value, lane by lane. */
void add_compensated(lanes *high, lanes *low, lanes value) {
    lanes sum = *high + value;
    lanes part = sum - *high;
    *low += (*high - (sum - part)) + (value - part);
    *high = sum;
}

/* For arrays `sums`, `high` and `low` of CKN_STEP lanes each. */
#define CLEAR_SUM(i) sums[i] = (lanes)(0.0f);
#define ADD_SUM(i) add_compensated(&high[i], &low[i], sums[i]);

/* One lane of a vector in private memory. */
float lane(const lanes *value, int index) {
    return ((const float *)value)[index];
}

/* The sum of all lanes. */
float2 sum_lanes(const lanes *high, const lanes *low) {
    float2 sum = (float2)(0.0f, 0.0f);
    for (int j = 0; j < CKN_LANES; j++)
        sum = add_pairs(sum, (float2)(lane(high, j), lane(low, j)));
    return sum;
}

/* The first global index of this work-group. The host cuts large launches into pieces that start at
 * an offset, which get_group_id() does not know about. */
int group_start(uint dimension) {
    return (int)(get_global_id(dimension) - get_local_id(dimension));
}

int local_index(void) {
    return (int)(get_local_id(0) +
                 get_local_size(0) * (get_local_id(1) + get_local_size(1) * get_local_id(2)));
}

int local_count(void) {
    return (int)(get_local_size(0) * get_local_size(1) * get_local_size(2));
}

/* How the work-items of a group share a tile that is copied: GPUs take samples side by side, on
 * CPUs each work-item copies whole rows. */
int copy_width(void) {
    return CKN_LANES == 1 ? min(32, local_count()) : 1;
}

int copy_height(void) {
    return local_count() / copy_width();
}

/* The first row of this work-item; behind the last one where the group is no multiple of the
 * width and this work-item is left over. */
int copy_first_row(int rows) {
    return local_index() < copy_width() * copy_height() ? local_index() / copy_width() : rows;
}

/* Copies the part of `image` that starts at (row, col) to `tile`, with zeros where the tile
 * overhangs the image's first `rows` rows of `cols` samples; rows are `stride` apart. All
 * work-items of the group take part; the caller puts the barriers. */
void load_part(__local float *tile, int tile_rows, int tile_cols, __global const float *image,
               int stride, int rows, int cols, int row, int col) {
    const int width = copy_width();
    const int first = local_index() % width;
    const int inside = clamp(cols - col, 0, tile_cols);
    for (int i = copy_first_row(tile_rows); i < tile_rows; i += copy_height()) {
        __local float *to = tile + i * tile_cols;
        const int filled = row + i < rows ? inside : 0;
        __global const float *from = image + (filled ? (row + i) * stride + col : 0);
        for (int j = first; j < filled; j += width)
            to[j] = from[j];
        for (int j = first; j < tile_cols; j += width)
            if (j >= filled)
                to[j] = 0.0f;
    }
}

/* The same for an image whose rows are `cols` apart. */
void load_tile(__local float *tile, int tile_rows, int tile_cols, __global const float *image,
               int rows, int cols, int row, int col) {
    load_part(tile, tile_rows, tile_cols, image, cols, rows, cols, row, col);
}

/* Adds up the pairs of a work-group; every work-item receives the result. `scratch` holds one
 * pair per work-item; any group size will do. */
float2 group_sum(float2 value, __local float2 *scratch) {
    const int index = local_index();
    int count = local_count();
    barrier(CLK_LOCAL_MEM_FENCE);
    scratch[index] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    while (count > 1) {
        const int half_count = (count + 1) / 2;
        if (index + half_count < count)
            scratch[index] = add_pairs(scratch[index], scratch[index + half_count]);
        barrier(CLK_LOCAL_MEM_FENCE);
        count = half_count;
    }
    return scratch[0];
}

/* Values of ckn_boundary. */
enum { REFLECT = 0, MIRROR, REPLICATE, PERIODIC, ZERO };

/* Where position i of the endless line stands in a line of n samples; -1: outside it is zero. */
int source_index(int i, int n, int boundary) {
    if (i >= 0 && i < n)
        return i;
    if (boundary == ZERO)
        return -1;
    if (boundary == REPLICATE)
        return i < 0 ? 0 : n - 1;
    if (boundary == MIRROR && n == 1)
        return 0;
    const int period = boundary == REFLECT ? 2 * n : boundary == MIRROR ? 2 * n - 2 : n;
    int k = i % period;
    if (k < 0)
        k += period;
    if (k < n)
        return k;
    return boundary == REFLECT ? period - 1 - k : period - k;
}

/* Hints for CPUs, which see all memory at the same addresses; the host says which devices'
 * compilers take them. FETCH
 * asks for a sample that is read later. Storing past the caches, at multiples of a vector's size,
 * saves reading what is overwritten. */
#if defined(CKN_HINTS) && CKN_LANES > 1 && defined(__has_builtin)
#if __has_builtin(__builtin_prefetch)
#define FETCH(pointer) __builtin_prefetch((const void *)(ulong)(pointer))
#endif
#if __has_builtin(__builtin_nontemporal_store)
#define STORE_PAST_CACHES(value, pointer)                                                          \
    __builtin_nontemporal_store(value, (__global lanes *)(pointer))
#endif
#endif
#ifndef FETCH
#define FETCH(pointer)
#endif
#ifndef STORE_PAST_CACHES
#define STORE_PAST_CACHES(value, pointer) STORE_LANES(value, pointer)
#endif

bool is_aligned(__global const float *pointer) {
    return (ulong)pointer % sizeof(lanes) == 0;
}
