/* Ticks, labels, colour maps, text and resampling: what the figures are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/report/axis.h"
#include "cli/report/colormap.h"
#include "cli/report/field.h"
#include "cli/report/text.h"
#include "cli/report/tone.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#define MINUS "\xE2\x88\x92"
#define TIMES "\xC3\x97"

static void check_label(ckn_label label, const char *base, const char *power) {
    assert_string_equal(label.base, base);
    assert_string_equal(label.power, power);
}

static void labels_are_short_and_right(void **state) {
    (void)state;
    check_label(ckn_label_number(0, 3), "0", "");
    check_label(ckn_label_number(-0.0, 3), "0", "");
    check_label(ckn_label_number(1, 3), "1", "");
    check_label(ckn_label_number(0.5, 3), "0.5", "");
    check_label(ckn_label_number(-12.345, 3), MINUS "12.3", "");
    check_label(ckn_label_number(12345, 3), "12345", "");
    check_label(ckn_label_number(0.00123, 2), "0.0012", "");
    check_label(ckn_label_number(9.9999e-4, 3), "0.001", "");
    check_label(ckn_label_number(2.5e-4, 3), "2.5" TIMES "10", MINUS "4");
    check_label(ckn_label_number(-3e300, 3), MINUS "3" TIMES "10", "300");
    check_label(ckn_label_number((double)NAN, 3), "NaN", "");
    check_label(ckn_label_number((double)-INFINITY, 3), MINUS "inf", "");
    check_label(ckn_label_decimal(-0.04, 2), MINUS "0.04", "");
    check_label(ckn_label_power("", -12), "10", MINUS "12");
    check_label(ckn_label_prefix("RMS ", ckn_label_power("", 3)), "RMS 10", "3");
}

static void labels_ignore_the_locale(void **state) {
    (void)state;
    const char *names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "ps_AF.UTF-8"};
    size_t i = 0;
    while (i < 5 && !setlocale(LC_NUMERIC, names[i]))
        i++;
    if (i == 5)
        skip(); /* no locale with a decimal comma is installed */
    ckn_label label = ckn_label_number(0.25, 3);
    setlocale(LC_NUMERIC, "C");
    check_label(label, "0.25", "");
}

static void check_ticks(const ckn_axis *axis, size_t fewest, size_t most) {
    size_t labelled = 0;
    assert_true(isfinite(axis->low) && isfinite(axis->high) && axis->low < axis->high);
    for (size_t i = 0; i < axis->count; i++) {
        double value = axis->ticks[i].value, position = ckn_axis_position(axis, value);
        assert_true(position >= -1e-6 && position <= 1 + 1e-6);
        assert_true(i == 0 || value > axis->ticks[i - 1].value);
        labelled += axis->ticks[i].major;
    }
    assert_in_range(labelled, fewest, most);
}

static void linear_ticks_are_nice(void **state) {
    (void)state;
    ckn_axis axis;
    ckn_axis_linear(&axis, 0, 1, 5);
    assert_int_equal(axis.count, 6);
    check_label(axis.ticks[1].label, "0.2", "");
    check_label(axis.ticks[5].label, "1.0", "");
    assert_string_equal(axis.factor.base, "");
    ckn_axis_linear(&axis, -3.1e-7, 3.1e-7, 5);
    check_label(axis.factor, TIMES "10", MINUS "7");
    assert_int_equal(axis.count, 3);
    check_label(axis.ticks[0].label, MINUS "2", "");
    check_label(axis.ticks[1].label, "0", "");
    ckn_axis_linear(&axis, 0, 123456, 5);
    check_label(axis.factor, TIMES "10", "5");
    check_label(axis.ticks[1].label, "0.5", "");
    ckn_axis_counts(&axis, 0, 30000, 6);
    check_label(axis.ticks[1].label, "5000", "");
    ckn_axis_counts(&axis, -1.5, 1.5, 6);
    assert_int_equal(axis.count, 3);
}

