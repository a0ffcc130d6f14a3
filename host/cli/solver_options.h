/* The options of the solver, which `estimate` and `compare` share. */
#ifndef CKN_CLI_SOLVER_OPTIONS_H
#define CKN_CLI_SOLVER_OPTIONS_H

#include "cli/options.h"
#include "clkernest.h"

#define CKN_CLI_LAMBDA_WORDS "auto|gcv|discrepancy|L"

typedef struct ckn_cli_solver_options {
    int solver, engine;               /* ckn_solver, ckn_engine */
    int constraint;                   /* ckn_constraint; negative: not given */
    size_t iterations;                /* 0: not given */
    double tolerance, gap;            /* negative: not given */
    double step;                      /* 0: not given */
    double epsilon;                   /* negative: not given */
    int prior;                        /* ckn_prior; negative: not given */
    ckn_cli_choice_or_real lambda;    /* the choice is that of CKN_CLI_LAMBDA_WORDS */
    ckn_cli_choice_or_real inflation; /* the word is auto */
    int background;                   /* ckn_background; negative: not given */
    int gain;                         /* ckn_gain */
    size_t memory_limit;              /* bytes; 0: not given */
    bool restart;
    bool history, uncertainty; /* set by the command: it was asked for what not all solvers have */
} ckn_cli_solver_options;

void ckn_cli_solver_defaults(ckn_cli_solver_options *options);

/* Refuses options that contradict each other. */
ckn_code ckn_cli_solver_check(const ckn_cli_solver_options *options, ckn_error *error);

/* Fills the library's options; what was not given keeps the library's default. Options that only
 * an iterating solver has turn the solver auto into fista. */
void ckn_cli_solver_fill(const ckn_cli_solver_options *options, ckn_shape kernel,
                         ckn_estimate_options *estimate);

