/* The options of the solver, which `estimate` and `compare` share. */
#ifndef CKN_CLI_SOLVER_OPTIONS_H
#define CKN_CLI_SOLVER_OPTIONS_H

#include "cli/options.h"
#include "clkernest.h"

typedef struct ckn_cli_solver_options {
    int solver, engine, constraint; /* ckn_solver, ckn_engine, ckn_constraint */
    size_t iterations;              /* 0: not given */
    double tolerance;               /* negative: not given */
    double step;                    /* 0: not given */
    double epsilon;                 /* negative: not given */
    bool restart;
} ckn_cli_solver_options;

void ckn_cli_solver_defaults(ckn_cli_solver_options *options);

/* Refuses options that contradict each other. */
ckn_code ckn_cli_solver_check(const ckn_cli_solver_options *options, ckn_error *error);

/* Fills the library's options; what was not given keeps the library's default. */
void ckn_cli_solver_fill(const ckn_cli_solver_options *options, ckn_shape kernel,
                         ckn_estimate_options *estimate);

/* The table lines of these options, for a STRUCT with a MEMBER of this type. */
#define CKN_CLI_SOLVER_OPTION_LINES(STRUCT, MEMBER)                                                \
    {.name = "solver",                                                                             \
     .argument = "fista|gd|division",                                                              \
     .type = CKN_CLI_CHOICE,                                                                       \
     .target = offsetof(STRUCT, MEMBER.solver),                                                    \
     .help = "accelerated gradient (fista, the default), gradient descent (gd), or frequency "     \
             "division, which is exact for periodic images only"},                                 \
        {.name = "engine",                                                                         \
         .argument = "auto|direct|fft",                                                            \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.engine),                                                \
         .help = "how convolutions are computed; auto (the default) predicts the faster one"},     \
        {.name = "constraint",                                                                     \
         .argument = "none|nonneg|simplex",                                                        \
         .type = CKN_CLI_CHOICE,                                                                   \
         .target = offsetof(STRUCT, MEMBER.constraint),                                            \
         .help = "on the kernel: none (the default; negative taps are allowed), not negative, or " \
                 "not negative with the sum 1"},                                                   \
        {.name = "iterations",                                                                     \
         .letter = 'n',                                                                            \
         .argument = "N",                                                                          \
         .type = CKN_CLI_COUNT,                                                                    \
         .target = offsetof(STRUCT, MEMBER.iterations),                                            \
         .help = "stop after N iterations at the latest (default 1000)",                           \
         .range = {1, 1e12, false}},                                                               \
        {.name = "tolerance",                                                                      \
         .argument = "T",                                                                          \
         .type = CKN_CLI_REAL,                                                                     \
         .target = offsetof(STRUCT, MEMBER.tolerance),                                             \
         .help = "stop when the relative change of the kernel stays below T, or that of the "      \
                 "objective below T^2 (default 1e-7; 0: never)",                                   \
         .range = {0, 0, false}},                                                                  \
        {.name = "step",                                                                           \
         .argument = "S",                                                                          \
         .type = CKN_CLI_REAL,                                                                     \
         .target = offsetof(STRUCT, MEMBER.step),                                                  \
         .help = "step size (default 1/L, L by power iteration)",                                  \
         .range = {0, 0, true}},                                                                   \
        {.name = "no-restart",                                                                     \
         .type = CKN_CLI_CLEAR,                                                                    \
         .target = offsetof(STRUCT, MEMBER.restart),                                               \
         .help = "fista: never restart the momentum"},                                             \
    {                                                                                              \
        .name = "epsilon", .argument = "E", .type = CKN_CLI_REAL,                                  \
        .target = offsetof(STRUCT, MEMBER.epsilon),                                                \
        .help =                                                                                    \
            "division: added to |X|^2, relative to its mean over all frequencies (default 1e-12)", \
        .range = {                                                                                 \
            0,                                                                                     \
            0,                                                                                     \
            false                                                                                  \
        }                                                                                          \
    }

#endif
