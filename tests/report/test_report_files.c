/* The figures as files: ordinary and degenerate input, and paths that cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/report/report.h"
#include "io/picture.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 200 * 300, HISTORY = 5000 };

static char folder[64], target[128];
static double sharp_samples[3][LARGEST], blurred_samples[3][LARGEST], result_samples[3][LARGEST];
static double taps[LARGEST], deviations[LARGEST], norms[HISTORY], zeros[HISTORY];
static unsigned char restarts[HISTORY];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "./report-test-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(target, sizeof target, "%s/figure.png", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    (void)unlink(target);
    return rmdir(folder); /* fails where a temporary file stayed behind */
}

static ckn_view plane(double *samples, size_t rows, size_t cols) {
    return ckn_view_f64(samples, rows, cols);
}

/* An ordinary report: textured planes, a bell for a kernel, a falling curve. */
static ckn_estimate_report ordinary(size_t rows, size_t cols, size_t k, size_t l) {
    static const char *const facts[] = {"kernel sum\t1.0003", "residual RMS 2.1e-4", NULL};
    ckn_estimate_report report = {.title = "sharp.png and blurred.png", .subtitle = "cpu, fista"};
    report.facts = facts;
    report.channels = 3;
    for (int c = 0; c < 3; c++) {
        for (size_t i = 0; i < LARGEST; i++) {
            double x = (double)i * (0.7 + 0.1 * c);
            sharp_samples[c][i] = 0.5 + 0.5 * sin(x);
            blurred_samples[c][i] = 0.5 + 0.2 * sin(x);
            result_samples[c][i] = blurred_samples[c][i] + 1e-3 * cos(2.3 * x);
        }
        report.sharp[c] = plane(sharp_samples[c], rows, cols);
        report.blurred[c] = plane(blurred_samples[c], rows - k + 1, cols - l + 1);
        report.reconvolved[c] = plane(result_samples[c], rows - k + 1, cols - l + 1);
    }
    for (size_t i = 0; i < k * l; i++) {
        size_t row = i / l, col = i % l;
        taps[i] = exp(-pow((double)row - (double)k / 2, 2) - pow((double)col - 2, 2));
    }
    report.kernel = plane(taps, k, l);
    for (size_t i = 0; i < HISTORY; i++) {
        norms[i] = 10 * exp(-(double)i / 100) + 1e-4;
        zeros[i] = 0;
        restarts[i] = i % 700 == 300;
    }
    report.history = (ckn_report_history){1000, NULL, norms, norms, restarts};
    return report;
}

/* Reads the figure back, checks size and that it is a figure, then deletes it. */
static ckn_picture check_picture(size_t rows) {
    ckn_error error = {0};
    ckn_picture picture = {0};
    unsigned char signature[8];
    FILE *file = fopen(target, "rb");
    assert_non_null(file);
    assert_int_equal(fread(signature, 1, 8, file), 8);
    fclose(file);
    assert_memory_equal(signature, "\x89PNG\r\n\x1A\n", 8);
    assert_int_equal(ckn_picture_read(target, NULL, &picture, &error), CKN_OK);
    assert_int_equal(picture.cols, CKN_REPORT_WIDTH);
    assert_true(rows == 0 ? picture.rows >= CKN_REPORT_HEIGHT : picture.rows == rows);
    assert_int_equal(picture.channels, 3);
    assert_false(picture.has_alpha);
    const float *samples = picture.data;
    size_t count = 3 * picture.rows * picture.cols, marked = 0;
    for (size_t i = 0; i < count; i++)
        marked += samples[i] < 0.9F;
    assert_true(marked > 6000 && marked < count * 9 / 10);
    assert_int_equal(unlink(target), 0);
    return picture;
}

static void writes(const ckn_estimate_report *report) {
    ckn_error error = {0};
    if (ckn_report_estimate(target, report, &error) != CKN_OK)
        fail_msg("%s", error.message);
    ckn_picture picture = check_picture(0);
    ckn_picture_release(&picture);
}

static double pixel(const ckn_picture *picture, size_t channel, size_t row, size_t col) {
    return ((const float *)picture->data)[(channel * picture->rows + row) * picture->cols + col];
}

