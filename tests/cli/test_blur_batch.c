/* `blur --out-dir`: many pictures, one after another, whatever becomes of some of them. */
#include "program.h"

#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Removes what is in a folder, and the folder. */
static void remove_folder(const char *path) {
    DIR *listing = opendir(path);
    char name[512];
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        (void)remove(name);
    }
    if (listing)
        closedir(listing);
    (void)rmdir(path);
}

static void fresh_folder(const char *path) {
    remove_folder(path);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int make_pictures(void **state) {
    if (enter_folder(state) != 0 || mkdir("in", 0700) != 0)
        return -1;
    write_pattern("in/a.png", 30, 41, 3, false, CKN_SAMPLE_U8, 1);
    write_pattern("in/b.png", 30, 41, 3, true, CKN_SAMPLE_U16, 2);
    write_pattern("in/c.npy", 17, 23, 1, false, CKN_SAMPLE_F64, 3);
    write_pattern("in/d.png", 1, 1, 1, false, CKN_SAMPLE_U8, 4);
    write_pattern("in/e.npy", 17, 23, 1, true, CKN_SAMPLE_F32, 5);
    write_pattern("in/f.npy", 17, 23, 1, true, CKN_SAMPLE_F32, 6);
    write_text("in/bad.png", "no picture\n");
    return 0;
}

static int remove_pictures(void **state) {
    remove_folder("in");
    remove_folder("out");
    remove_folder("other");
    return leave_folder(state);
}

#define BATCH(...) "blur", "-s", "2.5", "--device", "cpu", "--out-dir", "out", __VA_ARGS__
#define GOOD "in/a.png", "in/b.png", "in/c.npy", "in/d.png", "in/e.npy", "in/f.npy"
static const char *const good[] = {GOOD};
enum { GOOD_COUNT = sizeof good / sizeof good[0] };

/* The results are those of single runs. */
static void expect_like_single(void) {
    for (size_t i = 0; i < GOOD_COUNT; i++) {
        char batch[64], single[64];
        snprintf(batch, sizeof batch, "out/%s", good[i] + 3);
        snprintf(single, sizeof single, "single%s", strrchr(good[i], '.'));
        SUCCEEDS("blur", good[i], "-s", "2.5", "--device", "cpu", "-q", "-o", single);
        assert_true(same_bytes(batch, single));
    }
}

static void test_mixed_pictures(void **state) {
    (void)state;
    fresh_folder("out");
    char *text = OUTPUT(BATCH(GOOD));
    expect_contains(text, "along x and y, boundary reflect\n");
    expect_contains(text, "accuracy      no sample farther than ");
    expect_contains(text, "written       out\nimages        6 blurred\n");
    free(text);
    expect_like_single();
}

static void test_one_picture(void **state) {
    (void)state;
    fresh_folder("out");
    SUCCEEDS("blur", "in/a.png", "-s", "1", "--out-dir", "out/", "--device", "cpu");
    SUCCEEDS("blur", "in/a.png", "-s", "1", "--out-dir", "made", "--device", "cpu");
    assert_true(same_bytes("made/a.png", "out/a.png"));
    unlink("made/a.png");
    rmdir("made");
    assert_true(file_exists("out/a.png"));
}

static void test_bad_files(void **state) {
    (void)state;
    fresh_folder("out");
    write_bytes("plain.txt", "no picture", 10);
    program_run run = RUN(BATCH("in/a.png", "in/b.png", "in/bad.png", "in/c.npy", "missing.png",
                                "in/d.png", "in/e.npy", "in/f.npy", "in", "plain.txt"));
    assert_int_equal(run.status, 1);
    expect_contains(run.err, "clkernest blur: in/bad.png: is no image file");
    expect_contains(run.err, "clkernest blur: missing.png: cannot be opened");
    expect_contains(run.err, "clkernest blur: in: is a folder");
    expect_contains(run.err, "clkernest blur: plain.txt: is no image file");
    const char *last = "clkernest blur: 6 blurred, 4 failed\n";
    assert_string_equal(run.err + strlen(run.err) - strlen(last), last);
    program_release(&run);
    expect_like_single();
    assert_false(file_exists("out/bad.png"));
    /* Nothing but bad files. */
    FAILS(2, "in/bad.png and ./in/bad.png would both become out/bad.png",
          BATCH("in/bad.png", "./in/bad.png"));
    run = RUN(BATCH("in/bad.png", "-q"));
    assert_int_equal(run.status, 1);
    assert_string_equal(run.out, "");
    expect_contains(run.err, "clkernest blur: 0 blurred, 1 failed\n");
    program_release(&run);
    remove("plain.txt");
}

/* The name chooses the format. */
static void test_names_without_a_format(void **state) {
    (void)state;
    fresh_folder("out");
    write_pattern("picture.png", 8, 9, 1, false, CKN_SAMPLE_U8, 1);
    assert_int_equal(rename("picture.png", "picture.dat"), 0);
    program_run run = RUN(BATCH("picture.dat", "in/d.png", "-q"));
    assert_int_equal(run.status, 1);
    expect_contains(run.err, "out/picture.dat: the name of an image must end in .png, .npy");
    expect_contains(run.err, "1 blurred, 1 failed\n");
    program_release(&run);
    assert_true(file_exists("out/d.png") && !file_exists("out/picture.dat"));
}

static void test_usage(void **state) {
    (void)state;
    fresh_folder("out");
    FAILS(2, "--out-dir needs DIR, not an empty text", "blur", GOOD, "-s", "1", "--out-dir", "");
    FAILS(2, "choose one of them", BATCH("in/a.png", "-o", "x.png"));
    FAILS(2, "missing option: --out-dir DIR", "blur", GOOD, "-s", "1");
    FAILS(2, "--repeat is for one picture", BATCH("in/a.png", "--repeat", "3"));
    FAILS(1, "--out-dir: the folder no/where cannot be made", "blur", GOOD, "-s", "1", "--out-dir",
          "no/where");
    FAILS(1, "--out-dir: in/a.png is not a folder", "blur", GOOD, "-s", "1", "--out-dir",
          "in/a.png");
    /* What no picture could be blurred with is said once. */
    FAILS(1, "boxes do not reach an accuracy",
          BATCH("in/a.png", "in/b.png", "-m", "box", "-a", "1e-14", "-q"));
}

/* Nothing is lost: neither an input nor a result of the same run. */
static void test_collisions(void **state) {
    (void)state;
    fresh_folder("out");
    fresh_folder("other");
    write_pattern("other/a.png", 8, 9, 1, false, CKN_SAMPLE_U8, 1);
    FAILS(2, "in/a.png and other/a.png would both become out/a.png; blur them into two folders",
          BATCH("in/c.npy", "in/a.png", "other/a.png"));
    FAILS(2, "--out-dir: in/a.png is the input file in/a.png itself", "blur", "in/a.png", "-s", "1",
          "--out-dir", "in");
    /* A result may not replace another picture of the run, nor follow a link to one. */
    assert_int_equal(symlink("../in/b.png", "out/a.png"), 0);
    FAILS(2, "--out-dir: out/a.png is the input file in/b.png itself",
          BATCH("in/a.png", "in/b.png"));
    remove("out/a.png");
    write_text("out/a.png", "old\n");
    assert_int_equal(symlink("a.png", "out/b.png"), 0);
    FAILS(2, "are the same file", BATCH("in/a.png", "in/b.png"));
    FAILS(2, "--out-dir and --json name the same file, out/d.png",
          BATCH("in/c.npy", "in/d.png", "--json", "out/d.png"));
    FAILS(2, "is the input file in/c.npy itself", BATCH("in/c.npy", "--json", "in/c.npy"));
}

static void test_quiet(void **state) {
    (void)state;
    fresh_folder("out");
    program_run run = RUN(BATCH(GOOD, "--quiet"));
    assert_int_equal(run.status, 0);
    assert_string_equal(run.out, "");
    assert_string_equal(run.err, "");
    program_release(&run);
}

static void expect_failed(const json_t *image) {
    assert_string_equal(json_word(image, "status"), "failed");
    expect_contains(json_word(image, "error"), "in/bad.png: is no image file");
    assert_null(json_object_get(image, "rows"));
}

static void expect_blurred(const json_t *image) {
    const char *const times[] = {"seconds_read", "seconds_upload", "seconds_compute",
                                 "seconds_download", "seconds_write"};
    assert_string_equal(json_word(image, "status"), "blurred");
    assert_true(json_is_null(json_object_get(image, "error")));
    assert_true(json_number(image, "error_bound") <= 0.5 / 255);
    assert_true(json_number(image, "sigma") == 2.5);
    json_word(image, "method");
    for (size_t i = 0; i < 5; i++)
        assert_true(json_number(image, times[i]) >= 0);
}

static void test_json(void **state) {
    (void)state;
    fresh_folder("out");
    program_run run = RUN(BATCH("in/a.png", "in/bad.png", "in/e.npy", "--json", "-", "-q"));
    assert_int_equal(run.status, 1);
    json_t *json = json_of_text(run.out);
    program_release(&run);
    assert_int_equal(json_number(json, "blurred"), 2);
    assert_int_equal(json_number(json, "failed"), 1);
    assert_true(json_number(json, "seconds_wall") > 0);
    assert_true(json_number(json, "seconds_total") >= json_number(json, "seconds_wall"));
    const json_t *images = json_object_get(json, "images");
    assert_int_equal(json_array_size(images), 3);
    expect_blurred(json_array_get(images, 0));
    expect_failed(json_array_get(images, 1));
    const json_t *last = json_array_get(images, 2);
    expect_blurred(last);
    assert_string_equal(json_word(last, "image"), "in/e.npy");
    assert_string_equal(json_word(last, "output"), "out/e.npy");
    assert_int_equal(json_number(last, "cols"), 23);
    assert_true(json_is_true(json_object_get(last, "has_alpha")));
    json_decref(json);
}

/* One result that cannot be written does not stop the others; what was there stays. */
static void test_blocked_output(void **state) {
    (void)state;
    fresh_folder("out");
    assert_int_equal(mkdir("out/b.png", 0700), 0);
    program_run run = RUN(BATCH(GOOD, "-q"));
    assert_int_equal(run.status, 1);
    assert_string_equal(run.err, "clkernest blur: out/b.png: is a folder; name a file in it\n"
                                 "clkernest blur: 5 blurred, 1 failed\n");
    program_release(&run);
    assert_int_equal(rmdir("out/b.png"), 0);
    FAILS(1, "/proc", "blur", "in/d.png", "-s", "1", "--device", "cpu", "--out-dir", "/proc/self",
          "--json", "/proc/self/j.json", "-q");
    FAILS(1, "/dev/full: ", BATCH("in/d.png", "--json", "/dev/full", "-q"));
    assert_true(file_exists("out/d.png"));
}

/* A limit on the size of files is what a full disk is to the program. */
static void test_disk_fills_up(void **state) {
    (void)state;
    const struct rlimit small = {2000, 2000};
    fresh_folder("out");
    write_text("out/b.png", "precious\n");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        const char *const words[] = {CLI_PROGRAM, BATCH("in/b.png", "in/d.png"), NULL};
        execv(CLI_PROGRAM, (char *const *)words);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    char *text = file_text("out/b.png");
    assert_string_equal(text, "precious\n");
    free(text);
    assert_true(file_exists("out/d.png"));
}

static size_t count_whole_files(const char *folder) {
    DIR *listing = opendir(folder);
    size_t count = 0;
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));) {
        char name[512];
        expect_lacks(entry->d_name, ".tmp");
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", folder, entry->d_name);
        ckn_picture picture = read_picture(name);
        ckn_picture_release(&picture);
        count++;
    }
    closedir(listing);
    return count;
}

