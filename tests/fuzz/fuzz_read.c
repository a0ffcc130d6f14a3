/* A file of any format, read as a picture, as a page and as a kernel. The format is known by its
 * first bytes, so that one target serves all readers; seeds and mutators differ. */
#include "fuzz.h"

#include "base/view.h"
#include "io/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file without a name. */
static int descriptor = -1;
static char path[64], page[80];

static void open_file(void) {
    char name[] = "/tmp/clkernest-fuzz-XXXXXX";
    descriptor = mkstemp(name);
    FUZZ_CHECK(descriptor >= 0, "%s cannot be created", name);
    unlink(name);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    snprintf(page, sizeof page, "%s[1]", path);
}

static void write_file(const uint8_t *data, size_t size) {
    if (descriptor < 0)
        open_file();
    FUZZ_CHECK(ftruncate(descriptor, 0) == 0, "the file cannot be cut");
    FUZZ_CHECK(pwrite(descriptor, data, size, 0) == (ssize_t)size, "the file cannot be written");
}

static bool succeeded(ckn_code code, const ckn_error *error) {
    if (fuzz_succeeded(code, error))
        return true;
    FUZZ_CHECK(strncmp(error->message, path, strlen(path)) == 0, "no path: %s", error->message);
    return false;
}

/* Samples of rows and columns a stride apart, the last one included: all of a small plane. */
static void touch_plane(const ckn_view *view) {
    static volatile double sum;
    const size_t rows = 1 + view->rows / 2048, cols = 1 + view->cols / 2048;
    for (size_t row = 0; row < view->rows; row += rows) {
        for (size_t col = 0; col < view->cols; col += cols)
            sum = sum + ckn_view_at(view, row, col);
    }
    sum = sum + ckn_view_at(view, view->rows - 1, view->cols - 1);
}

static void read_picture(const char *name) {
    ckn_picture picture;
    ckn_error error = {CKN_OK, ""};
    memset(&picture, 0xEE, sizeof picture);
    if (!succeeded(ckn_picture_read(name, NULL, &picture, &error), &error)) {
        FUZZ_CHECK(!picture.data, "a picture in spite of: %s", error.message);
        return;
    }
    FUZZ_CHECK(picture.rows && picture.cols, "an empty picture");
    FUZZ_CHECK(picture.channels == 1 || picture.channels == 3, "%zu channels", picture.channels);
    for (size_t plane = 0; plane < ckn_picture_plane_count(&picture); plane++) {
        const ckn_view view = ckn_picture_view(&picture, plane);
        touch_plane(&view);
    }
    FUZZ_CHECK(fuzz_is_plain(picture.color), "not plain: %s", picture.color);
    FUZZ_CHECK(fuzz_is_plain(picture.lossy), "not plain: %s", picture.lossy);
    FUZZ_CHECK(fuzz_is_plain(picture.remark), "not plain: %s", picture.remark);
    ckn_picture_release(&picture);
}

static void read_kernel(void) {
    double unset;
    double *taps = &unset;
    size_t rows = 0, cols = 0;
    ckn_error error = {CKN_OK, ""};
    if (!succeeded(ckn_kernel_read(path, NULL, &taps, &rows, &cols, &error), &error)) {
        FUZZ_CHECK(!taps, "a kernel in spite of: %s", error.message);
        return;
    }
    FUZZ_CHECK(rows && cols, "an empty kernel");
    const ckn_view view = ckn_view_f64(taps, rows, cols);
    touch_plane(&view);
    free(taps);
}

static void count_pages(void) {
    size_t count = 0;
    ckn_error error = {CKN_OK, ""};
    if (succeeded(ckn_picture_count_pages(path, &count, &error), &error))
        FUZZ_CHECK(count > 0, "a file of no pages");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    write_file(data, size);
    read_picture(path);
    read_picture(page);
    count_pages();
    read_kernel();
    return 0;
}