/* The table lines of these options, for a STRUCT with a MEMBER of this type. */
#define CKN_CLI_SOLVER_OPTION_LINES(STRUCT, MEMBER)                                                \
    {.name = "solver",                                                                             \
     .argument = "auto|exact|nnls|fista|gd|cg|division",                                           \
     .type = CKN_CLI_CHOICE,                                                                       \
     .target = offsetof(STRUCT, MEMBER.solver),                                                    \
     .help = "exact: least squares, without iterations; nnls: the same, not negative (or on the "  \
             "simplex); fista, gd: accelerated or plain gradient descent; cg: conjugate "          \
             "gradients; division: of spectra, right for periodic images only. auto (the "         \
             "default) takes exact, or nnls under a constraint; for kernels too large for these "  \
             "cg or fista; and fista where --iterations, --tolerance, --step, --no-restart, "      \
             "--gap or --history is given, as these are there for it"},                            \
        {.name = "engine",                                                                         \
         .argument = "auto|gram|direct|fft|toeplitz",                                              \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.engine),                                                \
         .help = "how fista, gd and cg iterate: on the statistics of the images (gram), or over "  \
                 "the images, by sums (direct) or transforms (fft); auto (the default) predicts "  \
                 "the fastest. exact and nnls always take gram"},                                  \
        {.name = "constraint",                                                                     \
         .argument = "none|nonneg|simplex|auto",                                                   \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.constraint),                                            \
         .help = "on the kernel: none (negative taps are allowed), not negative, or not negative " \
                 "with the sum 1. auto (the default): not negative, unless the pictures say "      \
                 "otherwise; with a --solver that is named, not negative for nnls, else none"},    \
        {.name = "prior",                                                                          \
         .argument = "none|ridge|smooth1|smooth2|l1|tv|auto",                                      \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.prior),                                                 \
         .help = "what is known of the kernel beforehand, against noise: small taps (ridge), "     \
                 "small first or second differences (smooth1, smooth2), few taps (l1), few "       \
                 "steps (tv, total variation). auto (the default): none, or the one that "         \
                 "predicts best; with a --solver that is named, none"},                            \
        {.name = "lambda",                                                                         \
         .argument = CKN_CLI_LAMBDA_WORDS,                                                         \
         .type = CKN_CLI_CHOICE_OR_REAL,                                                           \
         .target = offsetof(STRUCT, MEMBER.lambda),                                                \
         .help = "weight of the prior: found by generalised cross-validation (gcv; auto, the "     \
                 "default, means this) or by the discrepancy principle, or a number: relative to " \
                 "the mean diagonal of the normal equations, for l1 and tv to the largest entry "  \
                 "of their right side",                                                            \
         .range = {0, 0, false}},                                                                  \
        {.name = "background",                                                                     \
         .argument = "auto|none|constant|plane",                                                   \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.background),                                            \
         .help = "what BLURRED holds beside h * SHARP, fitted with the kernel for every pair and " \
                 "channel: a constant, or a plane; auto (the default) takes a constant where an "  \
                 "F-test is sure of it, and none with engines over the images"},                   \
        {.name = "gain",                                                                           \
         .argument = "none|fit",                                                                   \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.gain),                                                  \
         .help = "exposures: fit a gain for every pair and channel, BLURRED = gain (h * SHARP); "  \
                 "the first is 1, or the sum of h on the simplex (default none)"},                 \
        {.name = "noise-inflation",                                                                \
         .argument = "auto|F",                                                                     \
         .type = CKN_CLI_CHOICE_OR_REAL,                                                           \
         .target = offsetof(STRUCT, MEMBER.inflation),                                             \
         .help = "how many times the variance of white noise what is left over counts for where "  \
                 "size, sign and prior are chosen: at least 1; auto (the default): 1, and more "   \
                 "where losses of compression can be most of the noise (128 for the sign, 4 for "  \
                 "size and prior)",                                                                \
         .range = {1, 0, false}},                                                                  \
        {.name = "iterations",                                                                     \
         .letter = 'n',                                                                            \
         .argument = "N",                                                                          \
         .type = CKN_CLI_COUNT,                                                                    \
         .target = offsetof(STRUCT, MEMBER.iterations),                                            \
         .help = "fista, gd, cg: stop after N iterations at the latest (default 1000)",            \
         .range = {1, 1e12, false}},                                                               \
        {.name = "tolerance",                                                                      \
         .argument = "T",                                                                          \
         .type = CKN_CLI_REAL,                                                                     \
         .target = offsetof(STRUCT, MEMBER.tolerance),                                             \
         .help = "fista, gd: stop when the relative change of the kernel stays below T, or that "  \
                 "of the objective below T^2; cg: when the relative gradient is below T (default " \
                 "1e-7; 0: never)",                                                                \
         .range = {0, 0, false}},                                                                  \
        {.name = "gap",                                                                            \
         .argument = "G",                                                                          \
         .type = CKN_CLI_REAL,                                                                     \
         .target = offsetof(STRUCT, MEMBER.gap),                                                   \
         .help = "fista, gd: stop when the objective is provably within G of its minimum, "        \
                 "relative to 1/2 ||BLURRED||^2 (default 0: never)",                               \
         .range = {0, 0, false}},                                                                  \
        {.name = "step",                                                                           \
         .argument = "S",                                                                          \
         .type = CKN_CLI_REAL,                                                                     \
         .target = offsetof(STRUCT, MEMBER.step),                                                  \
         .help = "fista, gd: step size (default 1/L, L by power iteration)",                       \
         .range = {0, 0, true}},                                                                   \
        {.name = "no-restart",                                                                     \
         .type = CKN_CLI_CLEAR,                                                                    \
         .target = offsetof(STRUCT, MEMBER.restart),                                               \
         .help = "fista: never restart the momentum"},                                             \
        {.name = "epsilon",                                                                        \
         .argument = "E",                                                                          \
         .type = CKN_CLI_REAL,                                                                     \
         .target = offsetof(STRUCT, MEMBER.epsilon),                                               \
         .help = "division: added to |X|^2, relative to its mean over all frequencies (default "   \
                 "1e-12)",                                                                         \
         .range = {0, 0, false}},                                                                  \
    {                                                                                              \
        .name = "memory-limit", .argument = "BYTES", .type = CKN_CLI_BYTES,                        \
        .target = offsetof(STRUCT, MEMBER.memory_limit),                                           \
        .help =                                                                                    \
            "of the statistics, such as 500M or 2G (K, M, G: powers of 1024); exact, nnls and "    \
            "gram need them, auto takes another way (default: half of the machine's)"              \
    }

#endif
