/* h >= 0. Written so that NaN stays visible. */
__kernel void project_nonneg(__global float *h, int count) {
    const int i = (int)get_global_id(0);
    if (i < count && h[i] < 0.0f)
        h[i] = 0.0f;
}

/* value - threshold for a threshold in two floats. */
float above(float value, float2 threshold) {
    return (value - threshold.x) - threshold.y;
}

/* (sum - 1) / count in two floats. */
float2 simplex_threshold(float2 sum, float count) {
    const float2 excess = add_pairs(sum, (float2)(-1.0f, 0.0f));
    const float quotient = excess.x / count;
    const float2 product = two_product(quotient, count);
    const float rest = ((excess.x - product.x) - product.y) + excess.y;
    return two_sum(quotient, rest / count);
}

/* Euclidean projection onto h >= 0, sum h = 1, by one work-group (Michelot 1986): subtract the mean
 * excess of the taps that are still above it until none drops out. The active sets are nested, so
 * the threshold of the last round alone tells which taps are active. */
__kernel void project_simplex(__global float *h, int count, __local float2 *scratch) {
    const int index = (int)get_local_id(0);
    const int items = (int)get_local_size(0);
    float2 threshold = (float2)(-INFINITY, 0.0f);
    float active = INFINITY;
    for (int again = 1; again;) {
        float2 sum = (float2)(0.0f, 0.0f);
        float members = 0.0f;
        for (int i = index; i < count; i += items) {
            if (above(h[i], threshold) > 0.0f) {
                sum = add_pairs(sum, (float2)(h[i], 0.0f));
                members += 1.0f;
            }
        }
        sum = group_sum(sum, scratch);
        const float2 total = group_sum((float2)(members, 0.0f), scratch);
        /* group_sum() tells every work-item the same, so all leave the loop together. */
        again = total.x < active && total.x > 0.0f;
        if (again) {
            threshold = simplex_threshold(sum, total.x);
            active = total.x;
        }
    }
    for (int i = index; i < count; i += items) {
        const float value = above(h[i], threshold);
        h[i] = value <= 0.0f ? 0.0f : value;
    }
}
