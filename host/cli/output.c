#include "cli/output.h"

#include "cli/interrupt.h"
#include "io/atomic_file.h"
#include "io/input_file.h"
#include "io/output_path.h"
#include "io/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_stdout(const ckn_cli_output *output) {
    return output->path && strcmp(output->path, "-") == 0;
}

static bool is_same_inode(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Devices such as /dev/null may take any number of outputs. The file need not exist yet, so its
 * folder and its name are compared. */
static bool is_same_target(const ckn_output_path *a, const ckn_output_path *b) {
    bool device = (a->exists && !a->regular) || (b->exists && !b->regular);
    return !device && strcmp(base_name(a->target), base_name(b->target)) == 0 &&
           is_same_inode(a->folder, b->folder);
}

/* A path that cannot be written has a message of its own, later: it then is zeroed here. Only what
 * would hide an answer is a failure. */
static ckn_code follow(const ckn_cli_output *output, ckn_output_path *path, ckn_error *error) {
    ckn_code code = ckn_output_path_create(path, output->path, error);
    return code == CKN_ERROR_MEMORY ? code : CKN_OK;
}

static ckn_code compare_targets(const ckn_cli_output *a, const ckn_cli_output *b, bool *same,
                                ckn_error *error) {
    ckn_output_path first, second = {.target = NULL};
    CKN_TRY(follow(a, &first, error));
    ckn_code code = follow(b, &second, error);
    *same = first.target && second.target && is_same_target(&first, &second);
    ckn_output_path_release(&first);
    ckn_output_path_release(&second);
    return code;
}

static ckn_code compare_outputs(const ckn_cli_output *a, const ckn_cli_output *b, bool *same,
                                ckn_error *error) {
    *same = false;
    if (!a->path || !b->path)
        return CKN_OK;
    if (strcmp(a->path, b->path) == 0)
        *same = strncmp(a->path, "/dev/", 5) != 0;
    else if (!is_stdout(a) && !is_stdout(b))
        return compare_targets(a, b, same, error);
    return CKN_OK;
}

static ckn_code check_one(const ckn_cli_output *output, ckn_error *error) {
    if (!output->path)
        return CKN_OK;
    if (!is_stdout(output))
        return output->check(output->path, error);
    if (!output->stdout_allowed)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s cannot write to standard output: name a file", output->option);
    return CKN_OK;
}

static ckn_code check_two(const ckn_cli_output *a, const ckn_cli_output *b, ckn_error *error) {
    bool same;
    CKN_TRY(compare_outputs(a, b, &same, error));
    if (!same)
        return CKN_OK;
    if (is_stdout(a))
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s and %s cannot both write to standard output",
                        a->option, b->option);
    return ckn_fail(error, CKN_ERROR_ARGUMENT, "%s and %s name the same file, %s", a->option,
                    b->option, a->path);
}

static ckn_code check_readable(const char *path, ckn_error *error) {
    ckn_input input;
    CKN_TRY(ckn_input_open(&input, path, NULL, error));
    ckn_input_close(&input);
    return CKN_OK;
}

ckn_code ckn_cli_check_sources(const ckn_cli_common *common, const ckn_cli_words *inputs,
                               ckn_error *error) {
    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->word[i])
            CKN_TRY(check_readable(inputs->word[i], error));
    }
    return ckn_cli_check_device(common->device, error);
}

ckn_code ckn_cli_check_outputs(ckn_cli_common *common, const ckn_cli_output *outputs, size_t count,
                               ckn_error *error) {
    const ckn_cli_output json = {"--json", common->json, ckn_atomic_check, true};
    common->stdout_taken = is_stdout(&json);
    for (size_t i = 0; i < count; i++) {
        CKN_TRY(check_two(&outputs[i], &json, error));
        for (size_t j = i + 1; j < count; j++)
            CKN_TRY(check_two(&outputs[i], &outputs[j], error));
        if (is_stdout(&outputs[i]))
            common->stdout_taken = true;
    }
    for (size_t i = 0; i < count; i++)
        CKN_TRY(check_one(&outputs[i], error));
    return check_one(&json, error);
}

ckn_code ckn_cli_check_files(ckn_cli_common *common, const ckn_cli_words *inputs,
                             const ckn_cli_output *outputs, size_t count, ckn_error *error) {
    const ckn_code code = ckn_cli_check_outputs(common, outputs, count, error);
    if (code == CKN_ERROR_ARGUMENT)
        return code;
    CKN_TRY(ckn_cli_check_sources(common, inputs, error));
    return code;
}

