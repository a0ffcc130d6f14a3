/* clkernest: the convolution kernel between two images, and Gaussian blur by extended boxes.
 *
 * This is the whole public interface. In one paragraph: create a context for a device, describe
 * your images as views (nothing is copied until a call needs it), call ckn_estimate(),
 * ckn_apply() or ckn_blur(), read the result, destroy the context.
 *
 * Conventions
 *   - Images are planes of rows x cols samples. A colour image is several planes.
 *   - The convolution is the true one, the kernel is not flipped by the caller:
 *     y = h * x equals scipy.signal.convolve2d(x, h, mode).
 *   - 'valid' support: x of M x N and h of k x l give y of (M-k+1) x (N-l+1).
 *   - 'same' support starts at row (k-1)/2, column (l-1)/2 of the full convolution (integer
 *     division), as in scipy.signal.
 *
 * Errors: every function that can fail returns a ckn_code and takes a ckn_error, which may be NULL,
 * for a message that says what to do. The library never prints, exits or aborts. On failure no
 * object is created and outputs are unspecified but safe to free or overwrite.
 *
 * Threads: contexts are independent; different contexts may be used by different threads at the
 * same time. One context, and the plans made from it, must be used by one thread at a time.
 * Functions without a context argument may be called from any thread.
 *
 * OpenBLAS has one pool of threads for the whole process, which several callers fight for. While
 * more than one thread estimates here, OpenBLAS is set to compute in the calling thread
 * (openblas_set_num_threads(1)); its setting comes back when one is left. The last digits of a
 * result may then differ from those of a run alone. A host program that calls OpenBLAS itself at
 * the same time computes in its own thread for as long; it must not change the setting meanwhile.
 *
 * What the process shares: on OpenCL, contexts on one device share a cl_context, and clFFT's state
 * is global; it is set up with the first transform and torn down with the last context, which ends
 * the plans of a host program that uses clFFT itself. clFFT keeps a cl_context that it has used.
 * FFTW's planner is locked against our own threads only: a program that plans FFTW transforms in
 * another thread calls fftw_make_planner_thread_safe().
 *
 * Ownership: destroy what a *_create function gave you, plans before their context. Destroying
 * NULL is allowed. Views never take ownership.
 */
#ifndef CLKERNEST_H
#define CLKERNEST_H

#include <stddef.h>

#define CKN_VERSION_MAJOR 0
#define CKN_VERSION_MINOR 1
#define CKN_VERSION_PATCH 0
#define CKN_VERSION "0.1.0"

#if defined(_WIN32)
#if defined(CKN_BUILD_SHARED)
#define CKN_API __declspec(dllexport)
#else
#define CKN_API
#endif
#else
#define CKN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ status */

typedef enum ckn_code {
    CKN_OK = 0,
    CKN_ERROR_ARGUMENT,    /* a value that the caller gave is out of range or contradictory */
    CKN_ERROR_DATA,        /* the image data do not allow an answer (NaN, constant image, ...) */
    CKN_ERROR_MEMORY,      /* host or device memory is exhausted */
    CKN_ERROR_DEVICE,      /* the device asked for is not there */
    CKN_ERROR_OPENCL,      /* an OpenCL or clFFT call failed */
    CKN_ERROR_UNSUPPORTED, /* not built in, or the device cannot do it */
    CKN_ERROR_FILE,        /* a file could not be read or written */
    CKN_ERROR_CANCELLED,   /* a progress callback asked to stop */
    CKN_ERROR_INTERNAL     /* a defect of clkernest: please report it */
} ckn_code;

typedef struct ckn_error {
    ckn_code code;
    char message[1024]; /* one line, without a line break at its end */
} ckn_error;

/* A short English name of `code` ("argument", "opencl", ...). Never NULL, static storage. */
CKN_API const char *ckn_code_name(ckn_code code);

/* The version of the library that is running, as "major.minor.patch". Static storage. */
CKN_API const char *ckn_version(void);

/* ------------------------------------------------------------------- views */

/* The integers are for images that are blurred (ckn_image); planes and kernels are real. */
typedef enum ckn_type { CKN_FLOAT32 = 0, CKN_FLOAT64 = 1, CKN_UINT8 = 2, CKN_UINT16 = 3 } ckn_type;

/* A plane to read. Sample (r, c) stands at data[r * row_stride + c * col_stride], strides counted
 * in samples; an interleaved RGB image is three views with col_stride 3. */
typedef struct ckn_view {
    const void *data;
    ckn_type type;
    size_t rows, cols;
    ptrdiff_t row_stride, col_stride;
} ckn_view;

/* A plane to write, laid out like a ckn_view. */
typedef struct ckn_output {
    void *data;
    ckn_type type;
    size_t rows, cols;
    ptrdiff_t row_stride, col_stride;
} ckn_output;

/* Views of densely packed row-major planes. */
CKN_API ckn_view ckn_view_f32(const float *data, size_t rows, size_t cols);
CKN_API ckn_view ckn_view_f64(const double *data, size_t rows, size_t cols);
CKN_API ckn_output ckn_output_f32(float *data, size_t rows, size_t cols);
CKN_API ckn_output ckn_output_f64(double *data, size_t rows, size_t cols);

/* ----------------------------------------------------------------- devices */

typedef enum ckn_device_kind {
    CKN_DEVICE_CPU_BACKEND = 0, /* the built-in CPU implementation, no OpenCL */
    CKN_DEVICE_OPENCL_GPU,
    CKN_DEVICE_OPENCL_CPU,
    CKN_DEVICE_OPENCL_OTHER
} ckn_device_kind;

typedef struct ckn_device_info {
    ckn_device_kind kind;
    size_t index; /* the INDEX of "opencl:INDEX"; 0 for the CPU backend */
    char name[256];
    char vendor[128];
    char platform[128];
    char version[128]; /* OpenCL version of the device, or the CPU backend's FFT */
    char driver[128];
    size_t global_memory;  /* bytes */
    size_t max_allocation; /* bytes */
    size_t local_memory;   /* bytes a work-group; 0 for the CPU backend */
    size_t max_work_group; /* work-items; 0 for the CPU backend */
    size_t compute_units;  /* or threads */
    int fp64;              /* non-zero where the device computes in double precision */
} ckn_device_info;

/* Lists all usable OpenCL devices. A broken platform is left out and described in `*warnings`
 * (a malloc'ed text of one line each, or NULL; may itself be NULL if not wanted). No OpenCL
 * platform at all is no error: *count is 0. Free both with ckn_free(). */
CKN_API ckn_code ckn_devices_list(ckn_device_info **devices, size_t *count, char **warnings,
                                  ckn_error *error);

/* Frees memory that the library allocated for the caller. NULL is allowed. */
CKN_API void ckn_free(void *pointer);

/* ---------------------------------------------------------------- contexts */

typedef enum ckn_log_level { CKN_LOG_WARNING = 0, CKN_LOG_INFO, CKN_LOG_VERBOSE } ckn_log_level;

/* Receives one line of text without a line break. Called from the thread that called the library.
 */
typedef void (*ckn_log_fn)(void *user, ckn_log_level level, const char *message);

typedef struct ckn_context_options {
    const char *device;     /* "auto", "cpu", "opencl", "opencl:INDEX" or part of an OpenCL device's
                             * name; NULL: CLKERNEST_DEVICE from the environment, else "auto" */
    const char *kernel_dir; /* folder whose *.cl replace the embedded ones; NULL:
                             * CLKERNEST_KERNEL_DIR from the environment, else the embedded ones */
    const char *cache_dir;  /* folder of compiled programs, "" for none; NULL: CLKERNEST_CACHE_DIR,
                             * else $XDG_CACHE_HOME/clkernest, else $HOME/.cache/clkernest. Not used,
                             * which the log says, where others than the user and root could have
                             * written to it */
    int threads;            /* of the CPU backend; 0: OpenMP's default */
    ckn_log_fn log;         /* may be NULL */
    void *log_user;
} ckn_context_options;

typedef struct ckn_context ckn_context;

CKN_API void ckn_context_options_init(ckn_context_options *options);

/* Opens a device. "auto" takes the first OpenCL GPU, else the CPU backend; every other choice is
 * taken literally, and CKN_ERROR_DEVICE says what is missing. `options` may be NULL. */
CKN_API ckn_code ckn_context_create(const ckn_context_options *options, ckn_context **context,
                                    ckn_error *error);
CKN_API void ckn_context_destroy(ckn_context *context);

/* What the context runs on. */
CKN_API void ckn_context_device(const ckn_context *context, ckn_device_info *info);

/* Logs at CKN_LOG_VERBOSE what ran so far: on OpenCL the number of launches of each kernel. */
CKN_API void ckn_context_log_statistics(ckn_context *context);

/* ---------------------------------------------------------------- progress */

typedef enum ckn_phase {
    CKN_PHASE_SETUP = 0, /* compiling, planning, allocating; once */
    CKN_PHASE_LIPSCHITZ, /* one call per power iteration */
    CKN_PHASE_FACTOR,    /* EXACT and NNLS: one call before and after each factorisation */
    CKN_PHASE_ITERATE,   /* one call per iteration of the solver */
    CKN_PHASE_SHIFT,     /* the displacement of the pair is sought; one call per pair */
    CKN_PHASE_SUPPORT,   /* the size of the kernel is sought: `iteration` is the trial */
    CKN_PHASE_CLIPPING,  /* clipped samples and outliers are sought */
    CKN_PHASE_SELECT,    /* one call per fit on the way to a prior and its weight */
    CKN_PHASE_ERRORS,    /* standard errors */
    CKN_PHASE_FAMILIES,  /* named kernels */
    CKN_PHASE_VERDICT,   /* the residual is judged */
    CKN_PHASE_CONVOLVE   /* ckn_apply_with() and blurs: before, and after each part of the image */
} ckn_phase;

