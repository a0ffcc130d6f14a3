/* Functions of a kernel alone: figures, curves, boxes, named kernels. None needs a device. */
#include "plane.h"

#include <math.h>
#include <stdlib.h>

static void check_figures(ckn_view kernel, fuzz_input *input) {
    ckn_error error = {CKN_OK, ""};
    ckn_kernel_figures figures;
    ckn_kernel_sharpness sharpness;
    const double radii[] = {0, 1.5, 100, fuzz_real(input)};
    const double frequencies[] = {0, 0.25, 0.5, fuzz_real(input)};
    double energy[4];
    ckn_mtf mtf[4];
    if (fuzz_succeeded(ckn_kernel_figures_compute(kernel, &figures, &error), &error))
        FUZZ_CHECK(!(figures.minimum > figures.maximum), "minimum %g, maximum %g", figures.minimum,
                   figures.maximum);
    fuzz_succeeded(ckn_kernel_encircled_energy(kernel, radii, 4, energy, &error), &error);
    fuzz_succeeded(ckn_kernel_mtf(kernel, frequencies, 4, mtf, &error), &error);
    fuzz_succeeded(ckn_kernel_sharpness_compute(kernel, &sharpness, &error), &error);
}

static void check_match(ckn_view kernel, fuzz_input *input) {
    ckn_error error = {CKN_OK, ""};
    ckn_box_match x, y;
    if (!fuzz_succeeded(ckn_extended_box_match(kernel, fuzz_below(input, 8), &x, &y, &error),
                        &error))
        return;
    FUZZ_CHECK(isfinite(x.box.sigma) && isfinite(y.box.sigma), "sigmas %g and %g", x.box.sigma,
               y.box.sigma);
    FUZZ_CHECK(x.l1 >= 0 && y.l1 >= 0, "errors %g and %g", x.l1, y.l1);
}

/* No tap is negative, and their sum is 1. */
static void check_taps(const ckn_extended_box *box) {
    /* The time of the errors grows with the square of the length. */
    const size_t most = 5000, most_of_errors = 500, count = ckn_extended_box_length(box);
    ckn_error error = {CKN_OK, ""};
    ckn_gaussian_errors errors;
    if (count > most)
        return;
    double *taps = fuzz_array(count), sum = 0;
    if (fuzz_succeeded(ckn_extended_box_compose(box, taps, &error), &error)) {
        for (size_t i = 0; i < count; i++) {
            FUZZ_CHECK(taps[i] >= 0, "tap %zu is %g", i, taps[i]);
            sum += taps[i];
        }
        FUZZ_CHECK(fabs(sum - 1) < 1e-9, "the sum of taps is %g", sum);
    }
    free(taps);
    if (count <= most_of_errors &&
        fuzz_succeeded(ckn_extended_box_errors(box, &errors, &error), &error))
        FUZZ_CHECK(errors.l1 >= 0 && errors.l1 <= 2 + 1e-9, "l1 error %g", errors.l1);
}

static void check_box(fuzz_input *input) {
    const double sigma =
        fuzz_rarely(input, 4) ? fuzz_real(input) : 0.1 + (double)fuzz_below(input, 400) / 20;
    const size_t passes =
        fuzz_rarely(input, 8) ? SIZE_MAX >> fuzz_below(input, 64) : fuzz_below(input, 9);
    ckn_error error = {CKN_OK, ""};
    ckn_extended_box box;
    int corrected;
    if (!fuzz_succeeded(ckn_extended_box_init(&box, sigma, passes, &error), &error))
        return;
    FUZZ_CHECK(box.alpha >= 0 && box.alpha < 1, "alpha is %g", box.alpha);
    if (sigma < 8 && fuzz_rarely(input, 2))
        fuzz_succeeded(ckn_extended_box_correct(&box, &corrected, &error), &error);
    check_taps(&box);
}

static void check_family(fuzz_input *input) {
    ckn_error error = {CKN_OK, ""};
    double values[13];
    for (size_t i = 0; i < 13; i++)
        values[i] = fuzz_rarely(input, 4) ? fuzz_real(input) : (double)fuzz_below(input, 200) / 10;
    const ckn_family_parameters value = {values[0],  values[1],  values[2], values[3], values[4],
                                         values[5],  values[6],  values[7], values[8], values[9],
                                         values[10], values[11], values[12]};
    const ckn_family family = (ckn_family)fuzz_below(input, CKN_FAMILY_COUNT + 1);
    const size_t passes = fuzz_rarely(input, 8) ? fuzz_below(input, 1002) : fuzz_below(input, 11);
    fuzz_plane taps =
        fuzz_plane_create(input, 1 + fuzz_below(input, 12), 1 + fuzz_below(input, 12));
    if (fuzz_succeeded(ckn_family_sample(family, passes, &value, fuzz_plane_output(&taps), &error),
                       &error)) {
        fuzz_plane_check_gaps(&taps);
        FUZZ_CHECK(fabs(value.gain) > 1e30 || fuzz_plane_is_finite(&taps),
                   "a tap of %s is not finite", ckn_family_name(family));
    }
    fuzz_plane_destroy(&taps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_plane kernel =
        fuzz_plane_create(&input, 1 + fuzz_below(&input, 12), 1 + fuzz_below(&input, 12));
    fuzz_plane_fill(&kernel, &input);
    check_figures(kernel.view, &input);
    check_match(kernel.view, &input);
    fuzz_plane_destroy(&kernel);
    check_box(&input);
    check_family(&input);
    return 0;
}
