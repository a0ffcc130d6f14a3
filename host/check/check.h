/* Shared by selftest and compare: counting and reporting lines. */
#ifndef CKN_CHECK_CHECK_H
#define CKN_CHECK_CHECK_H

#include "backend/context.h"

typedef struct ckn_checker {
    ckn_check_fn report; /* may be NULL */
    void *user;
    size_t failures;
} ckn_checker;

/* Reports one line; `passed` follows from difference and tolerance, and NaN never passes. */
void ckn_checker_line(ckn_checker *checker, const char *name, const char *detail, double difference,
                      double tolerance, double seconds_reference, double seconds);

/* ||a - b|| / ||b||, or ||a|| where b is zero. */
double ckn_relative_difference(const double *a, const double *b, size_t count);

/* Numbers in [0, 1) that depend on `seed` and index alone. */
void ckn_fill_pattern(double *values, size_t count, unsigned seed);

#endif