typedef struct ckn_progress {
    ckn_phase phase;
    size_t iteration;                /* done so far in this phase */
    size_t iterations;               /* at most; 0 where it is not known */
    size_t kernel_rows, kernel_cols; /* of the trial, in CKN_PHASE_SUPPORT; else 0 */
    /* The following are set in CKN_PHASE_ITERATE only; they describe the kernel after `iteration`
     * iterations, so that iteration 0 is the start. */
    double objective;     /* 1/2 sum r^2, and the prior's term where there is one */
    double residual_norm; /* sqrt(2 objective) */
    double step;          /* step size */
    int restarted;        /* the momentum was restarted after this iteration */
} ckn_progress;

/* Returns non-zero to cancel: the running call then returns CKN_ERROR_CANCELLED. */
typedef int (*ckn_progress_fn)(void *user, const ckn_progress *progress);

/* ---------------------------------------------------------------- estimate */

/* One image and its convolved version. `blurred` has the valid size for the kernel or the size of
 * `sharp` ('same': it is then cropped to the valid part, from row k/2 and column l/2 on, so that no
 * invented border enters the fit). Pairs may differ in size.
 *
 * Weights say what counts; views that are not set (data NULL) mean: everything, alike. Those of
 * `blurred`, of its size, are inverse variances up to a common factor, 0 where a sample is masked.
 * Those of `sharp`, of its size, are 0 where a sample is masked, which takes every window of the
 * kernel's size that touches it out of the fit, and anything else where it is not. Masked samples
 * may be NaN or infinite. Not for the division, nor the engine TOEPLITZ. */
typedef struct ckn_pair {
    ckn_view sharp;
    ckn_view blurred;
    ckn_view sharp_weights;
    ckn_view blurred_weights;
} ckn_pair;

/* With X the map h -> h * x over the valid support, the statistics G = X'X, b = X'y and y'y hold
 * all that least squares can know of the images. They take about the time of one gradient. */
typedef enum ckn_solver {
    CKN_SOLVER_AUTO = 0, /* EXACT or NNLS where the statistics fit in memory, else CG or FISTA */
    CKN_SOLVER_EXACT, /* the least-squares answer, or that with a quadratic prior: one factorisation
                         of G */
    CKN_SOLVER_NNLS,  /* the non-negative answer, or that on the simplex: active set on G */
    CKN_SOLVER_FISTA, /* Beck & Teboulle 2009, adaptive restart of O'Donoghue & Candes 2015 */
    CKN_SOLVER_GD,    /* (projected) gradient descent */
    CKN_SOLVER_CG,    /* preconditioned conjugate gradients: unconstrained, kernels of any size */
    CKN_SOLVER_DIVISION /* Y conj(X) / (|X|^2 + epsilon): exact for periodic images only */
} ckn_solver;

typedef enum ckn_engine {
    CKN_ENGINE_AUTO = 0, /* the one whose predicted time is shortest */
    CKN_ENGINE_GRAM,     /* on the statistics: an iteration costs nothing of the image */
    CKN_ENGINE_DIRECT,   /* sums over the image: cost grows with the kernel's area */
    CKN_ENGINE_FFT,      /* frequency domain: cost hardly depends on the kernel */
    CKN_ENGINE_TOEPLITZ  /* correlations and the image's border: for large kernels on larger images.
                          * CPU backend only; not for NNLS, EXACT and ckn_apply() */
} ckn_engine;

typedef enum ckn_constraint {
    CKN_CONSTRAINT_NONE = 0, /* signed kernels allowed; NNLS then means NONNEG */
    CKN_CONSTRAINT_NONNEG,   /* h >= 0 */
    CKN_CONSTRAINT_SIMPLEX,  /* h >= 0 and sum h = 1 */
    CKN_CONSTRAINT_AUTO      /* NONNEG, unless the data say that taps are negative (solver AUTO);
                              * NONNEG for NNLS, else NONE */
} ckn_constraint;

/* What is known of the kernel beforehand: a term that is added to the objective. Taps outside the
 * kernel count as zero in the differences. */
typedef enum ckn_prior {
    CKN_PRIOR_NONE = 0,
    CKN_PRIOR_RIDGE,   /* lambda/2 mean(diag G) ||h||^2: small taps */
    CKN_PRIOR_SMOOTH1, /* the same of all first differences of h, along x and along y */
    CKN_PRIOR_SMOOTH2, /* the same of all second differences, the mixed ones twice */
    CKN_PRIOR_L1,      /* lambda max |b| sum |h|: few taps */
    CKN_PRIOR_TV,      /* the same of all first differences: flat parts with edges */
    CKN_PRIOR_AUTO     /* solver AUTO: NONE, or the prior that predicts best, with its
                        * weight; NONE for a solver or an engine that is named, and for kernels so
                        * large that the choice would take long */
} ckn_prior;

/* How the weight of a prior is found. All but GIVEN work on the statistics (solver AUTO, EXACT or
 * NNLS) and do not touch the images. */
typedef enum ckn_lambda_rule {
    CKN_LAMBDA_AUTO = 0,   /* options.lambda where that is not 0, else GCV */
    CKN_LAMBDA_GIVEN,      /* options.lambda */
    CKN_LAMBDA_GCV,        /* generalised cross-validation */
    CKN_LAMBDA_DISCREPANCY /* as much as leaves the residual at what noise alone makes of it */
} ckn_lambda_rule;

/* What BLURRED holds beside h * x, for every pair (every channel is one): terms that are fitted
 * with the kernel and taken out of the normal equations. They need the statistics: not with the
 * engines DIRECT, FFT and TOEPLITZ, nor with the division, where AUTO means NONE. */
typedef enum ckn_background {
    CKN_BACKGROUND_AUTO = 0, /* CONSTANT where an F-test of the unconstrained fit is sure of it (one
                              * false alarm in 10^4) and it is more than rounding; else NONE */
    CKN_BACKGROUND_NONE,
    CKN_BACKGROUND_CONSTANT,
    CKN_BACKGROUND_PLANE /* a constant and slopes along rows and columns */
} ckn_background;

/* Exposures: y ~ gain (h * x) + background, with a gain for every pair (every channel is one). The
 * first gain is 1, or on the simplex the sum of h; error bars are those given the gains. */
typedef enum ckn_gain {
    CKN_GAIN_NONE = 0, /* they are all 1 */
    CKN_GAIN_FIT
} ckn_gain;

typedef struct ckn_estimate_options {
    size_t kernel_rows, kernel_cols; /* k x l, both at least 1 */
    ckn_solver solver;
    ckn_engine engine;
    ckn_constraint constraint;
    size_t iterations; /* at most */
    double tolerance;  /* see ckn_stop_reason; 0 switches both rules off */
    double step;       /* 0: 1/L, L by power iteration */
    int restart;       /* non-zero: adaptive restart (FISTA) */
    double epsilon;    /* of the division, relative to the mean of |X|^2 */
    ckn_prior prior;   /* works on the statistics: not with the engines DIRECT and FFT */
    ckn_lambda_rule lambda_rule;
    double lambda;            /* the weight of the prior */
    double inflation;         /* of the noise's variance, where sign, prior and weight are chosen:
                               * above 1 for residuals that are more than white noise, as those of
                               * lossy files are (quasi-likelihood: Burnham & Anderson, Model
                               * Selection and Multimodel Inference, 2002, section 2.5); 0: 1,
                               * or what loss_sigma asks for */
    double loss_sigma;        /* at most so much RMS of the samples, in units of `blurred`, are
                               * losses of compression (infinite: not known), which are no white
                               * noise: inflation is made from it where that is 0 */
    double gap;               /* FISTA and GD stop at this duality gap (see the result); 0: never */
    size_t memory_limit;      /* bytes that the statistics may take; 0: half of the machine's */
    ckn_progress_fn progress; /* may be NULL */
    void *progress_user;
    /* Fitted with the kernel; works on the statistics, like the prior. */
    ckn_background background;
    ckn_gain gain; /* on the statistics, too */
    /* Non-zero: samples of the blurred images that are no noise (moving objects, cosmic rays) are
     * found by Huber's estimate and four-sigma clipping, and left out. On the statistics, too. */
    int robust;
} ckn_estimate_options;

typedef enum ckn_stop_reason {
    CKN_STOP_ITERATIONS = 0,   /* the limit was reached before any rule held */
    CKN_STOP_KERNEL_CHANGE,    /* ||h - h_prev|| <= tolerance ||h||, five times in a row */
    CKN_STOP_OBJECTIVE_CHANGE, /* |f - f_prev| <= tolerance^2 f, five times in a row */
    CKN_STOP_EXACT_FIT,        /* the residual is zero: nothing is left to improve */
    CKN_STOP_CLOSED_FORM,      /* the solver does not iterate (exact, division) */
    CKN_STOP_OPTIMAL,          /* the active set is optimal (nnls) */
    CKN_STOP_GAP,              /* the duality gap is at most options.gap */
    CKN_STOP_GRADIENT          /* the preconditioned ||G h - b|| is at most tolerance ||b|| (cg) */
} ckn_stop_reason;

