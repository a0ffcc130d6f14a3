#include "sandbox.h"

#include "fuzz.h"
#include "io/picture.h"
#include "support/random.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE = 24, MOST_FILES = 24, PATH_SIZE = 4096 };

static char folder[PATH_SIZE - 512];

typedef struct kept_file {
    char path[PATH_SIZE];
    unsigned char *bytes;
    size_t size;
} kept_file;

static kept_file kept[MOST_FILES];
static size_t kept_count;

static unsigned char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file, "%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    FUZZ_CHECK(bytes && fread(bytes, 1, *size, file) == *size, "%s cannot be read", path);
    fclose(file);
    return bytes;
}

static const char *keep_path(const char *name) {
    FUZZ_CHECK(kept_count < MOST_FILES, "no room for %s", name);
    kept_file *file = &kept[kept_count++];
    snprintf(file->path, sizeof file->path, "%s/in/%s", folder, name);
    return file->path;
}

static void keep_bytes(void) {
    kept_file *file = &kept[kept_count - 1];
    file->bytes = read_file(file->path, &file->size);
}

static double scene(size_t channel, size_t row, size_t col) {
    const double wave = sin((double)(row * (2 + channel)) / 3) * cos((double)(col * col) / 11);
    uint64_t state = row * 1000 + col * 10 + channel;
    return 0.45 + 0.3 * wave + 0.2 * ckn_test_uniform(&state, 0, 1);
}

/* The scene, or its mean over 3 x 3 samples; less of it where only the valid part is wanted. */
static void write_picture(const char *name, size_t planes, bool blurred, size_t lost) {
    ckn_picture picture;
    ckn_error error = {CKN_OK, ""};
    const size_t side = SIDE - 2 * lost;
    const bool alpha = planes % 2 == 0;
    FUZZ_CHECK(ckn_picture_create(&picture, side, side, planes - alpha, alpha,
                                  strstr(name, ".png") ? CKN_SAMPLE_U8 : CKN_SAMPLE_F32,
                                  &error) == CKN_OK,
               "%s", error.message);
    for (size_t i = 0; i < planes * side * side; i++) {
        const size_t plane = i / (side * side), row = i / side % side, col = i % side;
        const size_t first = blurred ? 0 : 4, last = blurred ? 9 : 5;
        double sum = 0;
        for (size_t tap = first; tap < last; tap++)
            sum += scene(plane, row + lost + tap / 3, col + lost + tap % 3);
        ((float *)picture.data)[i] = (float)(sum / (double)(last - first));
    }
    if (strcmp(name, "n.npy") == 0)
        ((float *)picture.data)[100] = NAN;
    FUZZ_CHECK(ckn_picture_write(keep_path(name), &picture, &error) == CKN_OK, "%s", error.message);
    keep_bytes();
    ckn_picture_release(&picture);
}

static void write_mask(const char *name) {
    float samples[SIDE * SIDE];
    ckn_picture picture = {.rows = SIDE,
                           .cols = SIDE,
                           .channels = 1,
                           .sample = CKN_SAMPLE_F32,
                           .type = CKN_FLOAT32,
                           .data = samples,
                           .full_range = 1};
    ckn_error error = {CKN_OK, ""};
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        samples[i] = i % 7 > 0;
    FUZZ_CHECK(ckn_picture_write(keep_path(name), &picture, &error) == CKN_OK, "%s", error.message);
    keep_bytes();
}

static void write_kernel(const char *name) {
    static const double taps[] = {0.05, 0.1, 0.05, 0.1, 0.4, 0.1, 0.05, 0.1, 0.05};
    const ckn_view kernel = ckn_view_f64(taps, 3, 3);
    ckn_error error = {CKN_OK, ""};
    FUZZ_CHECK(ckn_kernel_write(keep_path(name), &kernel, NULL, NULL, 0, &error) == CKN_OK, "%s",
               error.message);
    keep_bytes();
}

static void write_nothing(const char *name) {
    FILE *file = fopen(keep_path(name), "wb");
    FUZZ_CHECK(file && fclose(file) == 0, "%s cannot be written", name);
    keep_bytes();
}

static void write_inputs(void) {
    static const char *const sharp[] = {"x.npy", "x.png", "x.tif", "n.npy"};
    static const char *const blurred[] = {"y.npy", "y.png", "y.fits"};
    for (size_t i = 0; i < sizeof sharp / sizeof sharp[0]; i++)
        write_picture(sharp[i], 1, false, 0);
    for (size_t i = 0; i < sizeof blurred / sizeof blurred[0]; i++)
        write_picture(blurred[i], 1, true, 0);
    write_picture("v.npy", 1, true, 1);
    write_picture("c.png", 3, false, 0);
    write_picture("c2.png", 3, true, 0);
    write_picture("a.png", 4, false, 0);
    write_mask("m.npy");
    write_kernel("k.npy");
    write_kernel("k.csv");
    write_nothing("empty.png");
}

static void remove_sandbox(void) {
    char path[PATH_SIZE];
    fuzz_sandbox_clear();
    for (size_t i = 0; i < kept_count; i++) {
        unlink(kept[i].path);
        free(kept[i].bytes);
    }
    snprintf(path, sizeof path, "%s/in", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/out", folder);
    rmdir(path);
    rmdir(folder);
}

const char *fuzz_sandbox(void) {
    if (folder[0])
        return folder;
    char path[PATH_SIZE];
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/clkernest-fuzz-XXXXXX", parent ? parent : "/tmp");
    FUZZ_CHECK(mkdtemp(folder), "%s cannot be made", folder);
    snprintf(path, sizeof path, "%s/in", folder);
    FUZZ_CHECK(mkdir(path, 0700) == 0, "%s cannot be made", path);
    snprintf(path, sizeof path, "%s/out", folder);
    FUZZ_CHECK(mkdir(path, 0700) == 0, "%s cannot be made", path);
    write_inputs();
    atexit(remove_sandbox);
    return folder;
}

void fuzz_sandbox_check_inputs(void) {
    for (size_t i = 0; i < kept_count; i++) {
        size_t size;
        unsigned char *bytes = read_file(kept[i].path, &size);
        FUZZ_CHECK(size == kept[i].size && memcmp(bytes, kept[i].bytes, size) == 0,
                   "the input %s has changed", kept[i].path);
        free(bytes);
    }
}

size_t fuzz_sandbox_clear(void) {
    char path[PATH_SIZE];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/out", folder);
    DIR *directory = opendir(path);
    FUZZ_CHECK(directory, "%s cannot be listed", path);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        FUZZ_CHECK(!strstr(entry->d_name, ".clkernest-"), "%s was left behind", entry->d_name);
        snprintf(path, sizeof path, "%s/out/%s", folder, entry->d_name);
        unlink(path);
        count++;
    }
    closedir(directory);
    return count;
}
