/* ckn_blur_plan_*() against the sampled Gaussian, within the bound that the blur gives: all
 * boundaries, types, strides and numbers of channels. */
#include "fuzz.h"
#include "input.h"

#include "blur/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Wider Gaussians are not compared: the reference takes too long. */
#define WIDEST 12.0

typedef struct blur {
    ckn_blur_options options;
    ckn_shape shape;
    size_t channels;
    ckn_type plan_type;
    stored_image image, output;
    bool in_place;
    double *before; /* the samples, interleaved */
    ckn_blur_result result;
} blur;

static double read_sigma(fuzz_input *input) {
    if (fuzz_rarely(input, 16)) {
        const double sigma = fuzz_real(input);
        return sigma > 1000 && sigma < 1e9 ? 1000 : sigma; /* these are right, but take seconds */
    }
    return (double)fuzz_below(input, 1000) / 100;
}

static void read_options(fuzz_input *input, ckn_blur_options *options) {
    ckn_blur_options_init(options);
    options->sigma_x = read_sigma(input);
    options->sigma_y = read_sigma(input);
    options->method = (ckn_blur_method)fuzz_choice(input, CKN_BLUR_FIR + 1);
    options->boundary = (ckn_boundary)fuzz_choice(input, CKN_BOUNDARY_ZERO + 1);
    options->correction = !fuzz_rarely(input, 4);
    options->alpha = (ckn_alpha)fuzz_rarely(input, 8);
    if (fuzz_rarely(input, 4))
        options->passes = fuzz_below(input, 12);
    if (fuzz_rarely(input, 16))
        options->passes = SIZE_MAX >> fuzz_below(input, 64);
    if (fuzz_rarely(input, 4))
        options->accuracy = fuzz_positive(input);
}

static double read_sample(fuzz_input *input, unsigned kind, uint64_t *state) {
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    const double random = (double)(*state >> 40) / 16777216.0;
    if (kind < 8)
        return kind & 1U ? random : random > 0.9;
    if (kind < 10)
        return (random - 0.5) * 1e-40;
    if (kind < 12)
        return (random - 0.5) * 1e38;
    return random < 0.1 ? fuzz_real(input) : random;
}

static void fill_image(fuzz_input *input, blur *job) {
    const size_t count = ckn_shape_count(job->shape) * job->channels;
    double *samples = fuzz_array(count);
    const bool integers = job->image.image.type > CKN_FLOAT64;
    const unsigned kind = integers ? 1 : fuzz_byte(input) % 16;
    uint64_t state = fuzz_byte(input);
    for (size_t i = 0; i < count; i++)
        samples[i] = read_sample(input, kind, &state);
    stored_write(&job->image, samples);
    free(samples);
    job->before = stored_read(&job->image);
}

static void read_job(fuzz_input *input, blur *job) {
    read_options(input, &job->options);
    job->shape = (ckn_shape){1 + fuzz_below(input, 20), 1 + fuzz_below(input, 20)};
    job->channels = 1 + fuzz_below(input, 4);
    const ckn_type type = (ckn_type)fuzz_below(input, 4);
    job->plan_type = fuzz_rarely(input, 4) ? (ckn_type)fuzz_choice(input, 4) : type;
    const stored_layout layout = (stored_layout)fuzz_below(input, STORED_LAYOUTS);
    job->image = stored_create(type, layout, job->shape, job->channels);
    fill_image(input, job);
    job->in_place = fuzz_rarely(input, 4);
    if (!job->in_place)
        job->output = stored_create((ckn_type)fuzz_below(input, 4),
                                    (stored_layout)fuzz_below(input, STORED_LAYOUTS), job->shape,
                                    job->channels);
}

typedef struct sample_extent {
    bool finite, not_negative, unit;
} sample_extent;

static sample_extent extent_of(const double *samples, size_t count) {
    sample_extent extent = {true, true, true};
    for (size_t i = 0; i < count; i++) {
        /* The alpha is multiplied with: a product must be finite, too. */
        extent.finite = extent.finite && fabs(samples[i]) < 1e15;
        extent.not_negative = extent.not_negative && samples[i] >= 0;
        extent.unit = extent.unit && samples[i] >= 0 && samples[i] <= 1;
    }
    return extent;
}

/* Half a step of integers, and what float32 adds. */
static double rounding_of(ckn_type type) {
    const double steps = stored_steps(type);
    return (steps > 0 ? 0.5 / steps : 0) + 1.2e-6;
}

static void compare(const blur *job, const double *after) {
    const size_t count = ckn_shape_count(job->shape) * job->channels;
    const ckn_type type = (job->in_place ? &job->image : &job->output)->image.type;
    const double allowed = job->result.error_bound + rounding_of(type);
    double *wanted = fuzz_array(count);
    reference_gaussian(job->before, job->shape, job->channels, &job->options, wanted);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(fabs(after[i] - wanted[i]) <= allowed,
                   "sample %zu is %g, not %g; sigmas %g and %g, bound %g", i, after[i], wanted[i],
                   job->options.sigma_x, job->options.sigma_y, job->result.error_bound);
    free(wanted);
}

static void check_samples(const blur *job) {
    const stored_image *stored = job->in_place ? &job->image : &job->output;
    const size_t count = ckn_shape_count(job->shape) * job->channels;
    const sample_extent extent = extent_of(job->before, count);
    const bool alpha = job->options.alpha == CKN_ALPHA_LAST && job->channels % 2 == 0;
    double *after = stored_read(stored);
    stored_check_guards(stored, "the output");
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(!extent.finite || isfinite(after[i]), "sample %zu is %g", i, after[i]);
        FUZZ_CHECK(!extent.finite || !extent.not_negative || after[i] >= 0, "sample %zu is %g", i,
                   after[i]);
    }
    /* A colour by a small alpha has a larger error. */
    if (extent.unit && !alpha && job->options.sigma_x <= WIDEST && job->options.sigma_y <= WIDEST)
        compare(job, after);
    free(after);
}

static void check_result(const blur *job) {
    const ckn_blur_options *options = &job->options;
    FUZZ_CHECK(job->result.error_bound >= 0, "the bound is %g", job->result.error_bound);
    if (options->method == CKN_BLUR_AUTO && options->passes == 0)
        FUZZ_CHECK(job->result.error_bound <= options->accuracy * (1 + 1e-9),
                   "the bound is %g, not %g", job->result.error_bound, options->accuracy);
}

static void run_job(blur *job) {
    const stored_image *to = job->in_place ? &job->image : &job->output;
    const ckn_image_output output = stored_output(to);
    ckn_error error = {CKN_OK, ""};
    ckn_blur_plan *plan = NULL;
    if (fuzz_succeeded(ckn_blur_plan_create(fuzz_context(), &job->options, job->shape.rows,
                                            job->shape.cols, job->channels, job->plan_type, &plan,
                                            &error),
                       &error) &&
        fuzz_succeeded(ckn_blur_plan_run(plan, &job->image.image, &output, &job->result, &error),
                       &error)) {
        check_result(job);
        check_samples(job);
    }
    ckn_blur_plan_destroy(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    blur job = {.before = NULL};
    read_job(&input, &job);
    run_job(&job);
    stored_destroy(&job.image);
    stored_destroy(&job.output);
    free(job.before);
    return 0;
}