typedef struct ckn_estimate_result {
    ckn_solver solver;         /* never CKN_SOLVER_AUTO */
    ckn_engine engine;         /* never CKN_ENGINE_AUTO */
    ckn_constraint constraint; /* never CKN_CONSTRAINT_AUTO */
    ckn_prior prior;           /* never CKN_PRIOR_AUTO */
    double lambda;             /* of the prior; 0 without one */
    double inflation;   /* of the noise's variance, with which prior and weight were chosen */
    double sign_excess; /* what spoke for negative taps: by how many standard deviations the
                         * squared residual of h >= 0 exceeds what noise makes of it; above
                         * 5 the constraint is NONE. NaN where it was not asked */
    ckn_background background; /* never CKN_BACKGROUND_AUTO; see ckn_estimate_plan_pair() */
    size_t rejected;           /* samples that a robust fit left out, beside masked ones */
    size_t robust_iterations;  /* of Huber's estimate, and rounds of clipping */
    size_t iterations;
    size_t restarts;
    int converged; /* a rule other than the iteration limit ended it */
    ckn_stop_reason stop_reason;
    double objective;     /* 1/2 sum r^2 with r = h * x - y over the valid support of all pairs */
    double residual_norm; /* sqrt(sum r^2) */
    double residual_rms;  /* sqrt(sum r^2 / count); with weights, of mean 1, r^2 stands for w r^2 */
    double psnr;          /* dB, 20 log10(max |y| / residual_rms) */
    size_t count;         /* samples in the valid support of all pairs, but for masked ones */
    double lipschitz;     /* 0 where it was not needed */
    double step;          /* 0 where no step was taken */
    /* The certificate of optimality, of the objective with its prior. */
    double kkt_residual; /* of the statistics as they were computed, up to rounding: largest entry
                          * of rho (h - project(h - grad/rho)), rho = mean(diag G), divided by that
                          * of b; the gradient's own without a constraint */
    double duality_gap;  /* likewise, a bound of f(h) - min f, divided by f(0) = 1/2 ||y||^2. On the
                          * simplex y and b are those of images less a large common pedestal. NaN
                          * where there is none: the statistics do not fit in memory, would take
                          * longer than the solve, or do not determine h */
    size_t rank;         /* of G, 0 where not determined; below k l the answer of EXACT is the one
                          * of minimum norm, unless it has a prior */
    double condition;    /* condition number of G; with the prior where neither it, nor its weight,
                          * nor the constraint was left to the data. An estimate within a factor of
                          * a few; infinite where G is singular, NaN where not determined */
    double seconds_statistics; /* part of seconds_compute */
    double seconds_setup;      /* of the plan: compiling, planning, allocating */
    double seconds_upload, seconds_compute, seconds_download; /* device finished at each end */
} ckn_estimate_result;

CKN_API void ckn_estimate_options_init(ckn_estimate_options *options);
CKN_API const char *ckn_solver_name(ckn_solver solver);
CKN_API const char *ckn_engine_name(ckn_engine engine);
CKN_API const char *ckn_constraint_name(ckn_constraint constraint);
CKN_API const char *ckn_prior_name(ckn_prior prior);
CKN_API const char *ckn_lambda_rule_name(ckn_lambda_rule rule);
CKN_API const char *ckn_background_name(ckn_background background);
CKN_API const char *ckn_stop_reason_name(ckn_stop_reason reason);

/* A plan holds everything that depends on sizes and options alone, so that many pairs of the same
 * sizes can be solved one after another without compiling, planning or allocating again. */
typedef struct ckn_estimate_plan ckn_estimate_plan;

/* Of `pairs` only sizes are used here, and weights, whose number of masked samples tells what will
 * be fastest; pairs that have weights in a run have some here. The plan keeps no reference to
 * `options` or `pairs`. */
CKN_API ckn_code ckn_estimate_plan_create(ckn_context *context, const ckn_estimate_options *options,
                                          const ckn_pair *pairs, size_t pair_count,
                                          ckn_estimate_plan **plan, ckn_error *error);

/* Estimates one kernel for all pairs together. `kernel` must be k x l. `result` may be NULL.
 * `reconvolved`, which may be NULL, is an array of pair_count outputs of the valid size that
 * receive h * x (with the background); an element whose data is NULL is skipped. */
CKN_API ckn_code ckn_estimate_plan_run(ckn_estimate_plan *plan, const ckn_pair *pairs,
                                       size_t pair_count, ckn_output kernel,
                                       const ckn_output *reconvolved, ckn_estimate_result *result,
                                       ckn_error *error);
/* What was fitted to one pair beside the kernel:
 *   y ~ gain (h * x) + constant + slope_x (col - (Q-1)/2) + slope_y (row - (P-1)/2)
 * over the valid support of P x Q samples; 0 where there is no such term. */
typedef struct ckn_pair_fit {
    double gain; /* 1 where none was fitted */
    double constant;
    double slope_x, slope_y; /* per pixel, along columns and along rows */
    size_t count;            /* samples that were fitted: neither masked nor rejected */
} ckn_pair_fit;

/* Of pair `index`, after a successful run and before the next. CKN_ERROR_ARGUMENT before that, and
 * where there is no such pair. */
CKN_API ckn_code ckn_estimate_plan_pair(const ckn_estimate_plan *plan, size_t index,
                                        ckn_pair_fit *fit, ckn_error *error);
/* Standard errors of the kernel of the last run, for independent noise of equal variance in the
 * blurred images: sigma^2 = sum r^2 / (count - degrees of freedom), the covariance of the taps
 * sigma^2 inv(G). Under a constraint, taps at zero are held there (and the sum, on the simplex):
 * these are errors given the set of non-zero taps. With a prior, the errors round the mean of the
 * biased estimate, whose bias is part of sigma. They are those of the minimum: a solver that
 * stopped long before it leaves more residual than noise (see duality_gap). With L1 they are those
 * given the taps that it keeps; TV has none but the noise. Figures that do not exist are NaN. */
typedef struct ckn_uncertainty {
    double noise_sigma; /* standard deviation of the noise in a sample of a blurred image; with
                         * weights in one of the mean weight */
    double degrees_of_freedom; /* taps and background terms that were fitted: trace of the hat
                                * matrix */
    double sum;                /* standard errors of the figures of the kernel, in their units */
    double centroid_x, centroid_y;
    double fwhm_x, fwhm_y; /* NaN also where the largest tap stands out by less than 3 standard
                            * errors from another one: had the noise moved it, these would not
                            * hold */
} ckn_uncertainty;

/* After a successful run and before the next: `taps` receives the standard error of every tap
 * (k x l; data may be NULL: not wanted, and much cheaper). CKN_ERROR_DATA where the pairs do not
 * determine the kernel, CKN_ERROR_MEMORY where the statistics do not fit, CKN_ERROR_ARGUMENT for
 * the division, which is no least-squares fit, and before the first run. */
CKN_API ckn_code ckn_estimate_plan_uncertainty(ckn_estimate_plan *plan, ckn_output taps,
                                               ckn_uncertainty *uncertainty, ckn_error *error);
/* A fit that was made on the way to the choice of a prior and its weight. */
typedef struct ckn_trial {
    ckn_constraint constraint;
    ckn_prior prior;
    double lambda;             /* 0 without a prior */
    double residual_norm;      /* sqrt(sum r^2) */
    double degrees_of_freedom; /* trace of the hat matrix on the taps that are not held at zero */
    double score; /* generalised cross-validation: n sum r^2 / (n - df)^2, the square of
                   * the error to expect of a sample that the fit has not seen */
    int chosen;
} ckn_trial;

/* The fits of the last run, in the order in which they were made; none where nothing was chosen.
 * *trials belongs to the plan and is valid until its next run. */
CKN_API void ckn_estimate_plan_trials(const ckn_estimate_plan *plan, const ckn_trial **trials,
                                      size_t *count);

/* What the residual r = h * x - y of a run says about the fit: independent noise of one strength is
 * white and normal. With weights it is r times their roots, without what is masked. Of planes above
 * 1024 x 1024, the middle is looked at. */
typedef struct ckn_residual_quality {
    double correlation;   /* the one of largest magnitude between r and r some samples away, up to 3
                           * along each axis; its mean is not taken out, so that a background shows */
    int lag_x, lag_y;     /* that distance */
    double whiteness;     /* mean over these 24 lags of count correlation^2: near 1 where white */
    double kurtosis;      /* in excess of the normal distribution's */
    double outliers;      /* part of the samples beyond 6 robust deviations (1.4826 median |r|) */
    double outlier_share; /* what they hold of sum r^2 */
    double noise_reference; /* an independent estimate of the noise in y: 1.4826/6 of the median
                             * magnitude of its second differences along both axes, or what rounding
                             * leaves (step / sqrt 12) where that is more. Too high where y itself
                             * is rough from sample to sample */
    double chi_square; /* reduced: sum r^2 / ((count - taps) noise_reference^2); NaN where there
                        * is no noise. Well above 1: more is left than noise */
    double step;       /* between the values that samples of y take; 0 for real numbers */
    int rounding;      /* the residual is no more than rounding explains (0.6 steps, or 1e-6 of
                        * the largest sample); then the next two say that all is well */
    int white;         /* the largest correlation is no more than 0.05, or chance, explains */
    int heavy_tails;   /* outliers, less than a fifth of the samples, hold more than a fifth of sum
                        * r^2 */
} ckn_residual_quality;

/* After a successful run and before the next. One pass over the images; CKN_ERROR_ARGUMENT before
 * the first run, CKN_ERROR_DATA where all that is looked at is masked. */
CKN_API ckn_code ckn_estimate_plan_residual(ckn_estimate_plan *plan, ckn_residual_quality *quality,
                                            ckn_error *error);
CKN_API void ckn_estimate_plan_destroy(ckn_estimate_plan *plan);

/* Plan, run and destroy in one call. */
CKN_API ckn_code ckn_estimate(ckn_context *context, const ckn_estimate_options *options,
                              const ckn_pair *pairs, size_t pair_count, ckn_output kernel,
                              ckn_estimate_result *result, ckn_error *error);

/* ------------------------------------------------------- where the kernel lies */

/* A rectangle of taps in the coordinates of a pair: y[p] = sum over d of h[d] x[p - d], where tap
 * (i, j) of rows x cols has the displacement (i - (rows-1)/2 + row_offset, j - (cols-1)/2 +
 * col_offset), in whole pixels. Sample (0, 0) of a blurred image of the size of the sharp one lies
 * on its (0, 0); that of a smaller one where the 'valid' convolution starts: at half the difference
 * of sizes (rounded up). */
