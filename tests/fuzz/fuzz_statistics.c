/* ckn_statistics_load() on bytes that are damaged, whose checksum is put right in half of the
 * cases, and what is done with the statistics of those that pass. The first byte says which. */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKSUM = 8, MOST_TAPS = 256 };

/* FNV-1a of 64 bits, little-endian, at the end. */
static void seal(uint8_t *bytes, size_t size) {
    uint64_t sum = 0xcbf29ce484222325U;
    for (size_t i = 0; i + CHECKSUM < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3U;
    for (size_t i = 0; i < CHECKSUM && size >= CHECKSUM; i++)
        bytes[size - CHECKSUM + i] = (uint8_t)(sum >> (8 * i));
}

static void check_estimate(const ckn_statistics *statistics, ckn_solver solver) {
    const ckn_frame frame = ckn_statistics_frame(statistics);
    const size_t taps = frame.rows * frame.cols;
    ckn_error error = {CKN_OK, ""};
    ckn_estimate_options options;
    ckn_estimate_options_init(&options);
    options.solver = solver;
    options.constraint = CKN_CONSTRAINT_AUTO;
    options.prior = solver == CKN_SOLVER_AUTO ? CKN_PRIOR_AUTO : CKN_PRIOR_NONE;
    if (taps > MOST_TAPS)
        return;
    double *kernel = fuzz_array(taps);
    if (fuzz_succeeded(ckn_statistics_estimate(fuzz_context(), statistics, &options,
                                               ckn_output_f64(kernel, frame.rows, frame.cols), NULL,
                                               &error),
                       &error))
        for (size_t i = 0; i < taps; i++)
            FUZZ_CHECK(isfinite(kernel[i]), "tap %zu is %g", i, kernel[i]);
    free(kernel);
}

static void check_sums(const ckn_statistics *statistics) {
    ckn_statistics *sum = NULL, *rest = NULL, *part = NULL;
    ckn_error error = {CKN_OK, ""};
    ckn_frame frame = ckn_statistics_frame(statistics);
    if (fuzz_succeeded(ckn_statistics_add(statistics, statistics, &sum, &error), &error))
        FUZZ_CHECK(ckn_statistics_count(sum) == 2 * ckn_statistics_count(statistics),
                   "windows are lost");
    FUZZ_CHECK(ckn_statistics_subtract(statistics, statistics, &rest, &error) == CKN_OK, "%s",
               error.message);
    FUZZ_CHECK(ckn_statistics_count(rest) == 0, "windows are left");
    check_estimate(rest, CKN_SOLVER_EXACT);
    frame.rows -= frame.rows > 1;
    fuzz_succeeded(ckn_statistics_restrict(statistics, &frame, &part, &error), &error);
    ckn_statistics_destroy(sum);
    ckn_statistics_destroy(rest);
    ckn_statistics_destroy(part);
}

static void check_bytes(const ckn_statistics *statistics, const uint8_t *bytes, size_t size) {
    void *again = NULL;
    size_t length = 0;
    ckn_error error = {CKN_OK, ""};
    FUZZ_CHECK(ckn_statistics_save(statistics, &again, &length, &error) == CKN_OK, "%s",
               error.message);
    FUZZ_CHECK(length == size && memcmp(again, bytes, size) == 0, "the bytes differ");
    ckn_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    const unsigned choice = data[0];
    uint8_t *bytes = malloc(size); /* of its own, so that a sanitizer sees what lies behind */
    ckn_statistics *statistics = NULL;
    ckn_error error = {CKN_OK, ""};
    FUZZ_CHECK(bytes != NULL, "no memory");
    memcpy(bytes, data + 1, size - 1);
    if (choice & 1U)
        seal(bytes, size - 1);
    if (fuzz_succeeded(ckn_statistics_load(bytes, size - 1, &statistics, &error), &error)) {
        static const ckn_solver solvers[] = {CKN_SOLVER_EXACT, CKN_SOLVER_NNLS, CKN_SOLVER_AUTO,
                                             CKN_SOLVER_AUTO};
        check_bytes(statistics, bytes, size - 1);
        check_estimate(statistics, solvers[choice / 2 % 4]);
        check_sums(statistics);
    }
    ckn_statistics_destroy(statistics);
    free(bytes);
    return 0;
}