static void ordinary_report_shows_the_data(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(200, 300, 1, 1);
    for (size_t i = 0; i < LARGEST; i++) {
        bool left = i % 300 < 150;
        for (int c = 0; c < 3; c++) {
            sharp_samples[c][i] = 0.2 + 0.3 * c;
            result_samples[c][i] = blurred_samples[c][i] + (left ? 0.1 : -0.1);
        }
    }
    ckn_error error = {0};
    assert_int_equal(ckn_report_estimate(target, &report, &error), CKN_OK);
    ckn_picture picture = check_picture(CKN_REPORT_HEIGHT + 46);
    for (size_t c = 0; c < 3; c++) /* the sharp image fills the first column */
        assert_true(fabs(pixel(&picture, c, 300, 300) - (0.2 + 0.3 * (double)c)) < 0.003);
    /* residual: red where the model is too bright, blue where it is too dark */
    assert_true(pixel(&picture, 0, 800, 700) > pixel(&picture, 2, 800, 700) + 0.2);
    assert_true(pixel(&picture, 2, 800, 1100) > pixel(&picture, 0, 800, 1100) + 0.2);
    ckn_picture_release(&picture);
}

static void sizes_of_all_kinds(void **state) {
    (void)state;
    const size_t sizes[][4] = {{1, 1, 1, 1},     {3, 3, 3, 3},     {1, 300, 1, 31},
                               {300, 1, 31, 1},  {2, 30000, 1, 9}, {200, 300, 101, 101},
                               {200, 200, 2, 4}, {40, 50, 40, 50}, {5, 7, 4, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ckn_estimate_report report = ordinary(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
        writes(&report);
        report.channels = 1;
        report.linear_light = true;
        writes(&report);
    }
}

static void fill(double *samples, double value) {
    for (size_t i = 0; i < LARGEST; i++)
        samples[i] = value;
}

static void constant_data(void **state) {
    (void)state;
    const double values[] = {0,      1,     0.5,    -3,          1e-30,           1e30,
                             -1e300, 1e308, 1e-320, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        ckn_estimate_report report = ordinary(60, 80, 5, 5);
        report.channels = 1;
        fill(sharp_samples[0], values[i]);
        fill(blurred_samples[0], values[i]);
        fill(result_samples[0], values[i]); /* the residual is exactly zero */
        fill(taps, values[i]);
        writes(&report);
    }
}

/* A third row of panels; curves that are not numbers, or leave [0, 1], do no harm. */
static void curves_of_the_kernel(void **state) {
    (void)state;
    enum { POINTS = 11 };
    double frequencies[POINTS], radii[POINTS], energy[POINTS];
    ckn_mtf mtf[POINTS];
    const double scales[] = {1, 5, -1e300, (double)NAN};
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        ckn_estimate_report report = ordinary(60, 80, 5, 5);
        for (int i = 0; i < POINTS; i++) {
            frequencies[i] = 0.05 * i;
            radii[i] = 0.4 * i;
            energy[i] = scales[s] * (1 - exp(-radii[i]));
            mtf[i] = (ckn_mtf){scales[s] * exp(-5 * frequencies[i]),
                               scales[s] * exp(-9 * frequencies[i]),
                               scales[s] * exp(-7 * frequencies[i])};
        }
        report.curves = (ckn_report_curves){
            POINTS, frequencies, mtf, radii, energy, {1, 2, scales[s], {0.1, 0.1, scales[s]}}};
        ckn_error error = {0};
        assert_int_equal(ckn_report_estimate(target, &report, &error), CKN_OK);
        ckn_picture picture = check_picture(CKN_REPORT_HEIGHT + CKN_REPORT_CURVES + 46);
        if (s == 0) { /* the radial curve has its last point on the right side of the first panel */
            double darkest = 1;
            for (size_t row = 1130; row < 1410; row++)
                darkest = fmin(darkest, pixel(&picture, 0, row, 870));
            assert_true(darkest < 0.3);
        }
        ckn_picture_release(&picture);
    }
}

static void kernels_with_a_sign(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(60, 80, 3, 3);
    const double sharpen[9] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
    memcpy(taps, sharpen, sizeof sharpen);
    ckn_error error = {0};
    assert_int_equal(ckn_report_estimate(target, &report, &error), CKN_OK);
    ckn_picture picture = check_picture(CKN_REPORT_HEIGHT + 46);
    /* the corner taps are zero, so the diverging map leaves them white */
    double corner = pixel(&picture, 0, 160, 1300) * pixel(&picture, 2, 160, 1300);
    assert_true(corner > 0.99);
    ckn_picture_release(&picture);
    fill(taps, -1);
    writes(&report);
}

static void histories_of_all_kinds(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    const double odd[6] = {1e300, 0, (double)NAN, 1e-300, (double)INFINITY, -1};
    const double still[2] = {3, 3}, backwards[2] = {7, 2};
    const ckn_report_history histories[] = {{0, NULL, NULL, NULL, NULL},
                                            {1, NULL, NULL, norms, restarts},
                                            {1, NULL, zeros, NULL, NULL},
                                            {HISTORY, NULL, zeros, zeros, restarts},
                                            {HISTORY, NULL, norms, NULL, NULL},
                                            {6, NULL, NULL, odd, NULL},
                                            {2, still, NULL, norms, restarts},
                                            {2, backwards, NULL, still, NULL},
                                            {HISTORY, zeros, NULL, norms, restarts}};
    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++) {
        report.history = histories[i];
        writes(&report);
    }
}