typedef struct ckn_frame {
    size_t rows, cols;
    ptrdiff_t row_offset, col_offset;
} ckn_frame;

/* `*cut` = the largest parts of the pair (views into it, no copy) of which a kernel in this frame
 * is the whole valid convolution: sharp of p + rows - 1 x q + cols - 1 and blurred of p x q
 * samples, and weights with their images. A frame of 1 x 1 is a translation. CKN_ERROR_ARGUMENT for
 * an empty frame, a blurred image larger than the sharp one, and where nothing is left. */
CKN_API ckn_code ckn_pair_cut(const ckn_pair *pair, const ckn_frame *frame, ckn_pair *cut,
                              ckn_error *error);

typedef struct ckn_support_options {
    size_t first_rows, first_cols; /* the first guess; 0: 25 */
    size_t largest;                /* side of a kernel, at most a quarter of the smallest image is
                                    * taken in any case; 0: 61 */
    double penalty;                /* what a tap must lower the sum of squares by, in variances of
                                    * the noise, to be worth having; 0: 3. Akaike's criterion has
                                    * 2, Schwarz's log(samples) */
    size_t memory_limit;           /* bytes for the statistics; 0: half of the machine's */
    ckn_progress_fn progress;      /* may be NULL; CKN_PHASE_SUPPORT */
    void *progress_user;
} ckn_support_options;

/* A set of taps that was computed, and what was left of it. */
typedef struct ckn_support_step {
    ckn_frame tried, found;
    double noise_sigma; /* of the least-squares fit of all taps tried */
} ckn_support_step;

#define CKN_SUPPORT_STEPS 12

typedef struct ckn_support_result {
    ckn_frame frame;    /* the answer, of odd sides */
    double noise_sigma; /* standard deviation of the noise in a sample of a blurred image */
    int truncated;      /* taps at its border are still significant, but the limit was reached */
    size_t step_count;
    ckn_support_step steps[CKN_SUPPORT_STEPS];
} ckn_support_result;

CKN_API void ckn_support_options_init(ckn_support_options *options);

/* The smallest rectangle of taps that the pairs give reason for, for one kernel of all of them.
 * The first guess, centred at 0, grows while its outer lines of taps lower the sum of squares of a
 * least-squares fit (with a constant background in each image) by more than the penalty; then it
 * shrinks from each side by itself while they do not. One computation of statistics serves all
 * rectangles inside a frame. CKN_ERROR_DATA and CKN_ERROR_MEMORY as for an estimate;
 * CKN_ERROR_ARGUMENT as for ckn_pair_cut(). */
CKN_API ckn_code ckn_find_support(ckn_context *context, const ckn_support_options *options,
                                  const ckn_pair *pairs, size_t pair_count,
                                  ckn_support_result *result, ckn_error *error);

typedef struct ckn_shift {
    double row, col;     /* pixels: blurred[p] resembles sharp[p - shift] */
    double significance; /* of the peak: its height in standard deviations of all values */
    int found; /* the peak is significant, unique, and confirmed on the overlap; else the shift is
                * 0 */
} ckn_shift;

/* The translation between the two images of a pair, of up to about a third of their sides: the
 * peak of the cross-spectrum of images that fade to their mean at the borders, whitened by rings of
 * equal frequency, less what a blur has left to the noise. (Phase correlation, Kuglin & Hines 1975,
 * whitens every frequency by itself, those too where noise alone is left.) Peaks are confirmed on
 * the overlap that they leave. Images of less than 16 samples a side and of one value, periodic
 * textures and unrelated pictures have none; images of more than 512 are averaged over squares,
 * which the shift is then known to a part of only. CKN_ERROR_UNSUPPORTED in a build without FFTW
 * on the CPU backend; otherwise errors as for ckn_pair_cut(), and CKN_ERROR_DATA for samples that
 * are not finite. */
CKN_API ckn_code ckn_find_shift(ckn_context *context, const ckn_pair *pair, ckn_shift *shift,
                                ckn_error *error);

/* Figures of a kernel. Coordinates: x along columns, y along rows, (0, 0) the first tap. Moments
 * are those of h / sum h; where they do not exist (negative variance of a signed kernel) the figure
 * is NaN, and so are all but sum, minimum and maximum where taps of both signs cancel: where |sum
 * h| is less than half of the sum of |h|. */
typedef struct ckn_kernel_figures {
    double sum, minimum, maximum;
    double centroid_x, centroid_y;
    double std_x, std_y;         /* standard deviations along x and y, in pixels */
    double std_major, std_minor; /* along the principal axes */
    double orientation;          /* degrees in (-90, 90]: from +x towards +y (downwards) */
    double fwhm_x, fwhm_y;       /* full width at half maximum through the largest tap, linearly
                                  * interpolated; NaN where a side does not fall below half */
    double ellipticity;          /* 1 - std_minor / std_major: 0 where it is round, 1 for a line */
} ckn_kernel_figures;

CKN_API ckn_code ckn_kernel_figures_compute(ckn_view kernel, ckn_kernel_figures *figures,
                                            ckn_error *error);

/* ------------------------------------------------------------------- diagnosis */

/* What can be wrong with a pair before any kernel is sought; see ckn_pair_diagnosis. */
typedef enum ckn_pair_warning {
    CKN_PAIR_SHARP_CLIPPED = 1,   /* at least 0.2 % of the samples were cut off at a limit */
    CKN_PAIR_BLURRED_CLIPPED = 2, /* likewise */
    CKN_PAIR_GAIN = 4,            /* `gain` is off 1, by more than 4 % and five of its errors */
    CKN_PAIR_OFFSET = 8,    /* `offset` is off 0 by 3 % of the sharp image's deviation and five
                             * of its errors */
    CKN_PAIR_SHARPER = 16,  /* `detail_ratio` is above 1.3: images swapped, or a filter that
                             * sharpens */
    CKN_PAIR_SMOOTH = 32,   /* the kernel passes detail finer than the sharp image has */
    CKN_PAIR_IDENTICAL = 64 /* the blurred image is the sharp one */
} ckn_pair_warning;

/* Figures of one image. */
typedef struct ckn_image_diagnosis {
    double count; /* of the samples that are not masked; all below is of these */
    double minimum, maximum, mean;
    double deviation;   /* standard deviation of the samples */
    double at_minimum;  /* part of the samples that are exactly the smallest one, 0 to 1 */
    double at_maximum;  /* likewise, the largest one */
    double clipped_low; /* at_minimum where that looks cut off, else 0: more samples than any level
                         * beside it has, and those do not crowd towards the limit as smooth dark
                         * ground does. Of the blurred image only where the sharp one has detail
                         * there: ground at the limit stays there under blur */
    double clipped_high;
    double noise; /* standard deviation of white noise, by the median of a high-pass that
                   * smooth parts and edges hardly pass; fine texture counts as noise */
} ckn_image_diagnosis;

typedef struct ckn_pair_diagnosis {
    ckn_image_diagnosis sharp, blurred; /* of the blurred image its valid part */
    double gain, offset; /* blurred = gain * (h * sharp) + offset with sum h = 1: by the local means
                          * of both images, robustly. NaN where the images are too small or have no
                          * coarse structure */
    double gain_error, offset_error; /* standard errors */
    double
        detail_ratio; /* energy of the differences between neighbours in the blurred image, less
                       * its noise, over that in the sharp image; the largest of scales 1, 2, 4 */
    double band_x, band_y; /* highest frequency at which the sharp image has more than noise, along
                            * x and along y; cycles per pixel, at most 0.5. NaN: too small */
    double passed_x, passed_y; /* |H| just below the end of that band, by what both images share
                                * there; NaN where they share nothing */
    int identical;
    unsigned warnings; /* a sum of ckn_pair_warning */
} ckn_pair_diagnosis;

/* Looks at a pair as ckn_estimate() takes it, with a kernel of this size: CPU only, no context; a
 * few passes over the images. What weights mask is left out; otherwise they are not used. May be
 * called from any thread. CKN_ERROR_ARGUMENT for sizes that do not fit, CKN_ERROR_DATA for NaN and
 * infinity, CKN_ERROR_MEMORY. */
CKN_API ckn_code ckn_diagnose_pair(const ckn_pair *pair, size_t kernel_rows, size_t kernel_cols,
                                   ckn_pair_diagnosis *diagnosis, ckn_error *error);

/* ------------------------------------------------------------------- curves */

/* Energy of a kernel within a circle round its centroid, sum h inside / sum h: a tap is a unit
 * square of even brightness. `energy` receives one number for each of `count` radii (pixels, not
 * negative). NaN where the kernel has no centroid (see ckn_kernel_figures); of a signed kernel it
 * may be negative, or above 1. */
CKN_API ckn_code ckn_kernel_encircled_energy(ckn_view kernel, const double *radii, size_t count,
                                             double *energy, ckn_error *error);

/* The modulation transfer function |FT h| / |sum h| at one frequency (cycles a pixel). */
typedef struct ckn_mtf {
    double x, y;   /* along columns and along rows */
    double radial; /* mean over all directions */
} ckn_mtf;

/* `mtf` receives one for each of `count` frequencies, by the definition, exactly (the mean over 64
 * directions of half a turn). NaN where the sum is 0. */
CKN_API ckn_code ckn_kernel_mtf(ckn_view kernel, const double *frequencies, size_t count,
                                ckn_mtf *mtf, ckn_error *error);

/* Figures of these two curves: how much detail the kernel leaves. */
typedef struct ckn_kernel_sharpness {
    double radius_50, radius_80, radius_90; /* the least that hold 50, 80 and 90 % of the energy */
    ckn_mtf mtf50; /* frequencies where the MTF first falls to 1/2, between 0 and 1/2 cycle a pixel,
                    * to 1e-6 of it; NaN where it does not, and where there is no centroid */
} ckn_kernel_sharpness;

