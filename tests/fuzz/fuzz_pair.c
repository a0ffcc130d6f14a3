/* What is found out about a pair before the estimate: diagnosis, cut, shift, size of the kernel;
 * and the whole job, ckn_identify(). */
#include "problem.h"

#include <math.h>

static void check_diagnosis(const fuzz_problem *problem) {
    ckn_error error = {CKN_OK, ""};
    ckn_pair_diagnosis diagnosis;
    if (!fuzz_succeeded(ckn_diagnose_pair(&problem->pairs[0], problem->options.kernel_rows,
                                          problem->options.kernel_cols, &diagnosis, &error),
                        &error))
        return;
    const ckn_image_diagnosis *sharp = &diagnosis.sharp;
    if (sharp->count == 0) /* all is masked, and nothing can be said */
        return;
    FUZZ_CHECK(sharp->at_minimum >= 0 && sharp->at_maximum <= 1, "parts %g and %g",
               sharp->at_minimum, sharp->at_maximum);
    FUZZ_CHECK(!(sharp->minimum > sharp->maximum), "minimum %g, maximum %g", sharp->minimum,
               sharp->maximum);
}

static ptrdiff_t some_offset(fuzz_input *input) {
    static const ptrdiff_t far[] = {PTRDIFF_MAX / 4, -PTRDIFF_MAX / 4, 1000, -1000};
    if (fuzz_rarely(input, 16))
        return far[fuzz_below(input, 4)];
    return (ptrdiff_t)fuzz_below(input, 12) - 6;
}

static void check_cut(const fuzz_problem *problem, fuzz_input *input) {
    const ckn_frame frame = {fuzz_below(input, 8), fuzz_below(input, 8), some_offset(input),
                             some_offset(input)};
    ckn_error error = {CKN_OK, ""};
    ckn_pair cut;
    if (!fuzz_succeeded(ckn_pair_cut(&problem->pairs[0], &frame, &cut, &error), &error))
        return;
    FUZZ_CHECK(cut.blurred.rows && cut.blurred.cols, "an empty cut");
    FUZZ_CHECK(cut.sharp.rows == cut.blurred.rows + frame.rows - 1 &&
                   cut.sharp.cols == cut.blurred.cols + frame.cols - 1,
               "the parts do not fit");
    /* Reads every sample of the cut. */
    ckn_pair_diagnosis diagnosis;
    fuzz_succeeded(ckn_diagnose_pair(&cut, frame.rows, frame.cols, &diagnosis, &error), &error);
}

static void check_shift(const fuzz_problem *problem) {
    ckn_error error = {CKN_OK, ""};
    ckn_shift shift;
    if (fuzz_succeeded(ckn_find_shift(fuzz_context(), &problem->pairs[0], &shift, &error), &error))
        FUZZ_CHECK(isfinite(shift.row) && isfinite(shift.col), "a shift of %g, %g", shift.row,
                   shift.col);
}

static void check_support(const fuzz_problem *problem, fuzz_input *input) {
    ckn_error error = {CKN_OK, ""};
    ckn_support_options options;
    ckn_support_result result;
    ckn_support_options_init(&options);
    options.first_rows = fuzz_below(input, 12);
    options.first_cols = fuzz_below(input, 12);
    options.largest = fuzz_below(input, 14);
    if (fuzz_rarely(input, 4))
        options.penalty = fuzz_positive(input);
    if (!fuzz_succeeded(ckn_find_support(fuzz_context(), &options, problem->pairs,
                                         problem->pair_count, &result, &error),
                        &error))
        return;
    FUZZ_CHECK(result.frame.rows % 2 == 1 && result.frame.cols % 2 == 1, "a frame of %zu x %zu",
               result.frame.rows, result.frame.cols);
    FUZZ_CHECK(result.step_count <= CKN_SUPPORT_STEPS, "%zu steps", result.step_count);
}

static ckn_identify_options read_job(const fuzz_problem *problem, fuzz_input *input) {
    ckn_identify_options options;
    ckn_identify_options_init(&options);
    options.estimate = problem->options;
    options.support.first_rows = options.support.first_cols = 5;
    options.support.largest = 1 + fuzz_below(input, 9);
    if (fuzz_rarely(input, 2))
        options.estimate.kernel_rows = options.estimate.kernel_cols = 0;
    options.shift = (ckn_shift_mode)fuzz_below(input, CKN_SHIFT_GIVEN + 1);
    options.row_shift = some_offset(input);
    options.col_shift = some_offset(input);
    options.clipping = fuzz_rarely(input, 2) ? CKN_CLIP_NONE : CKN_CLIP_AUTO;
    options.tap_errors = fuzz_rarely(input, 2);
    options.models = fuzz_rarely(input, 2);
    options.families = fuzz_rarely(input, 4);
    options.runs = fuzz_below(input, 3);
    return options;
}

static void check_answer(const ckn_identified *found, size_t pair_count) {
    FUZZ_CHECK(found->pair_count == pair_count, "%zu pairs of %zu", found->pair_count, pair_count);
    FUZZ_CHECK(found->kernel_rows >= found->frame.rows && found->kernel_cols >= found->frame.cols,
               "the kernel is smaller than its frame");
    for (size_t i = 0; i < found->kernel_rows * found->kernel_cols; i++) {
        FUZZ_CHECK(isfinite(found->kernel[i]), "tap %zu is %g", i, found->kernel[i]);
        FUZZ_CHECK(!found->errors || !(found->errors[i] < 0), "an error of %g", found->errors[i]);
    }
    for (size_t i = 0; i < pair_count; i++) {
        const ckn_view *x = &found->pairs[i].sharp, *y = &found->pairs[i].blurred;
        FUZZ_CHECK(found->result.solver == CKN_SOLVER_DIVISION ||
                       (x->rows == y->rows + found->frame.rows - 1 &&
                        x->cols == y->cols + found->frame.cols - 1),
                   "pair %zu does not go with the frame", i);
        FUZZ_CHECK(!found->models || found->models[i].data, "a model is missing");
    }
}

static void check_identify(const fuzz_problem *problem, fuzz_input *input) {
    const ckn_identify_options options = read_job(problem, input);
    ckn_error error = {CKN_OK, ""};
    ckn_answer *answer = NULL;
    if (fuzz_succeeded(ckn_identify(fuzz_context(), &options, problem->pairs, problem->pair_count,
                                    &answer, &error),
                       &error))
        check_answer(ckn_answer_get(answer), problem->pair_count);
    else
        FUZZ_CHECK(!answer, "a failure with an answer");
    ckn_answer_destroy(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_problem problem;
    fuzz_problem_create(&problem, &input);
    check_diagnosis(&problem);
    check_cut(&problem, &input);
    check_shift(&problem);
    check_support(&problem, &input);
    check_identify(&problem, &input);
    fuzz_problem_destroy(&problem);
    return 0;
}
