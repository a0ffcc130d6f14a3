#include "cli/pairs.h"

#include "base/memory.h"
#include "cli/interrupt.h"

#include <stdlib.h>
#include <string.h>

/* Each is found from the file's beginning: some 15 s for that many. */
enum { MOST_PAGES = 4096 };

void ckn_cli_pairs_release(ckn_cli_pairs *pairs) {
    for (size_t i = 0; pairs->pairs && i < pairs->count; i++)
        ckn_cli_pair_release(&pairs->pairs[i]);
    free(pairs->pairs);
    for (size_t i = 0; pairs->pages && i < 2 * pairs->count; i++)
        free(pairs->pages[i]);
    free(pairs->pages);
    free(pairs->planes);
    memset(pairs, 0, sizeof *pairs);
}

/* One picture with detail is enough, as the pairs share their kernel. */
static ckn_code check_detail(const ckn_cli_pair_options *options, const ckn_cli_pairs *pairs,
                             ckn_error *error) {
    bool one_tap = ckn_shape_count(options->kernel) == 1;
    for (size_t i = 0; i < pairs->count; i++) {
        const ckn_cli_pair *pair = &pairs->pairs[i];
        /* One tap is a plain factor, which a constant image does determine, unless it is zero. */
        if (!pair->constant || (one_tap && ckn_view_at(&pair->planes[0].sharp, 0, 0) != 0.0))
            return CKN_OK;
    }
    return ckn_fail(error, CKN_ERROR_DATA,
                    "%s is constant%s%s: many kernels fit equally well, so the problem has no "
                    "unique answer",
                    pairs->pairs[0].sharp_path, options->roi.shape.rows ? " within --roi" : "",
                    pairs->count > 1 ? ", and so are the others" : "");
}

static void fill_planes(ckn_cli_pairs *pairs) {
    pairs->plane_count = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const ckn_cli_pair *pair = &pairs->pairs[i];
        for (size_t channel = 0; channel < pair->count; channel++)
            pairs->planes[pairs->plane_count++] = pair->planes[channel];
    }
}

static ckn_code list_planes(ckn_cli_pairs *pairs, ckn_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < pairs->count; i++)
        count += pairs->pairs[i].count;
    CKN_TRY(ckn_allocate(&pairs->planes, count, sizeof *pairs->planes, "the pairs", error));
    fill_planes(pairs);
    return CKN_OK;
}

ckn_code ckn_cli_pairs_place(ckn_cli_pairs *pairs, ckn_shape kernel, ptrdiff_t row_offset,
                             ptrdiff_t col_offset, ckn_error *error) {
    for (size_t i = 0; i < pairs->count; i++) {
        ckn_cli_pair *pair = &pairs->pairs[i];
        if (ckn_cli_pair_place(pair, kernel, pair->row_shift + row_offset,
                               pair->col_shift + col_offset, error) != CKN_OK)
            return ckn_fail_prefix(error, "%s", pair->sharp_path);
    }
    fill_planes(pairs);
    return CKN_OK;
}

/* How many pairs SHARP and BLURRED are: as many as each has pages. */
static ckn_code count_pages(const char *const *files, size_t *count, ckn_error *error) {
    size_t blurred = 0;
    CKN_TRY(ckn_picture_count_pages(files[0], count, error));
    CKN_TRY(ckn_picture_count_pages(files[1], &blurred, error));
    if (*count > MOST_PAGES)
        return ckn_fail(error, CKN_ERROR_DATA,
                        "%s has %zu pages; a kernel is estimated from at most %d of them: choose "
                        "some, the first as '%s[0]'",
                        files[0], *count, MOST_PAGES, files[0]);
    if (blurred == *count)
        return CKN_OK;
    const char *longer = blurred > *count ? files[1] : files[0];
    return ckn_fail(error, CKN_ERROR_DATA,
                    "%s has %zu page%s, but %s has %zu; choose one, the first as '%s[0]'", files[0],
                    *count, *count == 1 ? "" : "s", files[1], blurred, longer);
}

static ckn_code add_pages(const char *const *files, size_t count, ckn_cli_pairs *pairs,
                          ckn_error *error) {
    for (size_t page = 0; page < count; page++, pairs->count++) {
        ckn_cli_pair *pair = &pairs->pairs[pairs->count];
        char **names = &pairs->pages[2 * pairs->count];
        pair->sharp_path = files[0];
        pair->blurred_path = files[1];
        if (count == 1)
            continue;
        names[0] = ckn_format("%s[%zu]", files[0], page);
        names[1] = ckn_format("%s[%zu]", files[1], page);
        if (!names[0] || !names[1]) {
            pairs->count++; /* so that both are released */
            return ckn_fail(error, CKN_ERROR_MEMORY, "not enough memory for the pairs");
        }
        pair->sharp_path = names[0];
        pair->blurred_path = names[1];
    }
    return CKN_OK;
}

static ckn_code list_counted(const ckn_cli_words *files, size_t *counts, ckn_cli_pairs *pairs,
                             ckn_error *error) {
    size_t total = 0;
    for (size_t i = 0; i < files->count / 2; i++) {
        CKN_TRY(count_pages(&files->word[2 * i], &counts[i], error));
        total += counts[i];
    }
    CKN_TRY(ckn_allocate(&pairs->pairs, total, sizeof *pairs->pairs, "the pairs", error));
    CKN_TRY(ckn_allocate(&pairs->pages, total, 2 * sizeof *pairs->pages, "the pairs", error));
    for (size_t i = 0; i < files->count / 2; i++)
        CKN_TRY(add_pages(&files->word[2 * i], counts[i], pairs, error));
    return CKN_OK;
}

static ckn_code list_pairs(const ckn_cli_words *files, ckn_cli_pairs *pairs, ckn_error *error) {
    size_t *counts = NULL;
    CKN_TRY(ckn_allocate(&counts, files->count / 2, sizeof *counts, "the pairs", error));
    ckn_code code = list_counted(files, counts, pairs, error);
    free(counts);
    return code;
}

ckn_code ckn_cli_pairs_read(ckn_cli_session *session, const ckn_cli_pair_options *options,
                            bool periodic, ckn_cli_pairs *pairs, ckn_error *error) {
    ckn_interrupt_doing("while the pictures were read");
    memset(pairs, 0, sizeof *pairs);
    CKN_TRY(list_pairs(&options->files, pairs, error));
    ckn_read_limits limits = session->common->limits;
    for (size_t i = 0; i < pairs->count; i++) {
        ckn_cli_pair *pair = &pairs->pairs[i];
        pair->limits = limits;
        CKN_TRY(ckn_cli_pair_read(session, options, i, periodic, pair, error));
        limits = pair->limits;
    }
    CKN_TRY(check_detail(options, pairs, error));
    return list_planes(pairs, error);
}