CKN_API ckn_code ckn_kernel_sharpness_compute(ckn_view kernel, ckn_kernel_sharpness *sharpness,
                                              ckn_error *error);

/* ---------------------------------------------------- named kernels */

/* Kernels that have names. Areas are exact: a tap is the part of its pixel (a unit square round the
 * tap) that the shape covers. In the signed ones D is a single 1 at the centre. */
typedef enum ckn_family {
    CKN_FAMILY_GAUSSIAN = 0,       /* sigma; sampled at the taps. `variant`: 0, or the taps that a
                                    * square window leaves on each side of the centre */
    CKN_FAMILY_ELLIPTIC_GAUSSIAN,  /* sigma along `angle`, sigma_minor across; sampled */
    CKN_FAMILY_EXTENDED_BOX,       /* sigma, along x and y alike; see ckn_extended_box. `variant`:
                                    * passes, 1 to 1000 (fits: to 10) */
    CKN_FAMILY_DISC,               /* radius; areas: defocus */
    CKN_FAMILY_LINE,               /* length and angle, one pixel wide; areas: motion */
    CKN_FAMILY_DISPLACEMENT,       /* a single tap, shared out linearly among four where the centre
                                    * stands between taps; the identity is one of them */
    CKN_FAMILY_RECTANGLE,          /* width and height; areas: box filters */
    CKN_FAMILY_MOFFAT,             /* fwhm and beta above 1; sampled: stars */
    CKN_FAMILY_HALF_GAUSSIAN_LINE, /* sigma and angle: at whole steps from the centre on, with the
                                    * weights of a Gaussian. `variant`: 0, steps are shared out
                                    * linearly; 1, they are rounded to taps (ImageMagick) */
    CKN_FAMILY_UNSHARP,            /* gain D + amount (D - blur of sigma). `variant`: 0, a Gaussian;
                                    * else passes of an extended box, to 10 */
    CKN_FAMILY_LAPLACIAN,          /* gain D + amount (D - mean of neighbours). `variant`: a
                                    * ckn_stencil */
    CKN_FAMILY_DIFFERENCE_OF_GAUSSIANS, /* gain A + amount (A - B): A of sigma, B of sigma_minor */
    CKN_FAMILY_LAPLACIAN_OF_GAUSSIAN,   /* gain A + amount times the Laplacian of A, of sigma.
                                         * `variant`: 0, sampled; 1, by differences of taps */
    CKN_FAMILY_DERIVATIVE               /* gain D + amount times the derivative along `angle`.
                                         * `variant`: a ckn_stencil */
} ckn_family;
#define CKN_FAMILY_COUNT 14

/* Neighbours that small kernels use. */
typedef enum ckn_stencil {
    CKN_STENCIL_NONE = 0,
    CKN_STENCIL_CROSS,      /* Laplacian: 4 beside the centre */
    CKN_STENCIL_SQUARE,     /* all 8 alike */
    CKN_STENCIL_DIAGONAL,   /* 4 at the corners */
    CKN_STENCIL_CENTRAL,    /* derivative: the two neighbours along an axis; */
    CKN_STENCIL_PREWITT,    /* three rows of these, weights 1, 1, 1; */
    CKN_STENCIL_SOBEL,      /* 1, 2, 1; */
    CKN_STENCIL_SCHARR,     /* 3, 10, 3; */
    CKN_STENCIL_DIFFERENCE, /* centre less one of 8 neighbours, that nearest to `angle` */
    CKN_STENCIL_COUNT       /* not a stencil */
} ckn_stencil;

/* "cross", "square", "diagonal", "central", "prewitt", "sobel", "scharr", "difference"; "none".
 * Static storage. */
CKN_API const char *ckn_stencil_name(ckn_stencil stencil);

/* Of a kernel of any family; it uses some of them. Lengths in pixels. */
typedef struct ckn_family_parameters {
    double gain;               /* the sum of the taps */
    double center_x, center_y; /* (0, 0) is the first tap; also between taps. Extended boxes that
                                * stand between taps have their first pass there; stencils go to
                                * the nearest tap */
    double sigma, sigma_minor;
    double angle; /* degrees from +x towards +y (downwards); fits in (-90, 90], half-Gaussian lines
                   * and derivatives in (-180, 180] */
    double radius, length;
    double width, height; /* along x and along y */
    double fwhm, beta;    /* Moffat: (1 + r^2 / a^2)^-beta, fwhm = 2 a sqrt(2^(1/beta) - 1) */
    double amount;        /* of signed families; of a derivative: what a slope of 1 a pixel gives */
} ckn_family_parameters;

/* "gaussian", "elliptic-gaussian", "extended-box", "disc", "line", "displacement", "rectangle",
 * "moffat", "half-gaussian-line", "unsharp-mask", "laplacian", "difference-of-gaussians",
 * "laplacian-of-gaussian", "derivative". Static storage. */
CKN_API const char *ckn_family_name(ckn_family family);

/* The taps of such a kernel within a window, blurs scaled so that their sum there is 1. Parameters
 * that the family does not use are ignored, and so is `variant`. CKN_ERROR_ARGUMENT for sizes that
 * are not within (0, 1e5], for many passes of so large a sigma that passes times samples exceed
 * 2^25, and where no tap has weight. */
CKN_API ckn_code ckn_family_sample(ckn_family family, size_t variant,
                                   const ckn_family_parameters *value, ckn_output kernel,
                                   ckn_error *error);

/* Why a name holds. */
typedef enum ckn_family_ground {
    CKN_GROUND_NONE = 0, /* it does not */
    CKN_GROUND_NOISE,    /* chi_square is no more than 5 of its deviations above 1, or misfit at
                          * most 1e-5: noise explains all that it leaves */
    CKN_GROUND_MISFIT,   /* misfit is at most 0.3 %: a truncated or rounded kernel */
    CKN_GROUND_STEP      /* what it leaves is at most the step between the values of the blurred
                          * image, and misfit at most 3 % */
} ckn_family_ground;

/* The kernel of a family that fits the images best. */
typedef struct ckn_family_fit {
    ckn_family family;
    size_t variant; /* see ckn_family */
    int found;      /* 0: this family was not tried, or cannot be; nothing below holds */
    ckn_family_parameters value; /* NaN: not of this family */
    ckn_family_parameters error; /* standard errors; NaN: none, or the pairs do not determine it */
    size_t parameters;           /* that were fitted, passes among them */
    double chi_square; /* sum of squares above that of all taps free, over sigma^2 (K - parameters)
                        * with K taps: near 1 where the kernel is of this family */
    ckn_family_ground ground;
    int fits;    /* ground is not NONE */
    int refused; /* a size ran to the limit of its range or is smaller than its error, or a part of
                  * the kernel lies outside the window (1 %; Moffat 10 %): then the name does not
                  * hold, however small misfit */
    double misfit; /* what it leaves of h * x, relative: the root of that sum over |h * x|^2, where
                    * the mean brightness does not count as far as the statistics tell it */
    double score;  /* sum over sigma^2, and parameters ln n (Schwarz's criterion, of n samples) */
} ckn_family_fit;

/* After a successful run and before the next: the maximum-likelihood kernel of each family for the
 * pairs of that run, whatever its solver, constraint and prior were, with the same
 * background, gains and weights. The name that holds comes first: of those that noise allows, the
 * one with the smallest score; without these, of those that leave no more than twice the least
 * misfit, the one of fewest parameters. Where fits[0].fits is 0, the kernel has none of these
 * names. Standard errors rest on the assumptions of ckn_uncertainty, and on the family being the
 * right one. On the simplex with images on a large pedestal, and no background, the gain is 1.
 * Works on the statistics: about a third of a second for 1000 taps. `fits` has room for
 * CKN_FAMILY_COUNT; of a kernel of one row or column, only Gaussian, extended box and displacement
 * are tried. CKN_ERROR_DATA where the samples are no more than the taps, or the taps are fewer than
 * 5, CKN_ERROR_MEMORY where the statistics do not fit, CKN_ERROR_ARGUMENT for the division and
 * before the first run. */
CKN_API ckn_code ckn_estimate_plan_families(ckn_estimate_plan *plan, ckn_family_fit *fits,
                                            ckn_error *error);

/* Name and parameters in words: "Gaussian blur, sigma 1.997 +/- 0.0002", and, where the name holds
 * by its misfit, what that is. (origin_x, origin_y) is the tap that leaves a picture where it is;
 * `utf8` takes signs that ASCII lacks. `text` receives at most `size` bytes with the final 0; 200
 * hold every text. */
CKN_API void ckn_family_describe(const ckn_family_fit *fit, double origin_x, double origin_y,
                                 int utf8, char *text, size_t size);

/* ------------------------------------------------------------------ statistics */

/* All that least squares can know of pairs of images: for the taps of a frame, G = X'X, b = X'y and
 * y'y with X the map h -> h * x over all windows that count, and what a background needs. They have
 * the kernel's size, not the images'; they cost one pass; they add; and after them nothing touches
 * an image. An object never changes once it is made; several threads may read it. */
typedef struct ckn_statistics ckn_statistics;

/* Of the parts of the pairs that go with `frame` (ckn_pair_cut()), with their weights, which have
 * the mean 1 where they are not 0. `background` says which terms can be fitted later: NONE,
 * CONSTANT or PLANE, for each pair by itself. Images on a pedestal of more than 10^4 times their
 * detail lose digits: take it off them first. Destroy with ckn_statistics_destroy(). Errors as for
 * an estimate. */
