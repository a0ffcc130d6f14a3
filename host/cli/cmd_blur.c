#include "cli/blur.h"
#include "cli/blur_targets.h"
#include "cli/command.h"
#include "cli/option_values.h"
#include "io/picture.h"

#include <string.h>

#define TARGET(member) offsetof(ckn_cli_blur, member)

static const ckn_cli_option options[] = {
    {.name = "sigma",
     .letter = 's',
     .argument = "S",
     .type = CKN_CLI_REAL,
     .target = TARGET(sigma),
     .help = "standard deviation of the Gaussian along x and y, in pixels",
     .range = {0, 0, true}},
    {.name = "sigma-x",
     .argument = "SX",
     .type = CKN_CLI_REAL,
     .target = TARGET(sigma_x),
     .help = "that along x alone (along the rows); y then takes --sigma, else 0. 0 leaves x as it "
             "is"},
    {.name = "sigma-y",
     .argument = "SY",
     .type = CKN_CLI_REAL,
     .target = TARGET(sigma_y),
     .help = "that along y alone; x then takes --sigma, else 0"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .type = CKN_CLI_TEXT,
     .target = TARGET(output_path),
     .help = "write the picture: .png, .npy, .jpg, .tif or .fits, with IMAGE's depth"},
    {.name = "out-dir",
     .argument = "DIR",
     .type = CKN_CLI_TEXT,
     .target = TARGET(out_dir),
     .help = "write each picture into this folder, made where it is missing, under IMAGE's "
             "name (.png, .npy, .jpg, .tif or .fits); for any number of images"},
    {.name = "accuracy",
     .letter = 'a',
     .argument = "8bit|16bit|NUMBER",
     .type = CKN_CLI_TEXT,
     .target = TARGET(accuracy),
     .help = "the largest error against the exact Gaussian: half a step of 8 bits (the default) "
             "or 16 bits, or a part of the range [0, 1]"},
    {.name = "method",
     .letter = 'm',
     .argument = "auto|box|fir",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(method),
     .help = "extended boxes, the sampled Gaussian (fir), or auto (the default): of those that "
             "reach the accuracy, the one with the shorter predicted time"},
    {.name = "passes",
     .letter = 'p',
     .argument = "auto|COUNT",
     .type = CKN_CLI_AUTO_COUNT,
     .target = TARGET(passes),
     .help = "number of boxes along each axis; auto (the default): the fewest that reach the "
             "accuracy",
     .range = {1, 1000, false}},
    {.name = "no-correction",
     .type = CKN_CLI_CLEAR,
     .target = TARGET(correction),
     .help = "plain boxes, without the correction of their kurtosis"},
    {.name = "boundary",
     .letter = 'b',
     .argument = "reflect|mirror|replicate|periodic|zero",
     .type = CKN_CLI_CHOICE,
     .target = TARGET(boundary),
     .help = "what stands outside: b a | a b c (reflect, the default), c b | a b c (mirror), "
             "a a | a b c (replicate), the other side (periodic), or zero"},
    {.name = "repeat",
     .argument = "N",
     .type = CKN_CLI_COUNT,
     .target = TARGET(repeat),
     .help = "do the job N times on one plan; times are medians of all but the first",
     .range = {1, 1e6, false}},
};

static void set_defaults(void *pointer) {
    ckn_cli_blur *arguments = pointer;
    arguments->sigma = arguments->sigma_x = arguments->sigma_y = -1;
    arguments->method = CKN_BLUR_AUTO;
    arguments->correction = true;
    arguments->repeat = 1;
    arguments->boundary = CKN_BOUNDARY_REFLECT;
}

static ckn_code settle_sigma(const ckn_cli_blur *arguments, ckn_blur_options *blur,
                             ckn_error *error) {
    const bool all = arguments->sigma > 0, x = arguments->sigma_x >= 0, y = arguments->sigma_y >= 0;
    const double rest = all ? arguments->sigma : 0;
    if (!all && !x && !y)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "missing option: --sigma S, the standard deviation in pixels");
    if (all && x && y)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--sigma has no use beside both --sigma-x and --sigma-y; leave one out");
    blur->sigma_x = x ? arguments->sigma_x : rest;
    blur->sigma_y = y ? arguments->sigma_y : rest;
    if (blur->sigma_x == 0 && blur->sigma_y == 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "a sigma of 0 along x and along y leaves the picture as it is");
    return CKN_OK;
}

