/* Random problems on both backends, against least squares by the definition.
 *
 *   test_properties                 150 problems
 *   test_properties COUNT [FIRST]   so many, from that one on; FIRST alone repeats a find
 */
#include "properties/least_squares.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Above it single precision, and what is left to a choice, may give another kernel, with a
 * warning. */
#define WELL_CONDITIONED 100.0
/* Some seconds where clFFT compiles for another size, and many on a busy machine. */
#define SECONDS_A_PROBLEM 300

typedef enum device { CPU, OPENCL, DEVICES } device;

static const char *const device_names[DEVICES] = {"cpu", "opencl"};
static ckn_context *contexts[DEVICES];
static size_t problem_count = 150, first_problem = 1;

/* What was wrong, in the whole run. */
static size_t finds;
static const problem *current; /* for messages */
static char alarm_text[256];

typedef struct answer {
    ckn_code code;
    ckn_error error;
    double *kernel;
    ckn_estimate_result result;
    bool warned;
} answer;

static bool warned;

static void on_log(void *user, ckn_log_level level, const char *message) {
    (void)user;
    (void)message;
    warned = warned || level == CKN_LOG_WARNING;
}

__attribute__((format(printf, 2, 3))) static void expect(bool good, const char *format, ...) {
    if (good)
        return;
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("%s: %s\n", current->text, text);
    finds++;
}

/* A hang ends the test, and says where. */
static void on_alarm(int signal_number) {
    (void)signal_number;
    (void)!write(STDERR_FILENO, alarm_text, strlen(alarm_text));
    _exit(1);
}

static answer solve(device on, const problem *made) {
    const size_t taps = ckn_shape_count(made->h_shape);
    ckn_estimate_options options = problem_options(made);
    answer found = {.kernel = ckn_test_array(taps)};
    for (size_t i = 0; i < taps; i++)
        found.kernel[i] = (double)NAN;
    snprintf(alarm_text, sizeof alarm_text, "%s: no end on %s\n", made->text, device_names[on]);
    alarm(SECONDS_A_PROBLEM);
    warned = false;
    found.code = ckn_estimate(contexts[on], &options, &made->pair, 1,
                              ckn_output_f64(found.kernel, made->h_shape.rows, made->h_shape.cols),
                              &found.result, &found.error);
    alarm(0);
    found.warned = warned;
    return found;
}

static bool all_finite(const answer *found, size_t taps) {
    for (size_t i = 0; i < taps; i++) {
        if (!isfinite(found->kernel[i]))
            return false;
    }
    return true;
}

/* A success says only what is finite, and a refusal says why. */
static bool check_answer(const answer *found, device on, size_t taps) {
    const char *name = device_names[on];
    if (found->code != CKN_OK) {
        expect(found->code != CKN_ERROR_INTERNAL && found->error.message[0],
               "%s: refused as %s: '%s'", name, ckn_code_name(found->code), found->error.message);
        return false;
    }
    bool finite = all_finite(found, taps);
    expect(finite, "%s: a tap is not finite", name);
    expect(isfinite(found->result.objective) && isfinite(found->result.residual_norm) &&
               isfinite(found->result.residual_rms),
           "%s: objective %g, residual %g, RMS %g", name, found->result.objective,
           found->result.residual_norm, found->result.residual_rms);
    return finite;
}

/* Zero is a kernel, too (but on the simplex), so no answer may leave more than that. Where a
 * background or rejected samples belong to the fit, what the library reports is compared. */
static void check_residual(const answer *found, device on, const problem *made,
                           const least_squares *reference) {
    const double tolerance = on == CPU ? 1e-9 : 1e-4;
    const double zero = least_squares_norm(reference);
    double left = least_squares_residual(reference, found->kernel);
    const double reported = found->result.residual_norm / reference->scale;
    if (made->mode == MODE_SIMPLEX)
        return;
    if (made->mode == MODE_AUTO || made->mode == MODE_ROBUST)
        left = made->mask == MASK_WEIGHTS ? 0 : reported; /* in other units */
    expect(left <= zero * (1 + tolerance), "%s: leaves %.6g, the zero kernel %.6g (of max |y|)",
           device_names[on], left, zero);
}

static double difference(const double *a, const double *b, size_t count) {
    return ckn_test_difference(a, b, count);
}