static void root_ticks_keep_apart(void **state) {
    (void)state;
    const double ranges[][2] = {{0, 0.148}, {-2.4, 2.4},      {-0.05, 2.4},
                                {0, 1e-12}, {-1e300, 1e300},  {0, 0},
                                {1, 2},     {0, (double)NAN}, {-5, 0}};
    ckn_axis axis;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        ckn_axis_root(&axis, ranges[i][0], ranges[i][1], 0.08);
        assert_true(axis.count >= 1 && axis.count < 24);
        for (size_t k = 1; k < axis.count; k++)
            assert_true(ckn_axis_position(&axis, axis.ticks[k].value) -
                            ckn_axis_position(&axis, axis.ticks[k - 1].value) >
                        0.0799);
    }
    ckn_axis_root(&axis, -4, 4, 0.1);
    assert_true(fabs(ckn_axis_position(&axis, 0) - 0.5) < 1e-12);
    assert_true(fabs(ckn_axis_position(&axis, 1) - 0.75) < 1e-12); /* half of the way to 4 */
    assert_true(fabs(ckn_axis_position(&axis, -4)) < 1e-12);
}

static void linear_ticks_survive_any_range(void **state) {
    (void)state;
    const double ranges[][2] = {{0, 0},         {5, 5},           {-5, -5},
                                {1, 1 + 1e-15}, {1e15, 1e15 + 1}, {0, 1e-320},
                                {0, 1e-300},    {-1e308, 1e308},  {0, 1.7e308},
                                {1, 0},         {(double)NAN, 1}, {0, (double)INFINITY},
                                {-1e-12, 1e12}, {0.37, 0.41}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (int wanted = 2; wanted <= 12; wanted += 5) {
            ckn_axis axis;
            ckn_axis_linear(&axis, ranges[i][0], ranges[i][1], wanted);
            check_ticks(&axis, 1, (size_t)wanted + 1);
            ckn_axis_counts(&axis, ranges[i][0], ranges[i][1], wanted);
            check_ticks(&axis, 0, (size_t)wanted + 1);
        }
}

static void logarithmic_ticks_are_powers_of_ten(void **state) {
    (void)state;
    ckn_axis axis;
    ckn_axis_logarithmic(&axis, 0.5e-3, 2e2, 6);
    size_t labelled = 0;
    for (size_t i = 0; i < axis.count; i++)
        if (axis.ticks[i].major) {
            assert_true(fabs(log10(axis.ticks[i].value) - (double)labelled + 3) < 1e-9);
            assert_string_equal(axis.ticks[i].label.base, "10");
            labelled++;
        }
    assert_int_equal(labelled, 6);
    check_ticks(&axis, 6, 6);
    ckn_axis_logarithmic(&axis, 0.9, 21, 6); /* less than two powers: 1, 2, 5, 10, 20 */
    check_ticks(&axis, 5, 5);
    check_label(axis.ticks[axis.count - 1].label, "20", "");
}

static void logarithmic_ticks_survive_any_range(void **state) {
    (void)state;
    const double ranges[][2] = {
        {1e-300, 1e300}, {1e-16, 1e4},  {1, 1},           {3, 3.1},         {0.98, 1.01},
        {0, 1},          {-1, 1},       {(double)NAN, 1}, {5e-324, 1e-300}, {DBL_MAX, DBL_MAX},
        {2, 1},          {1e-7, 1.7e-7}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        ckn_axis axis;
        ckn_axis_logarithmic(&axis, ranges[i][0], ranges[i][1], 6);
        check_ticks(&axis, 2, 9);
    }
}

/* Relative luminance of an sRGB colour (IEC 61966-2-1). */
static double luminance(uint32_t color) {
    const double weights[3] = {0.0722, 0.7152, 0.2126};
    double sum = 0;
    for (unsigned i = 0; i < 3; i++) {
        double v = (color >> (8 * i) & 255U) / 255.0;
        sum += weights[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static void sequential_map_grows_brighter(void **state) {
    (void)state;
    ckn_colormap map;
    ckn_colormap_sequential(&map);
    for (int i = 4; i < CKN_COLORMAP_SIZE; i++)
        assert_true(luminance(map.entries[i]) > luminance(map.entries[i - 4]));
    assert_true(luminance(map.entries[0]) < 0.01);
    assert_true(luminance(map.entries[CKN_COLORMAP_SIZE - 1]) > 0.85);
}

static void diverging_map_is_neutral_in_the_middle(void **state) {
    (void)state;
    ckn_colormap map;
    ckn_colormap_diverging(&map);
    const int last = CKN_COLORMAP_SIZE - 1, middle = last / 2;
    assert_int_equal(map.entries[middle], 0xFFFFFF);
    for (int i = 4; i <= middle; i++) {
        assert_true(luminance(map.entries[i]) > luminance(map.entries[i - 4]));
        assert_true(luminance(map.entries[last - i]) > luminance(map.entries[last - i + 4]));
    }
    assert_true((map.entries[0] & 255U) > (map.entries[0] >> 16));       /* blue below */
    assert_true((map.entries[last] >> 16) > (map.entries[last] & 255U)); /* red above */
    assert_true(fabs(luminance(map.entries[0]) - luminance(map.entries[last])) < 0.05);
}

static void maps_clip_values(void **state) {
    (void)state;
    ckn_colormap map;
    ckn_colormap_sequential(&map);
    assert_int_equal(ckn_colormap_at(&map, 0, 2, -1), map.entries[0]);
    assert_int_equal(ckn_colormap_at(&map, 0, 2, 9), map.entries[CKN_COLORMAP_SIZE - 1]);
    assert_int_equal(ckn_colormap_at(&map, 0, 2, (double)INFINITY),
                     map.entries[CKN_COLORMAP_SIZE - 1]);
    assert_int_equal(ckn_colormap_at(&map, 0, 2, 1), map.entries[CKN_COLORMAP_SIZE / 2]);
    assert_int_equal(ckn_colormap_at(&map, 0, 2, (double)NAN), 0x808080);
}

static void text_becomes_valid(void **state) {
    (void)state;
    char text[32];
    ckn_text_clean(text, sizeof text, "a\nb\tc\x7F");
    assert_string_equal(text, "a?b?c?");
    ckn_text_clean(text, sizeof text, "\xCF\x83 \xE2\x86\x92 \xF0\x9F\x98\x80");
    assert_string_equal(text, "\xCF\x83 \xE2\x86\x92 \xF0\x9F\x98\x80");
    /* a lone byte, an overlong form, a surrogate, a character that is cut off */
    ckn_text_clean(text, sizeof text, "\xFFx\xC0\xAFx\xED\xA0\x80x\xE2\x86");
    assert_string_equal(text, "?x??x???x??");
    ckn_text_clean(text, 4, "ab\xE2\x86\x92");
    assert_string_equal(text, "ab");
    ckn_text_clean(text, sizeof text, "a\xCF\x83");
    ckn_text_chop(text);
    assert_string_equal(text, "a");
    ckn_text_chop(text);
    ckn_text_chop(text);
    assert_string_equal(text, "");
}

static void numbers_are_typeset(void **state) {
    (void)state;
    char text[64];
    ckn_text_numbers(text, sizeof text, "x -0.5, y 1.2e-05 (-3) 1e+20 well-known -- 4-5");
    assert_string_equal(text, "x " MINUS "0.5, y 1.2" TIMES "10\xE2\x81\xBB\xE2\x81\xB5 (" MINUS
                              "3) 1" TIMES "10\xC2\xB2\xE2\x81\xB0 well-known -- 4-5");
    ckn_text_numbers(text, 6, "2e-05"); /* no room for the exponent */
    assert_string_equal(text, "2" TIMES "10");
}

/* A photograph, a sky with a few stars, and numbers of any size. */
static void tones_suit_the_samples(void **state) {
    (void)state;
    enum { COUNT = 10000 };
    static double samples[COUNT];
    ckn_view view = ckn_view_f64(samples, 100, 100);
    ckn_error error = {0};
    ckn_tone tone;
    for (int i = 0; i < COUNT; i++)
        samples[i] = 0.5 + 0.45 * sin(i);
    assert_int_equal(ckn_tone_choose(&view, 1, false, &tone, &error), CKN_OK);
    assert_true(tone.low == 0 && tone.high == 1 && !tone.is_compressed);
    assert_string_equal(ckn_tone_text(&tone).base, "");
    for (int i = 0; i < COUNT; i++)
        samples[i] = i % 250 == 0 ? 60000 : 100 + 5 * sin(i);
    assert_int_equal(ckn_tone_choose(&view, 1, false, &tone, &error), CKN_OK);
    assert_true(tone.is_compressed && tone.low < 100 && tone.high > 1000);
    assert_true(ckn_tone_at(&tone, 100 + 0.05 * tone.high) > 0.3); /* faint, and seen */
    assert_true(ckn_tone_at(&tone, 1e9) == 1 && ckn_tone_at(&tone, -1e9) == 0);
    assert_non_null(strstr(ckn_tone_text(&tone).base, "asinh, "));
    for (int i = 0; i < COUNT; i++)
        samples[i] = (double)NAN;
    assert_int_equal(ckn_tone_choose(&view, 1, false, &tone, &error), CKN_OK);
    assert_true(tone.high > tone.low);
}

static void resampling_averages_areas(void **state) {
    (void)state;
    const double samples[6] = {1, 2, 3, 4, 5, 6};
    double pixels[24];
    ckn_view view = ckn_view_f64(samples, 2, 3);
    ckn_field_resample(ckn_field_view_sample, &view, (ckn_shape){2, 3}, (ckn_shape){1, 1}, pixels);
    assert_true(fabs(pixels[0] - 3.5) < 1e-12);
    ckn_field_resample(ckn_field_view_sample, &view, (ckn_shape){2, 3}, (ckn_shape){4, 6}, pixels);
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 6; c++)
            assert_true(fabs(pixels[6 * r + c] - samples[3 * (r / 2) + c / 2]) < 1e-12);
    ckn_field_resample(ckn_field_view_sample, &view, (ckn_shape){2, 3}, (ckn_shape){1, 2}, pixels);
    assert_true(fabs(pixels[0] - (1 + 4 + 0.5 * (2 + 5)) / 3) < 1e-12);
    const double holes[2] = {(double)NAN, 7};
    view = ckn_view_f64(holes, 1, 2);
    ckn_field_resample(ckn_field_view_sample, &view, (ckn_shape){1, 2}, (ckn_shape){1, 1}, pixels);
    assert_true(pixels[0] == 7);
    ckn_field_resample(ckn_field_view_sample, &view, (ckn_shape){1, 2}, (ckn_shape){1, 2}, pixels);
    assert_true(isnan(pixels[0]) && pixels[1] == 7);
}

static void fields_are_measured(void **state) {
    (void)state;
    double pixels[1000], scratch[1000];
    for (int i = 0; i < 1000; i++)
        pixels[i] = i % 2 ? -i : i;
    assert_true(ckn_field_percentile(pixels, 1000, 0.995, scratch) == 994);
    memset(pixels, 0, sizeof pixels);
    assert_true(ckn_field_percentile(pixels, 1000, 0.995, scratch) == 0);
    pixels[3] = -2;
    pixels[4] = (double)NAN;
    assert_true(ckn_field_percentile(pixels, 1000, 0.995, scratch) == 2);
    assert_true(ckn_field_percentile(pixels + 4, 1, 0.995, scratch) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_short_and_right),
        cmocka_unit_test(labels_ignore_the_locale),
        cmocka_unit_test(linear_ticks_are_nice),
        cmocka_unit_test(linear_ticks_survive_any_range),
        cmocka_unit_test(logarithmic_ticks_are_powers_of_ten),
        cmocka_unit_test(logarithmic_ticks_survive_any_range),
        cmocka_unit_test(sequential_map_grows_brighter),
        cmocka_unit_test(diverging_map_is_neutral_in_the_middle),
        cmocka_unit_test(maps_clip_values),
        cmocka_unit_test(text_becomes_valid),
        cmocka_unit_test(numbers_are_typeset),
        cmocka_unit_test(root_ticks_keep_apart),
        cmocka_unit_test(tones_suit_the_samples),
        cmocka_unit_test(resampling_averages_areas),
        cmocka_unit_test(fields_are_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
