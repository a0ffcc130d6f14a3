/* Numbers that no caller means, and the watch over a call that is given them. */
#ifndef CKN_TEST_API_ABSURD_H
#define CKN_TEST_API_ABSURD_H

#include "support/harness.h"
#include "support/random.h"

#include <limits.h>
#include <math.h>
#include <time.h>

/* CPU time of one call; what is refused takes none, and what is done is small. */
#define MOST_SECONDS 2.0
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SLOWNESS 8.0
#else
#define SLOWNESS 1.0
#endif

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Of the job that runs; a failure tells it. */
static uint64_t seed;

static inline size_t pick(size_t count) {
    return (size_t)(ckn_test_random(&seed) % count);
}

/* No size between what is small and what no machine has: it would be memory that is taken. */
static inline size_t any_size(void) {
    static const size_t sizes[] = {0,
                                   1,
                                   2,
                                   3,
                                   4,
                                   5,
                                   9,
                                   11,
                                   SIZE_MAX,
                                   SIZE_MAX - 1,
                                   SIZE_MAX / 2,
                                   SIZE_MAX / 2 + 1,
                                   SIZE_MAX / 4,
                                   SIZE_MAX / 8 + 1};
    return sizes[pick(LENGTH(sizes))];
}

/* Where a size takes no memory. */
static inline size_t any_count(void) {
    static const size_t counts[] = {12,   100,     1000,     1001,
                                    5000, 1000000, UINT_MAX, (size_t)1000 * 1000 * 1000 * 1000};
    return pick(2) ? any_size() : counts[pick(LENGTH(counts))];
}

static inline double any_real(void) {
    static const double reals[] = {0.0,   -0.0,   1.0,   -1.0,   0.5,    2.5,    17.0,
                                   1e-9,  1e-300, 1e3,   1e6,    1e9,    1e18,   1e19,
                                   -1e19, 1e100,  1e300, -1e300, 5e-324, 1.7e308};
    const size_t other = pick(12);
    if (other == 0)
        return (double)NAN;
    if (other == 1)
        return (double)INFINITY;
    return other == 2 ? -(double)INFINITY : reals[pick(LENGTH(reals))];
}

static inline ptrdiff_t any_offset(void) {
    static const ptrdiff_t offsets[] = {0,
                                        1,
                                        -1,
                                        3,
                                        -3,
                                        24,
                                        -25,
                                        PTRDIFF_MAX,
                                        PTRDIFF_MIN,
                                        PTRDIFF_MAX - 3,
                                        PTRDIFF_MIN + 3,
                                        PTRDIFF_MAX / 2};
    return offsets[pick(LENGTH(offsets))];
}

/* Of an enumeration with `count` names. */
static inline int any_choice(int count) {
    const int others[] = {-1, count, INT_MAX, INT_MIN};
    return pick(8) ? (int)pick((size_t)count) : others[pick(4)];
}

/* A good value more often than not, so that other numbers are seen at all. */
#define MOSTLY(good, any) (pick(3) ? (good) : (any))

/* --- what a call says ------------------------------------------------------------------------- */

typedef struct watch {
    const char *name;
    uint64_t seed;
    clock_t start;
    ckn_error error;
} watch;

static inline watch begin(const char *name) {
    watch made = {.name = name, .seed = seed, .error = {CKN_OK, ""}};
    made.start = clock();
    return made;
}

/* Whether the call succeeded. */
static inline bool end(const watch *call, ckn_code code) {
    const double seconds = (double)(clock() - call->start) / CLOCKS_PER_SEC;
    if (seconds > MOST_SECONDS * SLOWNESS)
        ckn_test_fail("%s, seed %llu: %.1f s", call->name, (unsigned long long)call->seed, seconds);
    const bool told = code == CKN_OK || (call->error.code == code && call->error.message[0]);
    if (!told || code == CKN_ERROR_INTERNAL)
        ckn_test_fail("%s, seed %llu: %s, '%s'", call->name, (unsigned long long)call->seed,
                      ckn_code_name(code), call->error.message);
    return code == CKN_OK;
}

/* begin() and end() round one call that ends with &call.error. */
#define CALL(name, expression)                                                                     \
    do {                                                                                           \
        watch call = begin(name);                                                                  \
        (void)end(&call, expression);                                                              \
    } while (0)

#endif
