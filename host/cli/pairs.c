#include "cli/pairs.h"

#include "base/memory.h"
#include "cli/interrupt.h"

#include <stdlib.h>
#include <string.h>

void ckn_cli_pairs_release(ckn_cli_pairs *pairs) {
    for (size_t i = 0; pairs->pairs && i < pairs->count; i++)
        ckn_cli_pair_release(&pairs->pairs[i]);
    free(pairs->pairs);
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

ckn_code ckn_cli_pairs_read(ckn_cli_session *session, const ckn_cli_pair_options *options,
                            bool periodic, ckn_cli_pairs *pairs, ckn_error *error) {
    const ckn_cli_words *files = &options->files;
    ckn_interrupt_doing("while the pictures were read");
    memset(pairs, 0, sizeof *pairs);
    CKN_TRY(
        ckn_allocate(&pairs->pairs, files->count / 2, sizeof *pairs->pairs, "the pairs", error));
    pairs->count = files->count / 2;
    for (size_t i = 0; i < pairs->count; i++) {
        pairs->pairs[i].sharp_path = files->word[2 * i];
        pairs->pairs[i].blurred_path = files->word[2 * i + 1];
        CKN_TRY(ckn_cli_pair_read(session, options, periodic, &pairs->pairs[i], error));
    }
    CKN_TRY(check_detail(options, pairs, error));
    return list_planes(pairs, error);
}