static ckn_code settle_accuracy(const ckn_cli_blur *arguments, ckn_blur_options *blur,
                                ckn_error *error) {
    const char *text = arguments->accuracy;
    if (!text)
        return CKN_OK;
    if (arguments->passes > 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--accuracy chooses the number of passes, and --passes %zu gives it: leave "
                        "one out",
                        arguments->passes);
    if (strcmp(text, "8bit") == 0)
        blur->accuracy = CKN_ACCURACY_8_BIT;
    else if (strcmp(text, "16bit") == 0)
        blur->accuracy = CKN_ACCURACY_16_BIT;
    else if (!ckn_cli_number(text, &blur->accuracy) || blur->accuracy <= 0 || blur->accuracy > 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--accuracy must be 8bit, 16bit or a number above 0 and at most 1, not "
                        "'%s'",
                        text);
    return CKN_OK;
}

static ckn_code settle_method(const ckn_cli_blur *arguments, ckn_blur_options *blur,
                              ckn_error *error) {
    blur->method = (ckn_blur_method)arguments->method;
    blur->passes = arguments->passes;
    blur->correction = arguments->correction;
    blur->boundary = (ckn_boundary)arguments->boundary;
    if (blur->method == CKN_BLUR_FIR && blur->passes > 0)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--passes is for boxes: --method fir has none; use --accuracy");
    if (blur->method == CKN_BLUR_FIR && !blur->correction)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "--no-correction is for boxes: --method fir has none");
    return CKN_OK;
}

static ckn_code check_use(const ckn_cli_blur *arguments, ckn_error *error) {
    if (arguments->output_path && arguments->out_dir)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "-o FILE is for one picture, --out-dir DIR for several: choose one of "
                        "them");
    if (arguments->output_path && arguments->files.count > 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "%zu pictures do not go into one file: use --out-dir DIR instead of -o",
                        arguments->files.count);
    if (arguments->out_dir && arguments->repeat > 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "--repeat is for one picture with -o FILE");
    if (arguments->output_path || arguments->out_dir)
        return CKN_OK;
    CKN_TRY(ckn_cli_check_sources(&arguments->common, &arguments->files, error));
    return ckn_fail(error, CKN_ERROR_ARGUMENT, "missing option: %s",
                    arguments->files.count > 1
                        ? "--out-dir DIR for the blurred pictures"
                        : "-o FILE for the blurred picture, or --out-dir DIR");
}

static ckn_code check(void *pointer, ckn_error *error) {
    ckn_cli_blur *arguments = pointer;
    ckn_blur_options_init(&arguments->options);
    CKN_TRY(settle_sigma(arguments, &arguments->options, error));
    CKN_TRY(settle_accuracy(arguments, &arguments->options, error));
    CKN_TRY(settle_method(arguments, &arguments->options, error));
    CKN_TRY(check_use(arguments, error));
    if (arguments->out_dir)
        return ckn_cli_blur_check_targets(arguments, error);
    const ckn_cli_output output = {"--output", arguments->output_path, ckn_picture_check_path,
                                   false};
    CKN_TRY(ckn_cli_check_files(&arguments->common, &arguments->files, &output, 1, error));
    /* The picture itself may be blurred in place. */
    return ckn_cli_check_inputs(&arguments->common, &arguments->files, NULL, 0, error);
}

static ckn_code run(void *pointer, ckn_cli_session *session, ckn_error *error) {
    const ckn_cli_blur *arguments = pointer;
    return arguments->out_dir ? ckn_cli_blur_batch(arguments, session, error)
                              : ckn_cli_blur_single(arguments, session, error);
}

const ckn_cli_command ckn_command_blur = {
    .syntax =
        {
            .command = "blur",
            .summary = "Blurs pictures by a Gaussian, to a given accuracy. They are PNG, NPY, "
                       "JPEG, TIFF or FITS files. The blur is made of extended boxes, whose time "
                       "does not depend on sigma, or of the Gaussian's samples.",
            .positionals = {"IMAGE", NULL},
            .positionals_repeat = true,
            .positional_target = TARGET(files),
            .options = options,
            .option_count = sizeof options / sizeof options[0],
            .notes = "One of --sigma, --sigma-x and --sigma-y, and one of -o and --out-dir, are "
                     "required.\n"
                     "Examples:\n"
                     "  clkernest blur photo.png --sigma 12 -o soft.png\n"
                     "  clkernest blur photos/*.png --sigma 12 --out-dir soft\n",
        },
    .arguments_size = sizeof(ckn_cli_blur),
    .defaults = set_defaults,
    .check = check,
    .run = run,
};
