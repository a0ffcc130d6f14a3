/* Every refusal of the public blur: the right code, and a message that names what is wrong. */
#include "estimate/fixture.h"

#include <math.h>
#include <string.h>

static float pixels[48];

/* The plan is refused with a message that holds `says`. */
static void refuse_plan(const ckn_blur_options *options, ckn_image image, const char *says) {
    ckn_error error = {CKN_OK, ""};
    ckn_blur_plan *plan = (ckn_blur_plan *)(void *)pixels;
    ckn_code code = ckn_blur_plan_create(ckn_test_context(), options, image.rows, image.cols,
                                         image.channels, image.type, &plan, &error);
    assert_null(plan);
    if (code != CKN_ERROR_ARGUMENT || error.code != code || !strstr(error.message, says))
        ckn_test_fail("'%s' instead of one about '%s': %s", ckn_code_name(code), says,
                      error.message);
    assert_int_equal(ckn_blur_plan_create(ckn_test_context(), options, image.rows, image.cols,
                                          image.channels, image.type, &plan, NULL),
                     CKN_ERROR_ARGUMENT);
}

static ckn_image good_image(void) {
    return ckn_image_interleaved(pixels, CKN_FLOAT32, 4, 3, 4);
}

static ckn_blur_options good_options(void) {
    ckn_blur_options options;
    ckn_blur_options_init(&options);
    return options;
}

#define REFUSE_OPTION(member, value, says)                                                         \
    do {                                                                                           \
        ckn_blur_options options_ = good_options();                                                \
        options_.member = (value);                                                                 \
        refuse_plan(&options_, good_image(), says);                                                \
    } while (0)

static void test_options(void **state) {
    (void)state;
    refuse_plan(NULL, good_image(), "options");
    REFUSE_OPTION(sigma_x, (double)NAN, "sigma_x");
    REFUSE_OPTION(sigma_x, -1.0, "sigma_x");
    REFUSE_OPTION(sigma_y, (double)INFINITY, "sigma_y");
    REFUSE_OPTION(sigma_y, -1e-300, "sigma_y");
    REFUSE_OPTION(boundary, (ckn_boundary)7, "boundary 7");
    REFUSE_OPTION(boundary, (ckn_boundary)-1, "boundary");
    REFUSE_OPTION(method, (ckn_blur_method)3, "method 3");
    REFUSE_OPTION(alpha, (ckn_alpha)2, "alpha 2");
    REFUSE_OPTION(accuracy, 0.0, "accuracy");
    REFUSE_OPTION(accuracy, -1e-3, "accuracy");
    REFUSE_OPTION(accuracy, 1.5, "accuracy");
    REFUSE_OPTION(accuracy, (double)NAN, "accuracy");
    REFUSE_OPTION(passes, 1001, "1000");
    REFUSE_OPTION(sigma_x, 1e9, "sigma");
}

static void test_methods(void **state) {
    (void)state;
    ckn_blur_options options = good_options();
    options.method = CKN_BLUR_FIR;
    options.passes = 3;
    refuse_plan(&options, good_image(), "passes");
    options.passes = 0;
    options.sigma_x = 1e6;
    refuse_plan(&options, good_image(), "fir");
    options = good_options();
    options.method = CKN_BLUR_BOX;
    options.sigma_x = 0.4;
    options.accuracy = 1e-9;
    refuse_plan(&options, good_image(), "fir");
    options.passes = 3; /* then the accuracy is ignored */
    ckn_blur_plan *plan = NULL;
    TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, 4, 3, 4, CKN_FLOAT32, &plan, &error));
    ckn_blur_plan_destroy(plan);
    options.passes = 2;
    options.sigma_x = 1e9;
    refuse_plan(&options, good_image(), "limit");
}

static void test_sizes(void **state) {
    (void)state;
    ckn_blur_options options = good_options();
    ckn_image image = good_image();
    image.rows = 0;
    refuse_plan(&options, image, "empty");
    image.rows = 4;
    image.cols = 0;
    refuse_plan(&options, image, "empty");
    image.cols = SIZE_MAX / 2;
    refuse_plan(&options, image, "large");
    image = good_image();
    image.channels = 0;
    refuse_plan(&options, image, "0 channels");
    image.channels = 5;
    refuse_plan(&options, image, "5 channels");
    image = good_image();
    image.type = (ckn_type)4;
    refuse_plan(&options, image, "type 4");
    options.alpha = CKN_ALPHA_LAST;
    for (size_t channels = 1; channels < 4; channels += 2) {
        image = good_image();
        image.channels = channels;
        refuse_plan(&options, image, "2 or 4");
    }
}

