/* How a program uses libclkernest: makes a picture, blurs it by extended boxes, and asks the
 * library which kernel did that, of a given size and of one that it finds. Usage: consumer [DEVICE]
 */
#include <clkernest.h>

#include <math.h>
#include <stdio.h>

enum { SIDE = 96, TAPS = 17 };

static void draw(float *image) {
    for (int row = 0; row < SIDE; row++) {
        for (int col = 0; col < SIDE; col++) {
            int checker = (row / 7 + col / 5) % 2;
            double wave = sin(0.11 * row * col / 9.0);
            image[row * SIDE + col] = (float)(0.3 * checker + 0.2 * wave + 0.3);
        }
    }
}

static int fail(const char *what, const ckn_error *error) {
    fprintf(stderr, "%s: %s\n", what, error->message);
    return 1;
}

/* The whole job in one call: displacement, size, sign, prior, kernel, names and a verdict. */
static int identify(ckn_context *context, const ckn_pair *pair, double sigma) {
    ckn_identify_options options;
    ckn_answer *answer = NULL;
    ckn_error error;
    ckn_identify_options_init(&options);
    if (ckn_identify(context, &options, pair, 1, &answer, &error) != CKN_OK)
        return fail("identify", &error);
    const ckn_identified *found = ckn_answer_get(answer);
    printf("%zu x %zu taps", found->kernel_cols, found->kernel_rows);
    if (found->families && found->families[0].fits) {
        char name[200];
        ckn_family_describe(&found->families[0], (double)(found->kernel_cols / 2),
                            (double)(found->kernel_rows / 2), 0, name, sizeof name);
        printf(", %s", name);
    }
    if (found->verdict)
        printf(": %s", found->verdict->text);
    printf("\n");
    ckn_kernel_figures figures;
    ckn_code code = ckn_kernel_figures_compute(
        ckn_view_f64(found->kernel, found->kernel_rows, found->kernel_cols), &figures, &error);
    ckn_answer_destroy(answer);
    if (code != CKN_OK)
        return fail("figures", &error);
    return fabs(figures.std_x - sigma) < 0.05 ? 0 : 1;
}

static int run(ckn_context *context) {
    static float sharp[SIDE * SIDE], blurred[SIDE * SIDE];
    double kernel[TAPS * TAPS];
    ckn_error error;
    draw(sharp);

    /* Blur. Images may have up to four channels, of bytes, 16-bit integers or real numbers. */
    ckn_blur_options blur;
    ckn_blur_options_init(&blur);
    blur.sigma_x = blur.sigma_y = 1.5;
    ckn_image image = ckn_image_interleaved(sharp, CKN_FLOAT32, SIDE, SIDE, 1);
    ckn_image_output output = ckn_image_output_interleaved(blurred, CKN_FLOAT32, SIDE, SIDE, 1);
    if (ckn_blur(context, &blur, &image, &output, NULL, &error) != CKN_OK)
        return fail("blur", &error);

    /* Estimate. The two images have the same size: the library crops to the valid support. */
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.kernel_rows = TAPS;
    options.kernel_cols = TAPS;
    options.constraint = CKN_CONSTRAINT_SIMPLEX;
    ckn_pair pair = {.sharp = ckn_view_f32(sharp, SIDE, SIDE),
                     .blurred = ckn_view_f32(blurred, SIDE, SIDE)};
    ckn_estimate_result result;
    if (ckn_estimate(context, &options, &pair, 1, ckn_output_f64(kernel, TAPS, TAPS), &result,
                     &error) != CKN_OK)
        return fail("estimate", &error);

    ckn_kernel_figures figures;
    if (ckn_kernel_figures_compute(ckn_view_f64(kernel, TAPS, TAPS), &figures, &error) != CKN_OK)
        return fail("figures", &error);
    printf("%zu iterations, residual RMS %.2e, sum %.4f, standard deviation %.3f (true: %.1f)\n",
           result.iterations, result.residual_rms, figures.sum, figures.std_x, blur.sigma_x);
    if (fabs(figures.std_x - blur.sigma_x) >= 0.05)
        return 1;
    return identify(context, &pair, blur.sigma_x);
}

int main(int argc, char **argv) {
    ckn_context_options options;
    ckn_context_options_init(&options);
    options.device = argc > 1 ? argv[1] : NULL;
    ckn_context *context = NULL;
    ckn_error error;
    if (ckn_context_create(&options, &context, &error) != CKN_OK)
        return fail("context", &error);
    ckn_device_info device;
    ckn_context_device(context, &device);
    printf("clkernest %s on %s\n", ckn_version(), device.name);
    int status = run(context);
    ckn_context_destroy(context);
    return status;
}
