/* `boxkernel` */
#include "program.h"

#include "files.h"

#include <math.h>
#include <stdlib.h>

static void test_figures(void **state) {
    (void)state;
    char *text = OUTPUT("boxkernel", "--sigma", "15.4", "--passes", "6", "--json", "-", "-q");
    json_t *json = json_of_text(text);
    double l = json_number(json, "l");
    double alpha = json_number(json, "alpha");
    double lambda = json_number(json, "lambda"), pass = json_number(json, "variance_pass");
    double moment = 2.0 * alpha * (l + 1) * (l + 1);
    for (int i = 1; i <= (int)l; i++)
        moment += 2.0 * i * i;
    assert_true(fabs(lambda - (2 * l + 1 + 2 * alpha)) < 1e-12);
    assert_true(fabs(moment / lambda - pass) < 1e-12 * pass);
    assert_true(fabs(json_number(json, "variance") - 15.4 * 15.4) < 1e-12 * 15.4 * 15.4);
    assert_int_equal(json_number(json, "taps"), 2 * 6 * (l + 1) + 1);
    assert_int_equal(json_number(json, "passes"), 6);
    assert_true(json_number(json, "sigma") == 15.4);
    assert_true(json_number(json, "error_max") > 0.0);
    assert_true(json_number(json, "error_l1") < 0.05);
    assert_true(json_number(json, "error_l2") < 0.05);
    json_number(json, "seconds_total");
    json_decref(json);
    free(text);
}

static void test_summary(void **state) {
    (void)state;
    char *text = OUTPUT("boxkernel", "--sigma", "9.6", "--passes", "6");
    const char *const lines[] = {"sigma         9.6\n", "passes        6\n", "l             6 ",
                                 "alpha         ",      "Lambda        ",    "variance      15.36 ",
                                 "taps          85\n",  "errors        max "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_contains(text, lines[i]);
    free(text);
}

static void test_files(void **state) {
    (void)state;
    SUCCEEDS("boxkernel", "--sigma", "4", "--passes", "3", "-o", "k.npy", "--report", "r.png");
    SUCCEEDS("boxkernel", "--sigma", "4", "--passes", "3", "-o", "k.csv");
    char *text = OUTPUT("boxkernel", "--sigma", "4", "--passes", "3", "-o", "-", "-q");
    char *csv = file_text("k.csv");
    assert_string_equal(text, csv);
    double *from_npy = read_kernel("k.npy", 1, 25), *from_csv = read_kernel("k.csv", 1, 25);
    double sum = 0.0, variance = 0.0;
    for (int i = 0; i < 25; i++) {
        assert_true(from_npy[i] == from_csv[i]);
        sum += from_npy[i];
        variance += from_npy[i] * (i - 12) * (i - 12);
    }
    assert_true(fabs(sum - 1.0) < 1e-14);
    assert_true(fabs(variance - 16.0) < 1e-12);
    ckn_picture report = read_picture("r.png");
    assert_int_equal(report.channels, 3);
    ckn_picture_release(&report);
    free(from_npy);
    free(from_csv);
    free(csv);
    free(text);
}

static void test_device(void **state) {
    (void)state;
    SUCCEEDS("boxkernel", "--sigma", "4", "--device", "cpu");
    FAILS(1, "nosuch", "boxkernel", "--sigma", "4", "--device", "nosuch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_device),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
