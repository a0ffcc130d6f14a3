/* The figures as files: ordinary and degenerate input, and paths that cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/report/layout.h"
#include "cli/report/report.h"
#include "cli/report/shown_kernel.h"
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
    ckn_estimate_report report = {.title = "Gaussian, sigma 2.000",
                                  .subtitle = "sharp.png and blurred.png",
                                  .footer = "cpu, fista",
                                  .unit = "1 = full scale"};
    for (int i = 0; i < 3; i++)
        report.tables[i] = (ckn_report_table){"Kernel", facts};
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
        report.model[c] = plane(result_samples[c], rows - k + 1, cols - l + 1);
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
    assert_true(rows == 0 ? picture.rows > 1000 && picture.rows < 4000 : picture.rows == rows);
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

static void fill(double *samples, double value) {
    for (size_t i = 0; i < LARGEST; i++)
        samples[i] = value;
}

/* The panel of this kind in the layout of `report`. */
static ckn_panel panel_of(const ckn_estimate_report *report, ckn_panel_kind kind) {
    ckn_layout_input input = {
        .sharp = ckn_view_shape(&report->sharp[0]),
        .blurred = ckn_view_shape(&report->blurred[0]),
        .has_curves = report->curves.count > 0,
        .is_signed = ckn_shown_kernel_of(report).is_signed,
        .has_history = report->history.count > 0,
        .title_lines = 1,
        .has_subtitle = true,
        .has_footer = true,
        .table_lines = {2, 2, 2},
    };
    ckn_layout layout;
    ckn_layout_arrange(&input, &layout);
    for (size_t i = 0; i < layout.count; i++)
        if (layout.panels[i].kind == kind)
            return layout.panels[i];
    fail_msg("no panel of kind %d", (int)kind);
    return layout.panels[0];
}

/* The pixel at a part of the way across and down the data of a panel. */
static double pixel_in(const ckn_picture *picture, const ckn_panel *panel, size_t channel,
                       double across, double down) {
    const double scale = CKN_REPORT_WIDTH / CKN_LAYOUT_WIDTH;
    double row = scale * (panel->data.y + down * panel->data.height);
    double col = scale * (panel->data.x + across * panel->data.width);
    return pixel(picture, channel, (size_t)row, (size_t)col);
}

/* Reads the figure of a report. */
static ckn_picture drawn(const ckn_estimate_report *report) {
    ckn_error error = {0};
    if (ckn_report_estimate(target, report, &error) != CKN_OK)
        fail_msg("%s", error.message);
    return check_picture(0);
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
    ckn_picture picture = drawn(&report);
    ckn_panel sharp = panel_of(&report, CKN_PANEL_SHARP);
    ckn_panel residual = panel_of(&report, CKN_PANEL_RESIDUAL);
    for (size_t c = 0; c < 3; c++)
        assert_true(fabs(pixel_in(&picture, &sharp, c, 0.5, 0.5) - (0.2 + 0.3 * (double)c)) <
                    0.003);
    /* residual: blue where the model is too bright, red where it is too dark */
    assert_true(pixel_in(&picture, &residual, 2, 0.2, 0.5) >
                pixel_in(&picture, &residual, 0, 0.2, 0.5) + 0.2);
    assert_true(pixel_in(&picture, &residual, 0, 0.8, 0.5) >
                pixel_in(&picture, &residual, 2, 0.8, 0.5) + 0.2);
    ckn_picture_release(&picture);
}

/* The lower half has the weight 0: it is hatched in two greys, and left out of the RMS. */
static void masked_samples_are_hatched(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(200, 300, 1, 1);
    for (size_t i = 0; i < LARGEST; i++) {
        deviations[i] = i < LARGEST / 2;
        for (int c = 0; c < 3; c++)
            result_samples[c][i] = blurred_samples[c][i] - (i < LARGEST / 2 ? 0.01 : 7);
    }
    for (int c = 0; c < 3; c++)
        report.weights[c] = plane(deviations, 200, 300);
    assert_true(fabs(ckn_report_residual_rms(&report) - 0.01) < 1e-9);
    ckn_picture picture = drawn(&report);
    ckn_panel residual = panel_of(&report, CKN_PANEL_RESIDUAL);
    double low = 1, high = 0;
    for (int i = 0; i < 100; i++) {
        double grey[3];
        for (size_t c = 0; c < 3; c++)
            grey[c] = pixel_in(&picture, &residual, c, 0.3 + 0.002 * i, 0.75);
        assert_true(fabs(grey[0] - grey[2]) < 0.07); /* no colour of the map */
        low = fmin(low, grey[1]);
        high = fmax(high, grey[1]);
        assert_true(pixel_in(&picture, &residual, 0, 0.3 + 0.002 * i, 0.25) >
                    pixel_in(&picture, &residual, 2, 0.3 + 0.002 * i, 0.25) + 0.2);
    }
    assert_true(high - low > 0.2);
    ckn_picture_release(&picture);
    fill(deviations, 0);
    assert_true(isnan(ckn_report_residual_rms(&report)));
    writes(&report);
}