/* A whole blur, whose image or output is refused; NULL stands for what is missing. */
static void refuse_images(const ckn_image *image, const ckn_image_output *output,
                          const char *says) {
    const ckn_blur_options options = good_options();
    ckn_blur_plan *plan = NULL;
    TRY_OK(ckn_blur_plan_create(ckn_test_context(), &options, 4, 3, 4, CKN_FLOAT32, &plan, &error));
    ckn_error error = {CKN_OK, ""};
    ckn_code code = ckn_blur_plan_run(plan, image, output, NULL, &error);
    if (code != CKN_ERROR_ARGUMENT || error.code != code || !strstr(error.message, says))
        ckn_test_fail("'%s' instead of one about '%s': %s", ckn_code_name(code), says,
                      error.message);
    assert_int_equal(ckn_blur_plan_run(plan, image, output, NULL, NULL), CKN_ERROR_ARGUMENT);
    ckn_blur_plan_destroy(plan);
}

static void test_images(void **state) {
    (void)state;
    const ckn_image image = good_image();
    const ckn_image_output output = ckn_image_output_interleaved(pixels, CKN_FLOAT32, 4, 3, 4);
    refuse_images(NULL, &output, "the image has no data");
    refuse_images(&image, NULL, "the output has no data");
    ckn_image wrong = image;
    wrong.data = NULL;
    refuse_images(&wrong, &output, "the image has no data");
    wrong = image;
    wrong.type = (ckn_type)9;
    refuse_images(&wrong, &output, "the image has the unknown sample type 9");
    wrong = image;
    wrong.rows = 3;
    refuse_images(&wrong, &output, "plan's size");
    wrong = image;
    wrong.cols = 4;
    refuse_images(&wrong, &output, "plan's size");
    wrong = image;
    wrong.channels = 3;
    refuse_images(&wrong, &output, "3 channels");
}

static void test_outputs(void **state) {
    (void)state;
    const ckn_image image = good_image();
    const ckn_image_output output = ckn_image_output_interleaved(pixels, CKN_FLOAT32, 4, 3, 4);
    ckn_image_output wrong = output;
    wrong.data = NULL;
    refuse_images(&image, &wrong, "the output has no data");
    wrong = output;
    wrong.type = (ckn_type)-1;
    refuse_images(&image, &wrong, "the output has the unknown");
    wrong = output;
    wrong.channels = 1;
    refuse_images(&image, &wrong, "the output");
    wrong = output;
    wrong.rows = 0;
    refuse_images(&image, &wrong, "the output is empty");
}

/* The call that does all at once gives the same answers. */
static void test_one_call(void **state) {
    (void)state;
    const ckn_blur_options options = good_options();
    const ckn_image image = good_image();
    ckn_image_output output = ckn_image_output_interleaved(pixels, CKN_FLOAT32, 4, 3, 4);
    ckn_context *context = ckn_test_context();
    TRY_OK(ckn_blur(context, &options, &image, &output, NULL, &error));
    ckn_error error = {CKN_OK, ""};
    assert_int_equal(ckn_blur(context, &options, NULL, &output, NULL, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "image"));
    assert_int_equal(ckn_blur(context, NULL, &image, &output, NULL, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "options"));
    assert_int_equal(ckn_blur(context, &options, &image, NULL, NULL, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "output"));
    output.cols = 2;
    assert_int_equal(ckn_blur(context, &options, &image, &output, NULL, NULL), CKN_ERROR_ARGUMENT);
}

static void test_names(void **state) {
    (void)state;
    ckn_blur_plan_destroy(NULL);
    static const char *const boundaries[] = {"reflect",  "mirror", "replicate",
                                             "periodic", "zero",   "unknown"};
    static const char *const methods[] = {"auto", "box", "fir", "unknown"};
    for (int i = 0; i < 6; i++)
        assert_string_equal(ckn_boundary_name((ckn_boundary)i), boundaries[i]);
    for (int i = 0; i < 4; i++)
        assert_string_equal(ckn_blur_method_name((ckn_blur_method)i), methods[i]);
    const ckn_blur_options options = good_options();
    assert_true(options.sigma_x == 1.0 && options.sigma_y == 1.0 && options.passes == 0);
    assert_true(options.method == CKN_BLUR_AUTO && options.alpha == CKN_ALPHA_NONE);
    assert_true(options.accuracy == CKN_ACCURACY_8_BIT && options.correction != 0);
    assert_true(options.boundary == CKN_BOUNDARY_REFLECT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options), cmocka_unit_test(test_methods),
        cmocka_unit_test(test_sizes),   cmocka_unit_test(test_images),
        cmocka_unit_test(test_outputs), cmocka_unit_test(test_one_call),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("refusals", tests, NULL, ckn_test_close_context);
}
