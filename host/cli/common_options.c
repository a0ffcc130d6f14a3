#include "cli/common_options.h"

#define COMMON(member) offsetof(ckn_cli_common, member)

const ckn_cli_option ckn_cli_common_options[] = {
    {.name = "device",
     .argument = "DEVICE",
     .type = CKN_CLI_TEXT,
     .target = COMMON(device),
     .help = "auto, cpu, opencl, opencl:INDEX or part of an OpenCL device's name; "
             "without it CLKERNEST_DEVICE, else auto"},
    {.name = "json",
     .argument = "FILE|-",
     .type = CKN_CLI_TEXT,
     .target = COMMON(json),
     .help = "write the figures as JSON ('-': to standard output)"},
    {.name = "max-pixels",
     .argument = "N",
     .type = CKN_CLI_COUNT,
     .target = COMMON(limits.max_pixels),
     .help = "read pictures of up to N pixels; without it of up to 2^29, and only where the "
             "program will need at most half of the machine's memory",
     .range = {1, 0, false}},
    {.name = "quiet",
     .letter = 'q',
     .type = CKN_CLI_FLAG,
     .target = COMMON(quiet),
     .help = "print errors only: no summary, notes or progress"},
    {.name = "verbose",
     .letter = 'v',
     .type = CKN_CLI_FLAG,
     .target = COMMON(verbose),
     .help = "print the library's messages and what ran on the device"},
    {.name = "help",
     .letter = 'h',
     .type = CKN_CLI_FLAG,
     .target = COMMON(help),
     .help = "print this text and end"},
};

const size_t ckn_cli_common_option_count =
    sizeof ckn_cli_common_options / sizeof ckn_cli_common_options[0];