/* A kernel's displacements move with its offset, its picture does not. */
static void offsets_move_the_numbers(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(200, 300, 5, 5);
    ckn_shown_kernel kernel = ckn_shown_kernel_of(&report);
    assert_true(kernel.first_row == -2 && kernel.first_col == -2);
    report.row_offset = 4;
    report.col_offset = -7;
    kernel = ckn_shown_kernel_of(&report);
    assert_true(kernel.first_row == 2 && kernel.first_col == -9);
    writes(&report);
    report = ordinary(200, 300, 4, 6); /* the middle tap is (1, 2) */
    kernel = ckn_shown_kernel_of(&report);
    assert_true(kernel.first_row == -1 && kernel.first_col == -2);
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
        ckn_picture picture = drawn(&report);
        ckn_panel panel = panel_of(&report, CKN_PANEL_MTF);
        if (s == 0) { /* the radial curve has its last point on the right side of the panel */
            double darkest = 1;
            for (int i = 0; i < 400; i++)
                darkest = fmin(darkest, pixel_in(&picture, &panel, 0, 0.99, 0.0025 * i));
            assert_true(darkest < 0.35);
        }
        ckn_picture_release(&picture);
    }
}

static void kernels_with_a_sign(void **state) {
    (void)state;
    ckn_estimate_report report = ordinary(60, 80, 3, 3);
    const double sharpen[9] = {0, -1, 0, -1, 5, -1, 0, -1, 0};
    memcpy(taps, sharpen, sizeof sharpen);
    ckn_picture picture = drawn(&report);
    ckn_panel panel = panel_of(&report, CKN_PANEL_KERNEL);
    /* the map is 5 x 5; corner taps are zero, so white; beside the middle they are clearly blue */
    for (size_t c = 0; c < 3; c++)
        assert_true(pixel_in(&picture, &panel, c, 0.28, 0.28) > 0.99);
    assert_true(pixel_in(&picture, &panel, 2, 0.5, 0.3) >
                pixel_in(&picture, &panel, 0, 0.5, 0.3) + 0.2);
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

/* Pixels of this colour within a panel's data. */
static size_t count_color(const ckn_picture *picture, const ckn_panel *panel,
                          const double color[3]) {
    size_t count = 0;
    for (int i = 0; i < 300; i++)
        for (int k = 0; k < 300; k++) {
            double off = 0;
            for (size_t c = 0; c < 3; c++)
                off = fmax(off, fabs(pixel_in(picture, panel, c, i / 300.0, k / 300.0) - color[c]));
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
        fill(deviations, i ? 0.2 : 0);
        report.errors = plane(deviations, 11, 11);
        ckn_picture picture = drawn(&report);
        ckn_panel panel = panel_of(&report, CKN_PANEL_SECTIONS);
        counts[i] = count_color(&picture, &panel, blue);
        ckn_picture_release(&picture);
    }
    assert_true(counts[0] > 100);
    assert_true(counts[1] > counts[0] + 150);
}

static void texts_of_all_kinds(void **state) {
    (void)state;
    static char endless[5000];
    memset(endless, 'w', sizeof endless - 1);
    const char *const facts[20] = {endless, "\xFF\xFE\ttext", "name\t", "\tvalue", "", "a\tb\tc"};
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    for (int i = 0; i < 3; i++) {
        report.tables[i].facts = NULL;
        writes(&report);
    }
    report.title =
        "no convolution explains this pair: 3.1 % of the change remains, and follows edges "
        "of whatever is in the picture (median filter, bilateral filter?)";
    writes(&report);
    report.title = report.subtitle = report.footer = report.unit = NULL;
    writes(&report);
    report.title = endless;
    report.subtitle = "bytes \xC3( that are not UTF-8, and a line\nbreak";
    report.footer = report.unit = endless;
    for (int i = 0; i < 3; i++)
        report.tables[i] = (ckn_report_table){i ? endless : NULL, facts};
    ckn_error error = {0}; /* endless tables make an endless page */
    assert_int_equal(ckn_report_estimate(target, &report, &error), CKN_OK);
    assert_int_equal(unlink(target), 0);
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
    bad.model[0].rows = bad.model[1].rows = bad.model[2].rows = 3;
    refuses(&bad, "differ in size");
    bad = good;
    bad.sharp[2].cols = 4;
    refuses(&bad, "channels");
    bad = good;
    bad.kernel.data = NULL;
    refuses(&bad, "kernel");
    bad = good;
    bad.weights[1] = plane(deviations, 4, 5);
    refuses(&bad, "weights");
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

/* All of a small file. */
static size_t read_all(const char *path, char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, room - 1, file);
    assert_true(feof(file));
    fclose(file);
    bytes[count] = '\0';
    return count;
}

static bool ends_with(const char *bytes, size_t count, const char *end) {
    while (count > 0 && (bytes[count - 1] == '\n' || bytes[count - 1] == '\r'))
        count--;
    return count >= strlen(end) && memcmp(bytes + count - strlen(end), end, strlen(end)) == 0;
}

/* A vector file is whole: it begins and ends as its kind does, and leaves no temporary one. */
static void vector_files_are_whole(void **state) {
    (void)state;
    enum { ROOM = 8 << 20 };
    static const struct {
        const char *name, *begin, *end;
    } kinds[] = {{"figure.pdf", "%PDF-", "%%EOF"}, {"figure.SVG", "<?xml", "</svg>"}};
    char path[128], *bytes = malloc(ROOM);
    ckn_extended_box box = {
        .sigma = 1, .passes = 2, .alpha = 0.25, .lambda = 1.5, .variance_pass = 0.5};
    double one = 1;
    ckn_box_report lone = {.box = &box, .taps = &one, .taps_count = 1};
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    ckn_error error = {0};
    assert_non_null(bytes);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, kinds[i % 2].name);
        assert_int_equal(i < 2 ? ckn_report_estimate(path, &report, &error)
                               : ckn_report_box(path, &lone, &error),
                         CKN_OK);
        size_t count = read_all(path, bytes, ROOM);
        assert_true(count > 5000);
        assert_memory_equal(bytes, kinds[i % 2].begin, strlen(kinds[i % 2].begin));
        assert_true(ends_with(bytes, count, kinds[i % 2].end));
        assert_int_equal(unlink(path), 0);
    }
    free(bytes);
}