/* The input may name a page of its file. */
static ckn_code compare_input(const ckn_cli_output *output, const char *input, bool *same,
                              ckn_error *error) {
    struct stat status;
    *same = false;
    if (!output->path || !input || is_stdout(output))
        return CKN_OK;
    char *file = ckn_input_file_name(input);
    if (!file)
        return ckn_fail(error, CKN_ERROR_MEMORY, "%s: not enough memory for the path", input);
    *same =
        stat(file, &status) == 0 && S_ISREG(status.st_mode) && is_same_inode(output->path, file);
    free(file);
    return CKN_OK;
}

ckn_code ckn_cli_check_inputs(const ckn_cli_common *common, const ckn_cli_words *inputs,
                              const ckn_cli_output *outputs, size_t count, ckn_error *error) {
    const ckn_cli_output json = {"--json", common->json, NULL, true};
    for (size_t i = 0; i <= count; i++) {
        const ckn_cli_output *output = i < count ? &outputs[i] : &json;
        for (size_t j = 0; j < inputs->count; j++) {
            bool same;
            CKN_TRY(compare_input(output, inputs->word[j], &same, error));
            if (same)
                return ckn_fail(error, CKN_ERROR_ARGUMENT,
                                "%s %s is the input file %s itself; choose another name",
                                output->option, output->path, inputs->word[j]);
        }
    }
    return CKN_OK;
}

ckn_code ckn_cli_check_figure(const char *path, ckn_error *error) {
    if (!ckn_path_has_extension(path, ".png") && !ckn_path_has_extension(path, ".pdf") &&
        !ckn_path_has_extension(path, ".svg"))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s: the name of a figure must end in .png, .pdf or .svg", path);
    return ckn_atomic_check(path, error);
}

ckn_code ckn_cli_check_numbers(const char *path, ckn_error *error) {
    if (!ckn_kernel_keeps_numbers(path))
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s: standard errors are numbers, so the name must end in .npy, .csv, .tif "
                        "or .fits, or be - for CSV on standard output",
                        path);
    return ckn_kernel_check_path(path, error);
}

ckn_code ckn_cli_check_real(const char *path, ckn_error *error) {
    static const char *const ends[] = {".npy", ".tif", ".tiff", ".fits", ".fit"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ckn_path_has_extension(path, ends[i]))
            return ckn_picture_check_path(path, error);
    }
    return ckn_fail(
        error, CKN_ERROR_ARGUMENT,
        "%s: models and residuals are real numbers, negative ones and NaN among them, so "
        "the name must end in .npy, .tif or .fits",
        path);
}

ckn_code ckn_cli_check_history(const char *path, ckn_error *error) {
    bool device = strncmp(path, "/dev/", 5) == 0;
    if (!ckn_path_has_extension(path, ".csv") && !device)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s: the history is a CSV file, so its name must end in .csv", path);
    return ckn_atomic_check(path, error);
}

ckn_code ckn_cli_check_curve(const char *path, ckn_error *error) {
    bool device = strncmp(path, "/dev/", 5) == 0;
    if (!ckn_path_has_extension(path, ".csv") && !device)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%s: a curve is a CSV file, so its name must end in .csv", path);
    return ckn_atomic_check(path, error);
}

ckn_code ckn_cli_write_together(ckn_code (*write)(void *job, ckn_error *error), void *job,
                                ckn_error *error) {
    ckn_interrupt_doing("while the results were written");
    ckn_atomic_hold();
    ckn_code code = write(job, error);
    if (code == CKN_OK)
        code = ckn_cli_finish_stdout(error);
    if (code != CKN_OK) {
        ckn_atomic_discard();
        return code;
    }
    ckn_interrupt_postpone(true);
    code = ckn_atomic_publish(error);
    if (code == CKN_OK)
        ckn_interrupt_written();
    ckn_interrupt_postpone(false);
    return code;
}

void ckn_cli_written_line(ckn_cli_session *session, const ckn_cli_output *outputs, size_t count) {
    char text[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i <= count; i++) {
        const char *path = i < count ? outputs[i].path : session->common->json;
        if (!path || strcmp(path, "-") == 0 || used >= sizeof text)
            continue;
        int length = snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", path);
        used += length > 0 ? (size_t)length : 0;
    }
    if (used)
        ckn_cli_line(session, "written", "%s", text);
}

ckn_code ckn_cli_finish_stdout(ckn_error *error) {
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        return ckn_fail(error, CKN_ERROR_FILE, "standard output: %s",
                        errno ? strerror(errno) : "writing failed");
    return CKN_OK;
}
