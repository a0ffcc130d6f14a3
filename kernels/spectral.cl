float2 times(float2 a, float2 b) {
    return (float2)(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

/* out = a b, or a conj(b) where `conjugate` is set. */
__kernel void spectral_multiply(__global float2 *out, __global const float2 *a,
                                __global const float2 *b, int pairs, int conjugate) {
    const int i = (int)get_global_id(0);
    if (i < pairs) {
        const float2 factor = b[i];
        out[i] = times(a[i], conjugate ? (float2)(factor.x, -factor.y) : factor);
    }
}

/* numerator (+)= y conj(x), power (+)= |x|^2 */
__kernel void spectral_accumulate(__global float2 *numerator, __global float *power,
                                  __global const float2 *y, __global const float2 *x, int pairs,
                                  int accumulate) {
    const int i = (int)get_global_id(0);
    if (i < pairs) {
        const float2 value = x[i];
        const float2 product = times(y[i], (float2)(value.x, -value.y));
        const float square = value.x * value.x + value.y * value.y;
        numerator[i] = accumulate ? numerator[i] + product : product;
        power[i] = accumulate ? power[i] + square : square;
    }
}

/* numerator /= power + epsilon; a bin where that is zero becomes zero. */
__kernel void spectral_divide(__global float2 *numerator, __global const float *power, int pairs,
                              float epsilon) {
    const int i = (int)get_global_id(0);
    if (i < pairs) {
        const float divisor = power[i] + epsilon;
        numerator[i] = divisor > 0.0f ? numerator[i] / divisor : (float2)(0.0f, 0.0f);
    }
}