/* Nothing is written where writing fails, and what was there stays. */
static void full_disk_keeps_the_old_file(const char *path, const ckn_estimate_report *report) {
    FILE *file = fopen(path, "wb");
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
    ckn_code code = ckn_report_estimate(path, report, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(code, CKN_ERROR_FILE);
    assert_non_null(strstr(error.message, path));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 3);
    assert_int_equal(unlink(path), 0);
}

static void full_disk_keeps_old_files(void **state) {
    (void)state;
    static const char *const endings[3] = {"png", "pdf", "svg"};
    ckn_estimate_report report = ordinary(60, 80, 5, 5);
    for (int i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/figure.%s", folder, endings[i]);
        full_disk_keeps_the_old_file(path, &report);
    }
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
        cmocka_unit_test(masked_samples_are_hatched),
        cmocka_unit_test(offsets_move_the_numbers),
        cmocka_unit_test(sizes_of_all_kinds),
        cmocka_unit_test(constant_data),
        cmocka_unit_test(curves_of_the_kernel),
        cmocka_unit_test(kernels_with_a_sign),
        cmocka_unit_test(histories_of_all_kinds),
        cmocka_unit_test(errors_of_all_kinds),
        cmocka_unit_test(bars_grow_with_errors),
        cmocka_unit_test(texts_of_all_kinds),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(paths_that_cannot_be_written),
        cmocka_unit_test(vector_files_are_whole),
        cmocka_unit_test(full_disk_keeps_old_files),
        cmocka_unit_test(boxes_of_all_sizes),
        cmocka_unit_test(bad_boxes_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