CKN_API ckn_code ckn_statistics_create(ckn_context *context, const ckn_pair *pairs,
                                       size_t pair_count, const ckn_frame *frame,
                                       ckn_background background, ckn_statistics **statistics,
                                       ckn_error *error);
CKN_API void ckn_statistics_destroy(ckn_statistics *statistics); /* NULL allowed */

CKN_API ckn_frame ckn_statistics_frame(const ckn_statistics *statistics);
/* Samples of blurred images in them. */
CKN_API size_t ckn_statistics_count(const ckn_statistics *statistics);

/* *sum = those of the pairs of both: strips of one image that share no window, frames of a stream,
 * channels, exposures. The same frame and background, else CKN_ERROR_ARGUMENT. */
CKN_API ckn_code ckn_statistics_add(const ckn_statistics *a, const ckn_statistics *b,
                                    ckn_statistics **sum, ckn_error *error);
/* *rest = those of the windows that `windows` does not have: statistics of the same pairs, whose
 * weights are 0 but for what is to be taken away. */
CKN_API ckn_code ckn_statistics_subtract(const ckn_statistics *statistics,
                                         const ckn_statistics *windows, ckn_statistics **rest,
                                         ckn_error *error);
/* *part = those of the taps of a frame inside, on the same windows. No image is touched. */
CKN_API ckn_code ckn_statistics_restrict(const ckn_statistics *statistics, const ckn_frame *frame,
                                         ckn_statistics **part, ckn_error *error);

/* *bytes = a copy that can be kept and sent (freed with ckn_free()), the same on every machine; and
 * back. CKN_ERROR_DATA for bytes that are no statistics. */
CKN_API ckn_code ckn_statistics_save(const ckn_statistics *statistics, void **bytes, size_t *size,
                                     ckn_error *error);
CKN_API ckn_code ckn_statistics_load(const void *bytes, size_t size, ckn_statistics **statistics,
                                     ckn_error *error);

/* Estimates the kernel of these statistics by solver AUTO, EXACT or NNLS; `kernel` has the frame's
 * size, options.kernel_rows and kernel_cols are not used. Figures of the result that need images
 * are those of the statistics; engine is GRAM. `result` may be NULL. Not with gains or robust. */
CKN_API ckn_code ckn_statistics_estimate(ckn_context *context, const ckn_statistics *statistics,
                                         const ckn_estimate_options *options, ckn_output kernel,
                                         ckn_estimate_result *result, ckn_error *error);

/* ------------------------------------------------------------------- verdict */

/* What a pair turned out to be. */
typedef enum ckn_verdict_kind {
    CKN_VERDICT_NAMED = 0, /* a convolution with a kernel that has a name */
    CKN_VERDICT_UNNAMED,   /* a convolution with another kernel */
    CKN_VERDICT_IDENTICAL, /* the pictures are the same */
    CKN_VERDICT_NONE       /* no convolution explains the pair */
} ckn_verdict_kind;

/* Why h * SHARP does not explain BLURRED. */
typedef enum ckn_cause {
    CKN_CAUSE_NOTHING = 0, /* it does */
    CKN_CAUSE_FIT, /* prior, constraint or an early end keep the kernel from explaining it, and that
                    * of least squares does: still a convolution */
    CKN_CAUSE_LARGER_FRAME, /* the kernel is larger than its frame: still a convolution */
    CKN_CAUSE_GREY_COPY,    /* BLURRED is the grey copy of a colour picture */
    CKN_CAUSE_OVERLAY,      /* something else lies over a part of BLURRED */
    CKN_CAUSE_TONE_CURVE,   /* BLURRED is a curve of h * SHARP */
    CKN_CAUSE_LINEAR_LIGHT, /* it was blurred in linear light and stored as sRGB */
    CKN_CAUSE_ILLUMINATION, /* BLURRED is brighter in one place than in another */
    CKN_CAUSE_MIRRORED,     /* BLURRED is mirrored, or turned by a half or a quarter */
    CKN_CAUSE_MOVED,        /* BLURRED is scaled or rotated */
    CKN_CAUSE_UNRELATED,    /* the pictures show different things */
    CKN_CAUSE_QUANTISATION, /* BLURRED has few values */
    CKN_CAUSE_VARYING,      /* the kernel varies over the field */
    CKN_CAUSE_BORDER,       /* what remains lies at the border */
    CKN_CAUSE_EDGES,        /* what remains follows edges: median, bilateral, thresholds */
    CKN_CAUSE_UNKNOWN
} ckn_cause;
#define CKN_CAUSE_COUNT 16

/* "named", "unnamed", "identical", "none". Static storage. */
CKN_API const char *ckn_verdict_kind_name(ckn_verdict_kind kind);
/* "nothing", "fit", "larger frame", "grey copy", "overlay", "tone curve", ... Static storage. */
CKN_API const char *ckn_cause_name(ckn_cause cause);

/* One plane of a pair, cut so that blurred is the whole valid convolution of sharp. */
typedef struct ckn_verdict_plane {
    ckn_view sharp, blurred;
    ckn_view weights; /* of blurred, 0: left out; data NULL: all count */
    ckn_view model;   /* gain (h * sharp) + background, of blurred's size, NaN where not known;
                       * data NULL: it is made from the kernel and `fit` */
    ckn_pair_fit fit; /* used where there is no model */
} ckn_verdict_plane;

/* What is judged, and what is known beside the pictures. */
typedef struct ckn_verdict_job {
    const ckn_verdict_plane *planes; /* those of the first pair first */
    size_t plane_count;
    ckn_view kernel;
    ckn_frame frame;     /* where the kernel lies */
    const char *name;    /* what names it (ckn_family_describe()); NULL: it has no name */
    double step;         /* between the values of BLURRED; 0: real numbers */
    double sharp_loss;   /* standard deviation of what lossy compression may have changed in a */
    double blurred_loss; /* sample of either picture; 0: none */
    int rgb;             /* non-zero: the first three planes are red, green and blue of a picture */
    int encoded;         /* non-zero: samples within [0, 1] that may be sRGB, not linear light */
} ckn_verdict_job;

typedef struct ckn_verdict {
    ckn_verdict_kind kind;
    ckn_cause cause;
    double explained;   /* share of the sum of squares of what changed from SHARP to BLURRED,
                         * noise not counted, that h * SHARP explains: 0 to 1 */
    double remaining;   /* 1 - explained */
    double evidence;    /* for the cause: part of what remains that it takes away, or its own
                         * figure (see the reason); NaN: none */
    double correlation; /* the largest one within the residual, up to 3 samples apart */
    char text[320];     /* one line: the verdict */
    char reason[320];   /* one line: what speaks for it */
} ckn_verdict;

/* Judges an estimate: whether it explains the pair to the noise, and if not, why not. Noise is
 * white; a wrong model leaves a residual that is correlated. Of planes above 1024 x 1024 the middle
 * is looked at. `context` is used for further fits where a cause is sought. CKN_ERROR_ARGUMENT for
 * sizes that do not fit; CKN_ERROR_DATA where all samples are left out; CKN_ERROR_MEMORY. */
CKN_API ckn_code ckn_judge(ckn_context *context, const ckn_verdict_job *job, ckn_verdict *verdict,
                           ckn_error *error);

/* --------------------------------------------------- the whole job as one call */

/* Why a sample is left out; a sample may have several reasons. */
enum {
    CKN_CLIP_CLIPPED = 1,      /* BLURRED is clipped here */
    CKN_CLIP_SEES_CLIPPED = 2, /* a sample of SHARP that it sees is clipped */
    CKN_CLIP_NEAR_LIMIT = 4    /* without noise it would be so near to a limit that noise may have
                                * clipped it */
};

typedef enum ckn_clip_mode {
    CKN_CLIP_AUTO = 0,
    CKN_CLIP_NONE, /* nothing is clipped */
    CKN_CLIP_GIVEN /* samples <= low and >= high of their source */
} ckn_clip_mode;

/* What a plane was made of, as luma is of three channels: it is clipped where one of them is. */
typedef struct ckn_clip_source {
    const ckn_view *channels; /* of the plane's size; NULL: the plane itself */
    size_t count;
    double low, high; /* limits of the type, or those that the file names; NaN: not known */
    double step;      /* between two levels; 0: not known */
} ckn_clip_source;

/* Samples <= low and >= high are clipped; infinite where there is no such limit. */
typedef struct ckn_clip_limits {
    double low, high;
} ckn_clip_limits;

typedef struct ckn_clip_counts {
    size_t windows;      /* of the frame: samples of BLURRED that could be fitted */
    size_t excluded;     /* for any reason below */
    size_t clipped;      /* CKN_CLIP_CLIPPED, */
    size_t sees_clipped; /* CKN_CLIP_SEES_CLIPPED, */
    size_t near_limit;   /* and CKN_CLIP_NEAR_LIMIT without CKN_CLIP_CLIPPED */
    size_t blurred_low;  /* samples of BLURRED in the frame that are clipped, left out or not */
    size_t blurred_high;
    size_t sharp; /* samples of SHARP, and those of them that are clipped and matter */
    size_t sharp_low;
    size_t sharp_high;
} ckn_clip_counts;

/* What came of an image: whether it is clipped, SHARP so that it matters, and left out. */
typedef enum ckn_clip_verdict {
    CKN_CLIP_VERDICT_NONE = 0,
    CKN_CLIP_VERDICT_EXCLUDED,
    CKN_CLIP_VERDICT_KEPT /* in the fit, because too little would be left without it */
} ckn_clip_verdict;

/* What clipping leaves out of the fit of one pair. */
typedef struct ckn_clipped {
    ckn_clip_counts counts;
    ckn_clip_verdict sharp, blurred;
    const unsigned char *reasons; /* of every fitted sample, row by row; 0: none */
} ckn_clipped;

