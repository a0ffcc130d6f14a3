/* `boxkernel --table`: the errors of extended boxes against the sampled Gaussian, as Markdown. */
#include "cli/boxkernel.h"

#include "cli/interrupt.h"

#include <stdio.h>

static const double sigmas[] = {0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 9.6, 15.4, 20, 30, 50, 70, 100};

enum { MOST_PASSES = 10 };

static void print_heading(void) {
    printf("# Errors of extended boxes: `clkernest boxkernel --table`\n\n");
    printf("Reference: the Gaussian exp(-i^2 / 2 sigma^2) sampled at the integers i and normalised "
           "to sum 1.\n"
           "d passes of the extended box have variance sigma^2, in pixels. l1: sum of the absolute "
           "errors of all\n"
           "taps; l2: root of their summed squares; max: the largest; step: the largest error "
           "beside an ideal\n"
           "step edge from 0 to 1. \"corrected\" is with one more pass, of three taps, that brings "
           "the missing\n"
           "kurtosis back (`--correct`), - where that does not make the l1 error smaller.\n\n"
           "For sigma below about 0.6 the Gaussian sampled at the pixels and the one integrated "
           "over the pixels\n"
           "differ from each other (at 0.5 the variance of the sampled one is 0.215, not 0.25), so "
           "that the\n"
           "errors there say as much about the reference as about the box.\n\n");
    printf("| sigma |  d |       l1 | corrected |       l2 | corrected |      max | corrected |"
           "     step | corrected |\n"
           "|------:|---:|---------:|----------:|---------:|----------:|---------:|----------:|"
           "---------:|----------:|\n");
}

static void print_pair(double plain, double corrected, bool has_corrected) {
    printf(" %#8.3g |", plain);
    if (has_corrected)
        printf(" %#9.3g |", corrected);
    else
        printf(" %9s |", "-");
}

static ckn_code print_row(double sigma, size_t passes, ckn_error *error) {
    ckn_extended_box box;
    ckn_gaussian_errors plain, corrected;
    int has_corrected;
    CKN_TRY(ckn_extended_box_init(&box, sigma, passes, error));
    CKN_TRY(ckn_extended_box_errors(&box, &plain, error));
    CKN_TRY(ckn_extended_box_correct(&box, &has_corrected, error));
    CKN_TRY(ckn_extended_box_errors(&box, &corrected, error));
    printf("| %5g | %2zu |", sigma, passes);
    print_pair(plain.l1, corrected.l1, has_corrected);
    print_pair(plain.l2, corrected.l2, has_corrected);
    print_pair(plain.max, corrected.max, has_corrected);
    print_pair(plain.step, corrected.step, has_corrected);
    printf("\n");
    return CKN_OK;
}

ckn_code ckn_boxkernel_table(ckn_error *error) {
    ckn_interrupt_doing("while the table was computed");
    print_heading();
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        for (size_t passes = 1; passes <= MOST_PASSES; passes++)
            CKN_TRY(print_row(sigmas[i], passes, error));
        CKN_TRY(ckn_cli_check_interrupt(error));
    }
    return ckn_cli_finish_stdout(error);
}
