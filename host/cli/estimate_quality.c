#include "cli/estimate_quality.h"

#include "cli/json.h"

#include <math.h>
#include <stdio.h>

const char *ckn_cli_quality_text(const ckn_cli_estimate_job *job, char *text, size_t size) {
    const ckn_residual_quality *quality = &job->quality;
    char chi[64] = "";
    if (quality->rounding) {
        snprintf(text, size, "no more than rounding leaves");
        return text;
    }
    if (isfinite(quality->chi_square))
        snprintf(chi, sizeof chi, ", chi^2 %.3g against the noise of BLURRED", quality->chi_square);
    snprintf(text, size, "%s, largest correlation %.3f%s%s", quality->white ? "white" : "not white",
             quality->correlation, chi, quality->heavy_tails ? ", heavy tails" : "");
    return text;
}

void ckn_cli_quality_lines(const ckn_cli_estimate_job *job) {
    const ckn_residual_quality *quality = &job->quality;
    char text[200];
    if (!job->has_quality)
        return;
    ckn_cli_line(job->session, "quality", "%s", ckn_cli_quality_text(job, text, sizeof text));
    if (!quality->white && !job->has_verdict && !job->no_errors[0]) /* which explain it */
        ckn_cli_line(
            job->session, "note",
            "the residual is not white: samples (%d, %d) apart correlate by %.2f, so there "
            "is more in it than noise: a kernel cut by its window, another exposure, "
            "clipping, motion, or processed pictures; error bars are too short",
            quality->lag_x, quality->lag_y, quality->correlation);
    if (quality->heavy_tails && !(job->has_verdict && job->verdict.kind == CKN_VERDICT_NONE))
        ckn_cli_line(job->session, "note",
                     "the residual has heavy tails: %.2g %% of the samples hold %.0f %% of it "
                     "(hot pixels, moving objects, clipping?): --robust keeps them out",
                     100.0 * quality->outliers, 100.0 * quality->outlier_share);
}

void ckn_cli_quality_json(ckn_json object, const ckn_cli_estimate_job *job) {
    const ckn_residual_quality *quality = &job->quality;
    if (!job->has_quality) {
        ckn_json_null(object, "residual_quality");
        return;
    }
    ckn_json part = ckn_json_object(object, "residual_quality");
    ckn_json_flag(part, "white", quality->white);
    ckn_json_real(part, "correlation", quality->correlation);
    ckn_json_integer(part, "lag_x", quality->lag_x);
    ckn_json_integer(part, "lag_y", quality->lag_y);
    ckn_json_real(part, "whiteness", quality->whiteness);
    ckn_json_real(part, "chi_square", quality->chi_square);
    ckn_json_real(part, "noise_reference", quality->noise_reference);
    ckn_json_real(part, "step", quality->step);
    ckn_json_flag(part, "rounding", quality->rounding);
    ckn_json_flag(part, "heavy_tails", quality->heavy_tails);
    ckn_json_real(part, "kurtosis", quality->kurtosis);
    ckn_json_real(part, "outliers", quality->outliers);
    ckn_json_real(part, "outlier_share", quality->outlier_share);
}
