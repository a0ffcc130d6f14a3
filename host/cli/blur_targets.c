#include "cli/blur_targets.h"

#include "base/memory.h"
#include "io/output_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that exists, either an input or what a result would replace. */
typedef struct place {
    dev_t device;
    ino_t inode;
    size_t image; /* its position on the command line */
    bool target;
} place;

typedef struct targets {
    const ckn_cli_blur *arguments;
    char **paths; /* one an image */
    place *places;
    size_t place_count;
} targets;

/* The last part of a path, without the slashes at its end. */
static const char *last_part(const char *path, int *length) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    *length = (int)(end - start);
    return path + start;
}

char *ckn_cli_blur_target(const char *folder, const char *image) {
    int length;
    const char *name = last_part(image, &length);
    const size_t end = strlen(folder);
    const char *slash = end > 0 && folder[end - 1] == '/' ? "" : "/";
    return ckn_format("%s%s%.*s", folder, slash, length, name);
}

static ckn_code list_paths(targets *list, ckn_error *error) {
    const ckn_cli_words *files = &list->arguments->files;
    CKN_TRY(ckn_allocate(&list->paths, files->count, sizeof *list->paths, "the names", error));
    for (size_t i = 0; i < files->count; i++) {
        list->paths[i] = ckn_cli_blur_target(list->arguments->out_dir, files->word[i]);
        if (!list->paths[i])
            return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the names");
    }
    return CKN_OK;
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, equal names stand side by side: a batch may have very many. */
static ckn_code check_names(const targets *list, ckn_error *error) {
    const ckn_cli_words *files = &list->arguments->files;
    char **sorted = NULL;
    CKN_TRY(ckn_allocate(&sorted, files->count, sizeof *sorted, "the names", error));
    memcpy(sorted, list->paths, files->count * sizeof *sorted);
    qsort(sorted, files->count, sizeof *sorted, compare_texts);
    const char *twice = NULL;
    for (size_t i = 1; i < files->count && !twice; i++)
        twice = strcmp(sorted[i - 1], sorted[i]) == 0 ? sorted[i] : NULL;
    free(sorted);
    if (!twice)
        return CKN_OK;
    const char *named[2] = {"", ""};
    for (size_t i = 0, found = 0; i < files->count && found < 2; i++) {
        if (strcmp(list->paths[i], twice) == 0)
            named[found++] = files->word[i];
    }
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "%s and %s would both become %s; blur them into two folders", named[0],
                    named[1], twice);
}

static void add_place(targets *list, const char *path, size_t image, bool target) {
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        list->places[list->place_count++] = (place){status.st_dev, status.st_ino, image, target};
}

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return (int)x->target - (int)y->target;
}

static ckn_code refuse_place(const targets *list, const place *first, const place *second,
                             ckn_error *error) {
    const char *path = list->paths[second->image];
    if (first->target)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--out-dir: %s and %s are the same file",
                        list->paths[first->image], path);
    return ckn_fail(error, CKN_ERROR_ARGUMENT,
                    "--out-dir: %s is the input file %s itself; choose another folder", path,
                    list->arguments->files.word[first->image]);
}

/* Links and other ways to the same file: no result may replace an input, or another result. */
static ckn_code check_places(targets *list, ckn_error *error) {
    const ckn_cli_words *files = &list->arguments->files;
    CKN_TRY(
        ckn_allocate(&list->places, files->count, 2 * sizeof *list->places, "the names", error));
    for (size_t i = 0; i < files->count; i++) {
        add_place(list, files->word[i], i, false);
        add_place(list, list->paths[i], i, true);
    }
    qsort(list->places, list->place_count, sizeof *list->places, compare_places);
    for (size_t i = 1; i < list->place_count; i++) {
        const place *first = &list->places[i - 1], *second = &list->places[i];
        if (second->target && first->device == second->device && first->inode == second->inode)
            return refuse_place(list, first, second, error);
    }
    return CKN_OK;
}

static ckn_code any_path(const char *path, ckn_error *error) {
    (void)path;
    (void)error;
    return CKN_OK;
}

static ckn_code check_json(const targets *list, ckn_cli_common *common, ckn_error *error) {
    const ckn_cli_words *files = &list->arguments->files;
    CKN_TRY(ckn_cli_check_outputs(common, NULL, 0, error));
    for (size_t i = 0; common->json && i < files->count; i++) {
        const ckn_cli_output output = {"--out-dir", list->paths[i], any_path, false};
        CKN_TRY(ckn_cli_check_outputs(common, &output, 1, error));
    }
    return ckn_cli_check_inputs(common, files, NULL, 0, error);
}

ckn_code ckn_cli_blur_check_targets(ckn_cli_blur *arguments, ckn_error *error) {
    targets list = {.arguments = arguments};
    struct stat status;
    /* One that is missing is made when the work begins. */
    if (stat(arguments->out_dir, &status) == 0 || errno != ENOENT)
        CKN_TRY(ckn_output_folder_check("--out-dir", arguments->out_dir, error));
    ckn_code code = list_paths(&list, error);
    if (code == CKN_OK)
        code = check_names(&list, error);
    if (code == CKN_OK)
        code = check_places(&list, error);
    if (code == CKN_OK)
        code = check_json(&list, &arguments->common, error);
    for (size_t i = 0; list.paths && i < arguments->files.count; i++)
        free(list.paths[i]);
    free(list.paths);
    free(list.places);
    return code;
}
