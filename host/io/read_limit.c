#include "io/read_limit.h"

#include "base/memory.h"

static const uint64_t default_pixels = (uint64_t)1 << 29;

/* How much memory a command needs, in units of the decoded planes of all that it reads. Measured on
 * 3000 x 3000 float32, grey and in colour: blur 4.0 and 5.0, apply 5.9 and 3.3, estimate 6.2
 * and 4.7, with report 6.7 and 5.6. What transforms or masks whole grey pictures takes up to 14.3
 * (apply by FFT, division, --robust): at the limit, all the memory that there is. */
static const uint64_t memory_factor = 7;

static ckn_code refuse_pixels(const char *path, ckn_announcement size, uint64_t limit,
                              bool by_default, ckn_error *error) {
    const unsigned long long cols = size.cols, rows = size.rows;
    if (!by_default || size.cols > UINT64_MAX / size.rows)
        return ckn_fail(error, CKN_ERROR_FILE,
                        "%s: announces %llu x %llu pixels; at most %llu pixels are read%s", path,
                        cols, rows, (unsigned long long)limit, by_default ? "" : " (--max-pixels)");
    return ckn_fail(error, CKN_ERROR_FILE,
                    "%s: announces %llu x %llu pixels; at most %llu pixels are read: "
                    "--max-pixels %llu raises the limit",
                    path, cols, rows, (unsigned long long)limit, cols * rows);
}

static ckn_code refuse_memory(const char *path, ckn_announcement size, double needed, double limit,
                              ckn_error *error) {
    const unsigned long long cols = size.cols, rows = size.rows;
    return ckn_fail(error, CKN_ERROR_FILE,
                    "%s: announces %llu x %llu pixels, with which the program may need %.3g GB of "
                    "memory, more than half of the machine's (%.3g GB): --max-pixels %llu lifts "
                    "that limit",
                    path, cols, rows, needed / 1e9, limit / 1e9, cols * rows);
}

ckn_code ckn_read_limit_check(const ckn_read_limits *limits, const char *path,
                              ckn_announcement size, ckn_error *error) {
    const bool by_default = limits->max_pixels == 0;
    const uint64_t most = by_default ? default_pixels : limits->max_pixels;
    if (size.rows < 1 || size.cols < 1)
        return CKN_OK; /* which the formats refuse by themselves */
    if (size.cols > most / size.rows)
        return refuse_pixels(path, size, most, by_default, error);
    const uint64_t limit = ckn_physical_memory() / 2;
    if (!by_default || limit == 0)
        return CKN_OK;
    /* 2^29 pixels of 64 bytes, and what is in memory: no overflow. */
    const uint64_t planes = size.cols * size.rows * size.planes * size.sample_bytes;
    const uint64_t needed = memory_factor * (planes + limits->held);
    if (needed <= limit)
        return CKN_OK;
    return refuse_memory(path, size, (double)needed, (double)limit, error);
}