/* Where BLURRED may lie on SHARP. */
typedef enum ckn_shift_mode {
    CKN_SHIFT_AUTO = 0, /* the displacement that the pairs show, where the fit is better with it */
    CKN_SHIFT_NONE,     /* the kernel lies about displacement 0 */
    CKN_SHIFT_GIVEN     /* about a displacement that is given */
} ckn_shift_mode;

typedef struct ckn_identify_options {
    /* kernel_rows and kernel_cols 0: the size is sought. What it leaves to the data is decided on
     * the statistics of a generous frame, together with the size. */
    ckn_estimate_options estimate;
    ckn_support_options support; /* of the search of the size; its progress is not used */
    ckn_shift_mode shift;
    ptrdiff_t row_shift, col_shift; /* of CKN_SHIFT_GIVEN, in whole pixels down and right */
    /* Of each pair, which picture it is a plane of: planes of one picture have consecutive places
     * and the same number, and are displaced alike. NULL: each pair is a picture of its own. */
    const size_t *pictures;
    /* Clipped samples are left out: found (AUTO), not looked for, or given by the sources, of which
     * there is one for each pair. NULL: nothing is known of an image but its samples. */
    ckn_clip_mode clipping;
    const ckn_clip_source *sharp_sources, *blurred_sources;
    size_t runs;    /* of the final solve, for timings; 0: 1 */
    int errors;     /* non-zero: standard errors of the figures, */
    int tap_errors; /* and of every tap, which takes longer */
    int families;   /* non-zero: named kernels are fitted */
    int verdict;    /* non-zero: the pair is judged, with what is known of the pictures: */
    int encoded;    /* samples within [0, 1] that may be sRGB, not linear light; */
    double sharp_loss, blurred_loss; /* standard deviation of what lossy compression may have
                                      * changed in a sample; 0: none */
    int models;                      /* non-zero: h * x and the background are kept for each pair */
} ckn_identify_options;

/* What came out. Pointers belong to the answer; this struct grows at its end only. */
typedef struct ckn_identified {
    ckn_frame frame; /* of the taps that were fitted, on the pairs as they were given */
    size_t kernel_rows, kernel_cols;  /* of the kernel that is given out: with an automatic size it
                                       * has odd sides about displacement 0 where that takes no more
                                       * than the largest size, and zeros round the frame; with a
                                       * given one it is the frame */
    ptrdiff_t row_offset, col_offset; /* of its middle tap ((rows-1)/2, (cols-1)/2), which
                                       * ckn_apply() with CKN_SUPPORT_SAME takes for displacement 0:
                                       * 0 where the kernel holds its displacement */
    const double *kernel;             /* row-major */
    const double *errors;       /* standard errors, likewise; 0 outside the frame. NULL: none */
    ckn_support_result support; /* step_count 0: the size was given */
    int shortened; /* a larger kernel was not tried, or not taken, as it costs more than it gains */
    ckn_estimate_result result; /* of the last run */
    const ckn_estimate_result *runs;
    size_t run_count;
    size_t pair_count;
    const ckn_pair *pairs;    /* what was fitted of every pair: views, with the weights that were
                               * used; those of BLURRED are NULL where all samples count alike */
    const ckn_frame *frames;  /* of the same taps on each pair as it was given: pairs may be
                               * displaced differently */
    const ckn_pair_fit *fits; /* of every pair */
    const ckn_view *models;   /* h * x and the background, of the fitted size, and of the valid part
                               * where all of a blurred image is used; NULL: not wanted */
    const ckn_clipped *clipped; /* of every pair; NULL: not looked for */
    const ckn_trial *trials;
    size_t trial_count;
    ckn_uncertainty uncertainty;    /* NaN: none */
    const char *no_errors;          /* why there are none; empty where there are, or not wanted */
    const char *no_tap_errors;      /* likewise, of every tap */
    const ckn_family_fit *families; /* CKN_FAMILY_COUNT, the most likely first; NULL: none. Centres
                                     * count from the given-out kernel's first tap */
    const char *no_families;
    const ckn_residual_quality *quality; /* NULL: none */
    const ckn_verdict
        *verdict;         /* NULL: none. With CKN_VERDICT_NONE errors and names mean nothing */
    double seconds_place; /* that displacement and size took */
} ckn_identified;

typedef struct ckn_answer ckn_answer;

/* Automatic size and displacement, and the defaults of ckn_estimate_options_init() but for solver,
 * constraint and prior, which are AUTO; errors and families are wanted. */
CKN_API void ckn_identify_options_init(ckn_identify_options *options);

/* The whole job: finds where the kernel lies and how large it is, its sign, prior and background,
 * estimates it, and judges it. Of each pair `blurred` has the size of `sharp` or is smaller, with
 * the same middle. Cancellable; see ckn_progress. Errors as for ckn_estimate(). */
CKN_API ckn_code ckn_identify(ckn_context *context, const ckn_identify_options *options,
                              const ckn_pair *pairs, size_t pair_count, ckn_answer **answer,
                              ckn_error *error);
/* Valid until the answer is destroyed. The views of pairs look at the caller's images. */
CKN_API const ckn_identified *ckn_answer_get(const ckn_answer *answer);
CKN_API void ckn_answer_destroy(ckn_answer *answer); /* NULL allowed */

/* ------------------------------------------------------------------- apply */

typedef enum ckn_support { CKN_SUPPORT_VALID = 0, CKN_SUPPORT_SAME, CKN_SUPPORT_FULL } ckn_support;

/* Size of h * x: `rows` and `cols` receive it. CKN_ERROR_ARGUMENT where it would be empty. */
CKN_API ckn_code ckn_apply_size(size_t image_rows, size_t image_cols, size_t kernel_rows,
                                size_t kernel_cols, ckn_support support, size_t *rows, size_t *cols,
                                ckn_error *error);

/* output = kernel * image; outside the image is zero. CKN_ERROR_DATA where image or kernel hold NaN
 * or infinity, or the result would. */
CKN_API ckn_code ckn_apply(ckn_context *context, ckn_view image, ckn_view kernel,
                           ckn_support support, ckn_engine engine, ckn_output output,
                           ckn_error *error);

typedef struct ckn_apply_options {
    ckn_support support;
    ckn_engine engine; /* AUTO, DIRECT or FFT */
    /* Pixels down and right by which the result is moved, of support SAME only: what the kernel's
     * displacement is beyond its own middle, tap ((k - 1) / 2, (l - 1) / 2). The same as a kernel
     * in a frame of zeros whose middle is displaced by that much less. 0 for the other supports,
     * whose samples are the same ones wherever the kernel lies. */
    ptrdiff_t row_shift, col_shift;
    ckn_progress_fn progress; /* may be NULL; CKN_PHASE_CONVOLVE */
    void *progress_user;
} ckn_apply_options;

/* Support VALID, engine AUTO, no shift, no callback. */
CKN_API void ckn_apply_options_init(ckn_apply_options *options);

/* ckn_apply() with all of these. Large images are convolved in bands of rows, and the callback is
 * asked after each: within some 0.2 s on a machine of two cores. CKN_ERROR_CANCELLED where it says
 * so; the output is then undefined. */
CKN_API ckn_code ckn_apply_with(ckn_context *context, const ckn_apply_options *options,
                                ckn_view image, ckn_view kernel, ckn_output output,
                                ckn_error *error);

/* ---------------------------------------------------- Gaussian by extended boxes */

/* The extended box of Gwosdek, Grewenig, Bruhn & Weickert, "Theoretical foundations of Gaussian
 * convolution by extended box filtering", SSVM 2011. One pass has the taps
 * (alpha, 1, ..., 1, alpha) / lambda with 2l+1 ones; `passes` of them have variance sigma^2.
 *
 * Their excess kurtosis is about -1.2 / d. A last pass of three taps (c, 1 - 2c, c), `stride`
 * samples apart, has a positive one: the two cancel where 2 c s^4 (1 - 6c) = -d kappa4, kappa4
 * being the fourth cumulant of one box; the boxes then have variance sigma^2 - 2 c s^2. Sum, mean,
 * variance and fourth moment are those of the Gaussian, and no tap is negative. At five passes that
 * leaves a thirteenth of the l1 error. */
typedef struct ckn_extended_box {
    double sigma;         /* pixels */
    size_t passes;        /* d */
    size_t l;             /* half length of the plain box */
    double alpha;         /* weight of the two end taps, in [0, 1) */
    double lambda;        /* 2l + 1 + 2 alpha, the sum of the unnormalised taps */
    double variance_pass; /* of one pass of the box */
    size_t stride;        /* s, of the correcting pass, in samples; 0: there is none */
    double correction;    /* c, the weight of its outer taps */
} ckn_extended_box;

/* Errors of a kernel against the Gaussian sampled at the integers and normalised. The l1 error
 * halved bounds what a sample of a blurred line can be wrong by, for lines within [0, 1]. `step` is
 * the largest error beside an ideal step edge from 0 to 1. */
typedef struct ckn_gaussian_errors {
    double max, l1, l2, step;
} ckn_gaussian_errors;

/* sigma must be positive and finite, passes from 1 to 1000, and their reach at most 2^24 samples.
 * Without correction. */
CKN_API ckn_code ckn_extended_box_init(ckn_extended_box *box, double sigma, size_t passes,
                                       ckn_error *error);
/* Gives a box that has none the correcting pass with the smallest l1 error, where that is smaller
 * than without; otherwise (for sigma below about 1.5, and for many passes of a narrow box) leaves
 * it as it is. *corrected, which may be NULL, tells. CKN_ERROR_ARGUMENT for a box that is corrected
 * already. */
CKN_API ckn_code ckn_extended_box_correct(ckn_extended_box *box, int *corrected, ckn_error *error);
/* Number of taps of all passes composed: 2 (d (l+1) + stride) + 1. 0 for numbers that no box has.
 */