/* Ctrl-C in the middle: over within a second, the files that exist are whole, inputs as before. */
static void test_interrupt(void **state) {
    (void)state;
    enum { COUNT = 40 };
    static char names[COUNT][32];
    const char *words[COUNT + 10] = {BATCH("--json", "j.json")};
    size_t count = 0;
    while (words[count])
        count++;
    fresh_folder("other");
    write_pattern("large.png", 700, 900, 3, false, CKN_SAMPLE_U8, 7);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "other/%zu.png", i);
        assert_int_equal(link("large.png", names[i]), 0);
        words[count++] = names[i];
    }
    const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        fresh_folder("out");
        program_run run = program_interrupt(signals[i], 0.4 + 0.3 * (double)i, words);
        assert_int_equal(run.status, 130);
        assert_true(run.seconds < 1.0);
        assert_string_equal(run.out, "");
        expect_contains(run.err, "clkernest blur: interrupted after ");
        expect_contains(run.err, " of 40 files: those that exist are whole\n");
        program_release(&run);
        assert_true(count_whole_files("out") < COUNT);
        assert_int_equal(count_whole_files("other"), COUNT);
        assert_false(file_exists("j.json"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixed_pictures), cmocka_unit_test(test_one_picture),
        cmocka_unit_test(test_bad_files),      cmocka_unit_test(test_names_without_a_format),
        cmocka_unit_test(test_usage),          cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_quiet),          cmocka_unit_test(test_json),
        cmocka_unit_test(test_blocked_output), cmocka_unit_test(test_disk_fills_up),
        cmocka_unit_test(test_interrupt),
    };
    return cmocka_run_group_tests(tests, make_pictures, remove_pictures);
}