/* Without a history: cross-sections, with bars, with a band, or without either. */
static void errors_of_all_kinds(void **state) {
    (void)state;
    const size_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {61, 2}, {101, 99}};
    const double values[] = {0, 1e-9, 1e6, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ckn_estimate_report report = ordinary(120, 110, sizes[i][0], sizes[i][1]);
        report.history.count = 0;
        writes(&report);
        fill(deviations, values[i]);
        report.errors = plane(deviations, sizes[i][0], sizes[i][1]);
        writes(&report);
    }
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    report.history.count = 0;
    fill(taps, -1);
    writes(&report);
    fill(taps, 0);
    writes(&report);
}

/* Pixels of this colour within the panel of the cross-sections. */
static size_t count_color(const ckn_picture *picture, const double color[3]) {
    size_t count = 0;
    for (size_t row = 640; row < 1010; row++)
        for (size_t col = 1230; col < 1640; col++) {
            double off = 0;
            for (size_t c = 0; c < 3; c++)
                off = fmax(off, fabs(pixel(picture, c, row, col) - color[c]));
            count += off < 0.02;
        }
    return count;
}

static void bars_grow_with_errors(void **state) {
    (void)state;
    const double blue[3] = {0x1F / 255.0, 0x5F / 255.0, 0xA6 / 255.0};
    size_t counts[2];
    for (int i = 0; i < 2; i++) {
        ckn_estimate_report report = ordinary(60, 80, 11, 11);
        report.history.count = 0;
        fill(deviations, i ? 0.2 : 0);
        report.errors = plane(deviations, 11, 11);
        ckn_error error = {0};
        assert_int_equal(ckn_report_estimate(target, &report, &error), CKN_OK);
        ckn_picture picture = check_picture(CKN_REPORT_HEIGHT + 46);
        counts[i] = count_color(&picture, blue);
        ckn_picture_release(&picture);
    }
    assert_true(counts[0] > 100);
    assert_true(counts[1] > counts[0] + 300);
}

/* Parabolas over the weight, one for each prior, and the level without one. */
enum { OF_A_PRIOR = 9, TRIALS = 5 * OF_A_PRIOR + 1 };

static ckn_report_selection choice(ckn_trial trials[TRIALS], size_t chosen) {
    size_t count = 0;
    trials[count++] = (ckn_trial){.score = 1.03e-4};
    for (int prior = CKN_PRIOR_RIDGE; prior <= CKN_PRIOR_TV; prior++)
        for (int i = 0; i < OF_A_PRIOR; i++)
            trials[count++] = (ckn_trial){.prior = (ckn_prior)prior,
                                          .lambda = pow(10, 0.5 * i - prior),
                                          .score = 1e-4 * (1 + 1e-3 * (prior + pow(i - 4, 2)))};
    trials[chosen].chosen = 1;
    return (ckn_report_selection){count, trials};
}

/* Pixels of this colour within the third row. */
static size_t count_in_third_row(const ckn_picture *picture, uint32_t color) {
    size_t count = 0;
    for (size_t row = 1130; row < 1400; row++)
        for (size_t col = 120; col < 1600; col++) {
            double off = 0;
            for (size_t c = 0; c < 3; c++)
                off = fmax(off, fabs(pixel(picture, c, row, col) -
                                     (double)(color >> (16 - 8 * c) & 255U) / 255));
            count += off < 0.02;
        }
    return count;
}

static ckn_picture with_choice(const ckn_report_selection *selection, size_t rows) {
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    report.selection = *selection;
    ckn_error error = {0};
    if (ckn_report_estimate(target, &report, &error) != CKN_OK)
        fail_msg("%s", error.message);
    return check_picture(rows);
}