/* The minimum is known where the images determine it well. */
static void check_minimum(const answer *found, device on, const problem *made,
                          const least_squares *reference) {
    const size_t taps = reference->taps;
    const char *name = device_names[on];
    if (!(reference->condition < WELL_CONDITIONED))
        return;
    if (made->mode == MODE_EXACT || made->mode == MODE_NNLS) {
        double *h = ckn_test_array(taps);
        least_squares_solve(reference, made->mode == MODE_NNLS, h);
        double off = difference(found->kernel, h, taps);
        expect(off <= (on == CPU ? 1e-10 : 1e-4), "%s: the kernel is off by %.3g", name, off);
        free(h);
    }
    if (made->mode == MODE_SIMPLEX) {
        double sum = 0, least = 0;
        for (size_t i = 0; i < taps; i++) {
            sum += found->kernel[i];
            least = fmin(least, found->kernel[i]);
        }
        expect(fabs(sum - 1) <= 1e-9 && least == 0, "%s: sum %.12g, smallest tap %g", name, sum,
               least);
        double violation = least_squares_simplex_violation(reference, found->kernel);
        expect(violation <= (on == CPU ? 1e-10 : 1e-4), "%s: off the optimum by %.3g", name,
               violation);
    }
}

/* Single precision has no normal numbers there, and OpenCL devices may take them for zero: an image
 * that is refused as constant. */
static bool may_be_flushed(const problem *made) {
    return made->kind == KIND_DENORMAL;
}

/* A sample is rejected or not, and others follow it: of few samples, rounding decides. The kernels
 * are then those of different samples. */
static bool rejected_others(const answer *cpu, const answer *opencl) {
    return cpu->result.rejected != opencl->result.rejected;
}

/* Where the kernel is determined worse than that, single precision shows: by more than a thousandth
 * only with a warning. */
static void check_agreement(const answer *cpu, const answer *opencl, const problem *made,
                            double condition) {
    if (may_be_flushed(made))
        return;
    if ((cpu->code == CKN_OK) != (opencl->code == CKN_OK)) {
        expect(false, "one device refuses, the other one does not: cpu '%s', opencl '%s'",
               cpu->code ? cpu->error.message : "", opencl->code ? opencl->error.message : "");
        return;
    }
    if (cpu->code != CKN_OK || rejected_others(cpu, opencl))
        return;
    const size_t taps = ckn_shape_count(made->h_shape);
    double off = difference(opencl->kernel, cpu->kernel, taps);
    bool told = condition >= WELL_CONDITIONED && (cpu->warned || opencl->warned);
    double allowed = condition < WELL_CONDITIONED ? 1e-4 : 1e-3;
    expect(off <= allowed || told, "the devices differ by %.3g, condition %.3g, %s", off, condition,
           cpu->warned || opencl->warned ? "a warning" : "no warning");
}

static void check_problem(uint64_t seed) {
    problem made = problem_make(seed);
    current = &made;
    const size_t taps = ckn_shape_count(made.h_shape);
    least_squares reference = least_squares_of(&made);
    answer found[DEVICES];
    bool good = true;
    for (int on = 0; on < DEVICES; on++) {
        found[on] = solve((device)on, &made);
        if (check_answer(&found[on], (device)on, taps)) {
            check_residual(&found[on], (device)on, &made, &reference);
            check_minimum(&found[on], (device)on, &made, &reference);
        } else {
            good = good && found[on].code != CKN_OK;
        }
    }
    if (good)
        check_agreement(&found[CPU], &found[OPENCL], &made, reference.condition);
    for (int on = 0; on < DEVICES; on++)
        free(found[on].kernel);
    least_squares_release(&reference);
    problem_release(&made);
}

static void test_random_problems(void **state) {
    (void)state;
    for (size_t i = 0; i < problem_count; i++)
        check_problem(first_problem + i);
    if (finds)
        ckn_test_fail("%zu finds in %zu problems; repeat one with: test_properties 1 NUMBER", finds,
                      problem_count);
}

static int open_contexts(void **state) {
    (void)state;
    signal(SIGALRM, on_alarm);
    for (int on = 0; on < DEVICES; on++) {
        ckn_context_options options;
        ckn_context_options_init(&options);
        options.device = device_names[on];
        options.log = on_log;
        TRY_OK(ckn_context_create(&options, &contexts[on], &error));
    }
    return 0;
}

static int close_contexts(void **state) {
    (void)state;
    for (int on = 0; on < DEVICES; on++)
        ckn_context_destroy(contexts[on]);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        first_problem = strtoul(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_problems)};
    return cmocka_run_group_tests(tests, open_contexts, close_contexts);
}
