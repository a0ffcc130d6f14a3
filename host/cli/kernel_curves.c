#include "cli/kernel_curves.h"

#include "base/status.h"
#include "io/atomic_file.h"

#include <math.h>

ckn_code ckn_cli_mtf_curve(ckn_view kernel, double frequencies[CKN_CURVE_POINTS],
                           ckn_mtf mtf[CKN_CURVE_POINTS], ckn_error *error) {
    for (int i = 0; i < CKN_CURVE_POINTS; i++)
        frequencies[i] = 0.5 * i / (CKN_CURVE_POINTS - 1);
    return ckn_kernel_mtf(kernel, frequencies, CKN_CURVE_POINTS, mtf, error);
}

/* To the corner that is farthest from the middle: what lies outside the circle of a centroid
 * elsewhere is little. */
ckn_code ckn_cli_encircled_curve(ckn_view kernel, double radii[CKN_CURVE_POINTS],
                                 double energy[CKN_CURVE_POINTS], ckn_error *error) {
    const double end = 0.5 * hypot((double)kernel.rows, (double)kernel.cols);
    for (int i = 0; i < CKN_CURVE_POINTS; i++)
        radii[i] = end * i / (CKN_CURVE_POINTS - 1);
    return ckn_kernel_encircled_energy(kernel, radii, CKN_CURVE_POINTS, energy, error);
}

/* Opens the file and writes its heading. */
static ckn_code begin(const char *path, const char *heading, ckn_atomic_file **file,
                      ckn_error *error) {
    CKN_TRY(ckn_atomic_open(path, file, error));
    ckn_atomic_print(*file, "%s\n", heading);
    return CKN_OK;
}

ckn_code ckn_cli_mtf_write(const char *path, ckn_view kernel, ckn_error *error) {
    double frequencies[CKN_CURVE_POINTS];
    ckn_mtf mtf[CKN_CURVE_POINTS];
    ckn_atomic_file *file;
    CKN_TRY(ckn_cli_mtf_curve(kernel, frequencies, mtf, error));
    CKN_TRY(begin(path, "frequency,x,y,radial", &file, error));
    for (int i = 0; i < CKN_CURVE_POINTS; i++)
        ckn_atomic_print(file, "%.17g,%.17g,%.17g,%.17g\n", frequencies[i], mtf[i].x, mtf[i].y,
                         mtf[i].radial);
    return ckn_atomic_commit(file, error);
}

ckn_code ckn_cli_encircled_write(const char *path, ckn_view kernel, ckn_error *error) {
    double radii[CKN_CURVE_POINTS], energy[CKN_CURVE_POINTS];
    ckn_atomic_file *file;
    CKN_TRY(ckn_cli_encircled_curve(kernel, radii, energy, error));
    CKN_TRY(begin(path, "radius,energy", &file, error));
    for (int i = 0; i < CKN_CURVE_POINTS; i++)
        ckn_atomic_print(file, "%.17g,%.17g\n", radii[i], energy[i]);
    return ckn_atomic_commit(file, error);
}