static void choice_gets_a_third_row(void **state) {
    (void)state;
    static const uint32_t blue = 0x1F5FA6U, red = 0xD1482FU, ink = 0x1B1F24U;
    ckn_trial trials[TRIALS];
    const size_t tall = CKN_REPORT_HEIGHT + 46 + CKN_REPORT_CURVES;
    ckn_report_selection selection = choice(trials, 1 + 2 * OF_A_PRIOR + 4);
    ckn_picture ringed = with_choice(&selection, tall);
    selection = choice(trials, 0);
    trials[0].chosen = 0; /* nothing: no ring */
    ckn_picture plain = with_choice(&selection, tall);
    assert_true(count_in_third_row(&ringed, blue) > 200);
    assert_true(count_in_third_row(&ringed, red) > 200);
    assert_true(count_in_third_row(&ringed, ink) > count_in_third_row(&plain, ink) + 20);
    ckn_picture_release(&plain);
    ckn_picture_release(&ringed);
    selection.count = 1 + OF_A_PRIOR; /* the ridge alone, whose curve is not blue */
    ringed = with_choice(&selection, tall);
    assert_true(count_in_third_row(&ringed, blue) + count_in_third_row(&ringed, red) < 20);
    ckn_picture_release(&ringed);
}

static void choices_of_all_kinds(void **state) {
    (void)state;
    ckn_trial trials[TRIALS], many[500] = {{.score = 1}};
    const size_t plain = CKN_REPORT_HEIGHT + 46, tall = plain + CKN_REPORT_CURVES;
    ckn_report_selection selection = choice(trials, 3);
    ckn_picture picture;
    /* One weight, or none, is no curve. */
    for (size_t count = 0; count < 3; count++) {
        selection.count = count;
        picture = with_choice(&selection, plain);
        ckn_picture_release(&picture);
    }
    const double scores[] = {0, 1, 1e300, 1e-300, 5e-324, -1, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        for (size_t k = 0; k < 3; k++) { /* all of them; one of many; the one without a prior */
            selection = choice(trials, 1);
            for (size_t t = k; t < (k == 0 ? TRIALS : k + 1); t++)
                trials[t == 2 ? 0 : t].score = scores[i];
            picture = with_choice(&selection,
                                  k > 0 || (scores[i] > 0 && isfinite(scores[i])) ? tall : plain);
            ckn_picture_release(&picture);
        }
    }
    for (size_t i = 1; i < 500; i++)
        many[i] = (ckn_trial){.prior = CKN_PRIOR_TV, .lambda = 1e-300 * (double)i, .score = 2};
    selection = (ckn_report_selection){500, many}; /* more than are drawn; nothing was chosen */
    picture = with_choice(&selection, tall);
    ckn_picture_release(&picture);
}

static void texts_of_all_kinds(void **state) {
    (void)state;
    static char endless[5000];
    memset(endless, 'w', sizeof endless - 1);
    const char *facts[20] = {endless, "\xFF\xFE\ttext", "name\t", "\tvalue", "", "a\tb\tc"};
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    report.facts = NULL;
    writes(&report);
    report.title = report.subtitle = NULL;
    writes(&report);
    report.title = endless;
    report.subtitle = "bytes \xC3( that are not UTF-8, and a line\nbreak";
    report.facts = facts;
    writes(&report);
}

static void refuses(const ckn_estimate_report *report, const char *text) {
    ckn_error error = {0};
    assert_int_equal(ckn_report_estimate(target, report, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, text));
    assert_int_equal(access(target, F_OK), -1);
}

static void contradictions_are_refused(void **state) {
    (void)state;
    const ckn_estimate_report good = ordinary(60, 80, 5, 5);
    ckn_estimate_report bad = good;
    bad.channels = 2;
    refuses(&bad, "1 or 3 channels");
    bad = good;
    bad.reconvolved[0].rows = bad.reconvolved[1].rows = bad.reconvolved[2].rows = 3;
    refuses(&bad, "differ in size");
    bad = good;
    bad.sharp[2].cols = 4;
    refuses(&bad, "channels");
    bad = good;
    bad.kernel.data = NULL;
    refuses(&bad, "kernel");
    bad = good;
    bad.errors = plane(deviations, 4, 5);
    refuses(&bad, "standard errors");
    bad = good;
    bad.history.objective = bad.history.residual_norm = NULL;
    refuses(&bad, "history");
    refuses(NULL, "data");
    assert_int_equal(ckn_report_estimate(NULL, &good, NULL), CKN_ERROR_ARGUMENT);
}

static void paths_that_cannot_be_written(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    ckn_error error = {0};
    assert_int_equal(ckn_report_estimate("no/such/folder/figure.png", &report, &error),
                     CKN_ERROR_FILE);
    assert_non_null(strstr(error.message, "no/such/folder"));
    assert_int_equal(ckn_report_estimate(folder, &report, &error), CKN_ERROR_FILE);
    ckn_extended_box box = {
        .sigma = 1, .passes = 2, .alpha = 0.25, .lambda = 1.5, .variance_pass = 0.5};
    double one = 1;
    ckn_box_report lone = {.box = &box, .taps = &one, .taps_count = 1};
    assert_int_equal(ckn_report_box("no/such/folder/figure.png", &lone, &error), CKN_ERROR_FILE);
}