CKN_API size_t ckn_extended_box_length(const ckn_extended_box *box);
/* The composed kernel, in double precision; `taps` holds ckn_extended_box_length() elements.
 * CKN_ERROR_ARGUMENT where passes times taps are more than 2^29. */
CKN_API ckn_code ckn_extended_box_compose(const ckn_extended_box *box, double *taps,
                                          ckn_error *error);
/* Of kernels whose passes times taps exceed 2^18, from samples: l1 is then up to 2 % too large,
 * never too small; the others are off by up to 1 %. */
CKN_API ckn_code ckn_extended_box_errors(const ckn_extended_box *box, ckn_gaussian_errors *errors,
                                         ckn_error *error);

/* How far the best extended box is from a kernel: one axis of it, normalised to sum 1. */
typedef struct ckn_box_match {
    ckn_extended_box box; /* without correction */
    double shift;         /* pixels from the middle of the line of taps to the kernel's centroid */
    double l1, l2;        /* errors of the matched box against the kernel's marginal */
    double gaussian_l1;   /* of the Gaussian with the kernel's variance, for comparison */
} ckn_box_match;

/* The reverse question: which sigma and passes (1 to `most_passes`) fit a kernel best? The kernel
 * (k x l, either may be 1) is summed over rows and over columns; `x` and `y` receive the answers
 * for its marginals along columns and along rows, each the least l2 error over sigma and passes.
 * CKN_ERROR_DATA where the kernel is not finite, its sum is not positive, or a marginal has no
 * positive variance or has its centroid outside the kernel; CKN_ERROR_ARGUMENT for most_passes
 * outside 1 to 1000, and for kernels of more than 2^17 / most_passes taps along an axis. An axis of
 * one tap gives passes 0 and sigma 0. */
CKN_API ckn_code ckn_extended_box_match(ckn_view kernel, size_t most_passes, ckn_box_match *x,
                                        ckn_box_match *y, ckn_error *error);

/* ---------------------------------------------------- Gaussian blur of images */

/* What stands outside the image. */
typedef enum ckn_boundary {
    CKN_BOUNDARY_REFLECT = 0, /* half-sample:  b a | a b c | c b */
    CKN_BOUNDARY_MIRROR,      /* whole-sample: c b | a b c | b a */
    CKN_BOUNDARY_REPLICATE,   /* a a | a b c | c c */
    CKN_BOUNDARY_PERIODIC,    /* b c | a b c | a b */
    CKN_BOUNDARY_ZERO         /* 0 0 | a b c | 0 0 */
} ckn_boundary;

typedef enum ckn_blur_method {
    CKN_BLUR_AUTO =
        0,        /* of those that reach the accuracy, the one with the shorter predicted time */
    CKN_BLUR_BOX, /* extended boxes: the time does not depend on sigma */
    CKN_BLUR_FIR  /* the sampled Gaussian, cut off where the accuracy allows it */
} ckn_blur_method;

/* Accuracies by name: half a step of 8 and of 16 bits. */
#define CKN_ACCURACY_8_BIT (0.5 / 255)
#define CKN_ACCURACY_16_BIT (0.5 / 65535)

typedef enum ckn_alpha {
    CKN_ALPHA_NONE = 0, /* all channels are blurred by themselves */
    CKN_ALPHA_LAST /* the last of 2 or 4 channels is an alpha that the others are not multiplied
                    * with: they are weighted by it, so that the colour of what is transparent
                    * does not bleed; where the blurred alpha is below 1e-9, they are 0 */
} ckn_alpha;

typedef struct ckn_blur_options {
    double sigma_x, sigma_y; /* pixels, standard deviation along columns and along rows; 0: that
                              * axis is left as it is */
    ckn_blur_method method;
    size_t passes;   /* of the boxes along each axis; 0: the fewest that reach the accuracy */
    double accuracy; /* the largest error of a sample against the exact Gaussian, for images within
                      * [0, 1]. Chooses passes and the reach of FIR; ignored for boxes whose passes
                      * are given */
    int correction;  /* non-zero (the default): boxes are corrected where that helps */
    ckn_boundary boundary;
    ckn_alpha alpha;
    ckn_progress_fn progress; /* may be NULL; CKN_PHASE_CONVOLVE, in thousandths of the run. Asked
                               * by the calling thread alone: on the CPU every few milliseconds, on
                               * an OpenCL device between the passes along rows and columns */
    void *progress_user;
} ckn_blur_options;

/* What is done along one axis. */
typedef struct ckn_blur_axis {
    ckn_blur_method method; /* BOX or FIR; AUTO where the axis is left as it is */
    ckn_extended_box box;   /* of BOX */
    size_t reach;           /* samples to each side that have weight */
    double error_l1;        /* against the sampled and normalised Gaussian */
} ckn_blur_axis;

typedef struct ckn_blur_result {
    ckn_blur_axis x, y;
    double error_bound; /* (x.error_l1 + y.error_l1) / 2: no sample of an image within [0, 1] is
                         * farther from the exact Gaussian (rounding not counted: float32 adds less
                         * than 1e-6) */
    double seconds_setup;
    double seconds_upload, seconds_compute, seconds_download; /* device finished at each end */
} ckn_blur_result;

/* An image of 1 to 4 channels to read: sample k of pixel (r, c) stands at
 * data[r * row_stride + c * col_stride + k * channel_stride], strides counted in samples. Integers
 * stand for [0, 1] by their full range. */
typedef struct ckn_image {
    const void *data;
    ckn_type type; /* also CKN_UINT8 and CKN_UINT16 */
    size_t rows, cols, channels;
    ptrdiff_t row_stride, col_stride, channel_stride;
} ckn_image;

/* An image to write, laid out like a ckn_image. Integers are rounded once, to nearest, and clipped
 * to their range; NaN becomes 0. */
typedef struct ckn_image_output {
    void *data;
    ckn_type type;
    size_t rows, cols, channels;
    ptrdiff_t row_stride, col_stride, channel_stride;
} ckn_image_output;

/* Densely packed images: interleaved (RGBRGB...), and plane by plane. */
CKN_API ckn_image ckn_image_interleaved(const void *data, ckn_type type, size_t rows, size_t cols,
                                        size_t channels);
CKN_API ckn_image ckn_image_planar(const void *data, ckn_type type, size_t rows, size_t cols,
                                   size_t channels);
CKN_API ckn_image_output ckn_image_output_interleaved(void *data, ckn_type type, size_t rows,
                                                      size_t cols, size_t channels);
CKN_API ckn_image_output ckn_image_output_planar(void *data, ckn_type type, size_t rows,
                                                 size_t cols, size_t channels);

typedef struct ckn_blur_plan ckn_blur_plan;

/* sigma 1, method and passes AUTO, accuracy CKN_ACCURACY_8_BIT, correction, reflect, no alpha. */
CKN_API void ckn_blur_options_init(ckn_blur_options *options);
CKN_API const char *ckn_boundary_name(ckn_boundary boundary);
CKN_API const char *ckn_blur_method_name(ckn_blur_method method);

/* A plan for images of one size. `type` is that of the most precise input: the CPU backend keeps
 * CKN_FLOAT64 in double precision, and everything else in float32, as OpenCL devices do. Sums are
 * double or better in both cases. CKN_ERROR_ARGUMENT where no number of passes reaches the accuracy
 * that options.method BOX asks for. */
CKN_API ckn_code ckn_blur_plan_create(ckn_context *context, const ckn_blur_options *options,
                                      size_t rows, size_t cols, size_t channels, ckn_type type,
                                      ckn_blur_plan **plan, ckn_error *error);
/* Blurs one image; `output` may be the same memory as `image`, laid out alike. NaN and infinity
 * (float64 samples from 1e200 on count as infinite) stay within the reach of the kernel round them,
 * and what is nowhere negative stays so. `result` may be NULL. CKN_ERROR_CANCELLED where the
 * callback asks for an end; `output` is then as it was. */
CKN_API ckn_code ckn_blur_plan_run(ckn_blur_plan *plan, const ckn_image *image,
                                   const ckn_image_output *output, ckn_blur_result *result,
                                   ckn_error *error);
/* What the plan chose: the result of a run without times. */
CKN_API void ckn_blur_plan_describe(const ckn_blur_plan *plan, ckn_blur_result *result);
CKN_API void ckn_blur_plan_destroy(ckn_blur_plan *plan);

/* Plan, run and destroy in one call. */
CKN_API ckn_code ckn_blur(ckn_context *context, const ckn_blur_options *options,
                          const ckn_image *image, const ckn_image_output *output,
                          ckn_blur_result *result, ckn_error *error);

/* ------------------------------------------------------------------ checks */

/* One line of a self-test or a comparison. */
typedef struct ckn_check {
    const char *name;         /* the primitive or job */
    const char *detail;       /* sizes */
    double difference;        /* ||a - reference|| / ||reference|| */
    double tolerance;         /* the largest difference allowed */
    double seconds_reference; /* 0 where there is none */
    double seconds;           /* on the device under test */
    int passed;
} ckn_check;

typedef void (*ckn_check_fn)(void *user, const ckn_check *check);

/* Runs known answers on the context's device. *failures counts the checks that did not pass; an
 * error code is returned only where a check could not be run at all. */
CKN_API ckn_code ckn_selftest(ckn_context *context, ckn_check_fn report, void *user,
                              size_t *failures, ckn_error *error);

/* Runs each primitive that an estimate of `pairs` uses, and the estimate itself, on both contexts
 * and reports the relative differences; `reference` is meant to be the CPU backend. */
CKN_API ckn_code ckn_compare(ckn_context *reference, ckn_context *context,
                             const ckn_estimate_options *options, const ckn_pair *pairs,
                             size_t pair_count, ckn_check_fn report, void *user, size_t *failures,
                             ckn_error *error);

#ifdef __cplusplus
}
#endif

#endif
