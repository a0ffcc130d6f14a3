/* The blur's use of memory: launches, bytes moved, buffers. However many passes fit, each axis
 * reads and writes every sample once: 16 bytes a sample for both, and the reach at the ends of
 * segments. */
#include "support/harness.h"
#include "support/random.h"

#include <CL/cl.h>
#include <stdlib.h>
#include <string.h>

/* All buffers that are made. */
static size_t buffer_bytes;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker dictates these names. */
cl_mem __real_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                             cl_int *status);
cl_mem __wrap_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                             cl_int *status);

cl_mem __wrap_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                             cl_int *status) {
    buffer_bytes += size;
    return __real_clCreateBuffer(context, flags, size, host, status);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* What the statistics say. */
typedef struct traffic {
    size_t filter_launches, plane_launches, other_launches;
    double read, written;
} traffic;

/* The number behind `label`; negative where the message has none. */
static double number_behind(const char *message, const char *label) {
    const char *at = strstr(message, label);
    return at ? strtod(at + strlen(label), NULL) : -1.0;
}

static void collect(void *user, ckn_log_level level, const char *message) {
    traffic *seen = user;
    const double number = number_behind(message, ": ");
    (void)level;
    if (strncmp(message, "line filters: ", 14) == 0) {
        seen->read = number;
        seen->written = number_behind(message, " read, ");
    } else if (strncmp(message, "kernel filter_lines: ", 21) == 0) {
        seen->filter_launches = (size_t)number;
    } else if (strncmp(message, "kernel fir_plane: ", 18) == 0) {
        seen->plane_launches = (size_t)number;
    } else if (strncmp(message, "kernel ", 7) == 0 && !strstr(message, "kernel fill: ") &&
               !strstr(message, "kernel restore_bad: ")) {
        seen->other_launches += (size_t)number;
    }
}

enum { ROWS = 600, COLS = 1100, SAMPLES = ROWS * COLS };

/* One blur in a context of its own; *bytes receives what its buffers take. */
static traffic blur(const ckn_blur_options *options, ckn_blur_result *result, size_t *bytes) {
    traffic seen = {0};
    ckn_context_options context_options;
    ckn_context *context = NULL;
    ckn_blur_plan *plan = NULL;
    ckn_context_options_init(&context_options);
    context_options.device = "opencl";
    context_options.log = collect;
    context_options.log_user = &seen;
    float *pixels = calloc(SAMPLES, sizeof *pixels);
    const ckn_image image = ckn_image_interleaved(pixels, CKN_FLOAT32, ROWS, COLS, 1);
    const ckn_image_output output =
        ckn_image_output_interleaved(pixels, CKN_FLOAT32, ROWS, COLS, 1);
    TRY_OK(ckn_context_create(&context_options, &context, &error));
    TRY_OK(ckn_blur_plan_create(context, options, 8, 8, 1, CKN_FLOAT32, &plan, &error));
    ckn_blur_plan_destroy(plan); /* what warming up takes */
    buffer_bytes = 0;
    TRY_OK(ckn_blur_plan_create(context, options, ROWS, COLS, 1, CKN_FLOAT32, &plan, &error));
    TRY_OK(ckn_blur_plan_run(plan, &image, &output, result, &error));
    *bytes = buffer_bytes;
    ckn_context_log_statistics(context);
    ckn_blur_plan_destroy(plan);
    ckn_context_destroy(context);
    free(pixels);
    return seen;
}

static void test_boxes(void **state) {
    (void)state;
    for (size_t passes = 1; passes <= 10; passes++) {
        ckn_blur_options options;
        ckn_blur_result result;
        ckn_blur_options_init(&options);
        options.sigma_x = options.sigma_y = 9.6;
        options.passes = passes;
        size_t bytes;
        const traffic seen = blur(&options, &result, &bytes);
        assert_int_equal(seen.filter_launches, 2);
        assert_int_equal(seen.plane_launches + seen.other_launches, 0);
        assert_true(seen.written == 8.0 * SAMPLES);
        /* Windows are as wide as with end taps. On a GPU a line has several segments. */
        const double halo = 2.0 * (double)(passes * (result.x.box.l + 1) + result.x.box.stride);
        const double once = 4.0 * (SAMPLES + halo * ROWS) + 4.0 * (SAMPLES + halo * COLS);
        const bool gpu = getenv("CLKERNEST_OPENCL_LANES") != NULL;
        if (!(seen.read >= once && seen.read <= (gpu ? 1.5 : 1.0) * once))
            ckn_test_fail("%zu passes: %.0f bytes read, expected %.0f", passes, seen.read, once);
        /* Two images, a flag for every line, and nothing the size of an image more. */
        assert_true(bytes >= 8UL * SAMPLES && bytes < 9UL * SAMPLES);
    }
}

static void test_fir(void **state) {
    (void)state;
    ckn_blur_options options;
    ckn_blur_result result;
    ckn_blur_options_init(&options);
    options.sigma_x = options.sigma_y = 1.5;
    options.method = CKN_BLUR_FIR;
    size_t bytes;
    const traffic seen = blur(&options, &result, &bytes);
    assert_int_equal(seen.plane_launches, 1);
    assert_int_equal(seen.filter_launches + seen.other_launches, 0);
    assert_true(seen.written == 4.0 * SAMPLES);
    assert_true(seen.read >= 4.0 * SAMPLES && seen.read < 6.0 * SAMPLES);
    assert_true(bytes >= 8UL * SAMPLES && bytes < 9UL * SAMPLES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_fir),
    };
    return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
