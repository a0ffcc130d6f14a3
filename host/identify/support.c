/* ckn_find_support(), which clkernest.h describes. */
#include "backend/context.h"
#include "dense/blas_pool.h"
#include "identify/frame_search.h"

ckn_code ckn_find_support(ckn_context *context, const ckn_support_options *options,
                          const ckn_pair *pairs, size_t pair_count, ckn_support_result *result,
                          ckn_error *error) {
    *result = (ckn_support_result){.truncated = 0};
    if (!pairs || pair_count < 1)
        return ckn_fail(error, CKN_ERROR_ARGUMENT, "at least one pair of images is needed");
    const ckn_frame point = {1, 1, 0, 0};
    for (size_t i = 0; i < pair_count; i++) { /* refuses what is no pair, before anything is done */
        ckn_pair cut;
        CKN_TRY(ckn_pair_cut(&pairs[i], &point, &cut, error));
    }
    ckn_frame_search search = {
        .backend = context->backend, .pairs = pairs, .pair_count = pair_count, .options = *options};
    CKN_TRY(ckn_blas_enter(error));
    ckn_code code = ckn_frame_search_run(&search, error);
    ckn_blas_leave();
    ckn_frame_search_release(&search);
    if (code == CKN_OK)
        *result = search.result;
    return code;
}