static void full_disk_keeps_the_old_file(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    FILE *file = fopen(target, "wb");
    assert_non_null(file);
    assert_int_equal(fputs("old", file) >= 0, 1);
    fclose(file);
    struct rlimit before, small;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ckn_error error = {0};
    ckn_code code = ckn_report_estimate(target, &report, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(code, CKN_ERROR_FILE);
    assert_non_null(strstr(error.message, target));
    struct stat status;
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 3);
    assert_int_equal(unlink(target), 0);
}

/* The composed kernel by plain repeated convolution. */
static size_t compose(const ckn_extended_box *box, double *composed) {
    size_t width = 2 * box->l + 3, length = 1;
    double *next = calloc(LARGEST, sizeof *next);
    assert_non_null(next);
    composed[0] = 1;
    for (size_t pass = 0; pass < box->passes; pass++) {
        memset(next, 0, LARGEST * sizeof *next);
        for (size_t i = 0; i < length; i++)
            for (size_t j = 0; j < width; j++)
                next[i + j] +=
                    composed[i] * (j == 0 || j == width - 1 ? box->alpha : 1) / box->lambda;
        length += width - 1;
        memcpy(composed, next, length * sizeof *next);
    }
    free(next);
    return length;
}

static ckn_extended_box box_for(double sigma, size_t passes) {
    ckn_extended_box box = {.sigma = sigma, .passes = passes};
    double v = sigma * sigma / (double)passes, l = floor(sqrt(12 * v + 1) / 2 - 0.5);
    box.l = (size_t)l;
    box.alpha = (2 * l + 1) * (l * (l + 1) - 3 * v) / (6 * (v - (l + 1) * (l + 1)));
    box.lambda = 2 * l + 1 + 2 * box.alpha;
    box.variance_pass = v;
    return box;
}

static void boxes_of_all_sizes(void **state) {
    (void)state;
    const double sigmas[] = {1e-3, 0.3, 0.6, 1.2, 9.6, 15.4, 100, 300};
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++)
        for (size_t passes = 1; passes <= 8; passes += 7) {
            ckn_extended_box box = box_for(sigmas[i], passes);
            size_t count = compose(&box, taps);
            ckn_box_report report = {
                .box = &box, .taps = taps, .taps_count = count, .errors = {1e-4, 2e-3, 3e-4, 5e-4}};
            ckn_error error = {0};
            assert_int_equal(ckn_report_box(target, &report, &error), CKN_OK);
            ckn_picture picture = check_picture(CKN_BOX_REPORT_HEIGHT);
            ckn_picture_release(&picture);
        }
}

static void bad_boxes_are_refused(void **state) {
    (void)state;
    ckn_extended_box box = box_for(2, 3);
    ckn_box_report report = {.box = &box, .taps = taps, .taps_count = compose(&box, taps)};
    ckn_error error = {0};
    report.taps_count -= 1;
    assert_int_equal(ckn_report_box(target, &report, &error), CKN_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "odd"));
    report.taps_count += 1;
    box.sigma = (double)NAN;
    assert_int_equal(ckn_report_box(target, &report, &error), CKN_ERROR_ARGUMENT);
    report.taps = NULL;
    assert_int_equal(ckn_report_box(target, &report, &error), CKN_ERROR_ARGUMENT);
    assert_int_equal(ckn_report_box(target, NULL, NULL), CKN_ERROR_ARGUMENT);
    assert_int_equal(access(target, F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_report_shows_the_data),
        cmocka_unit_test(sizes_of_all_kinds),
        cmocka_unit_test(constant_data),
        cmocka_unit_test(curves_of_the_kernel),
        cmocka_unit_test(kernels_with_a_sign),
        cmocka_unit_test(histories_of_all_kinds),
        cmocka_unit_test(errors_of_all_kinds),
        cmocka_unit_test(bars_grow_with_errors),
        cmocka_unit_test(choice_gets_a_third_row),
        cmocka_unit_test(choices_of_all_kinds),
        cmocka_unit_test(texts_of_all_kinds),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(paths_that_cannot_be_written),
        cmocka_unit_test(full_disk_keeps_the_old_file),
        cmocka_unit_test(boxes_of_all_sizes),
        cmocka_unit_test(bad_boxes_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
