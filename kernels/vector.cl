__kernel void fill(__global float *u, int count, float value) {
    const int i = (int)get_global_id(0);
    if (i < count)
        u[i] = value;
}

/* out = a u + b v */
__kernel void combine(__global float *out, int count, float a, __global const float *u, float b,
                      __global const float *v) {
    const int i = (int)get_global_id(0);
    if (i < count)
        out[i] = a * u[i] + b * v[i];
}

/* out = u v */
__kernel void multiply(__global float *out, int count, __global const float *u,
                       __global const float *v) {
    const int i = (int)get_global_id(0);
    if (i < count)
        out[i] = u[i] * v[i];
}

/* z = h + beta (h - h_prev); h_prev' = h; h' = z - step (g + beta (g - g_prev)); g_prev' = g */
__kernel void momentum(__global float *h, __global float *h_prev, __global const float *g,
                       __global float *g_prev, __global float *z, int count, float beta,
                       float step) {
    const int i = (int)get_global_id(0);
    if (i < count) {
        const float extrapolated = h[i] + beta * (h[i] - h_prev[i]);
        const float slope = g[i] + beta * (g[i] - g_prev[i]);
        z[i] = extrapolated;
        h_prev[i] = h[i];
        h[i] = extrapolated - step * slope;
        g_prev[i] = g[i];
    }
}
