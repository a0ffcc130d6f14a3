/* Sums over vectors. Each work-group leaves one pair (sum, error) per figure in `partial`; the
 * host adds the groups' pairs in double precision. */

float2 add_product(float2 sum, float a, float b) {
    return add_pairs(sum, two_product(a, b));
}

__kernel void dot_product(__global const float *u, __global const float *v, int count,
                          __global float2 *partial, __local float2 *scratch) {
    lanes high = (lanes)(0.0f), low = (lanes)(0.0f);
    const int whole = count / CKN_LANES;
    for (size_t i = get_global_id(0); i < (size_t)whole; i += get_global_size(0)) {
        const lanes a = LOAD_LANES(u + i * CKN_LANES), b = LOAD_LANES(v + i * CKN_LANES);
        const lanes product = a * b;
        low += product_errors(a, b, product);
        add_compensated(&high, &low, product);
    }
    float2 sum = sum_lanes(&high, &low);
    const size_t rest = (size_t)whole * CKN_LANES + get_global_id(0);
    if (rest < (size_t)count)
        sum = add_product(sum, u[rest], v[rest]);
    sum = group_sum(sum, scratch);
    if (get_local_id(0) == 0)
        partial[get_group_id(0)] = sum;
}

/* (z - h) . (h - h_prev), ||h - h_prev||^2, ||h||^2 */
__kernel void step_sums(__global const float *h, __global const float *h_prev,
                        __global const float *z, int count, __global float2 *partial,
                        __local float2 *scratch) {
    float2 restart = (float2)(0.0f, 0.0f);
    float2 change = (float2)(0.0f, 0.0f);
    float2 norm = (float2)(0.0f, 0.0f);
    for (size_t i = get_global_id(0); i < (size_t)count; i += get_global_size(0)) {
        const float moved = h[i] - h_prev[i];
        restart = add_product(restart, z[i] - h[i], moved);
        change = add_product(change, moved, moved);
        norm = add_product(norm, h[i], h[i]);
    }
    restart = group_sum(restart, scratch);
    change = group_sum(change, scratch);
    norm = group_sum(norm, scratch);
    if (get_local_id(0) == 0) {
        __global float2 *out = partial + 3 * get_group_id(0);
        out[0] = restart;
        out[1] = change;
        out[2] = norm;
    }
}
