/* What the quantisation table of a JPEG says about its losses. */
#ifndef CKN_IO_JPEG_QUALITY_H
#define CKN_IO_JPEG_QUALITY_H

#include <stdbool.h>

/* The quality from 1 to 100 whose table, the one of ITU-T T.81, K.1 scaled as libjpeg does, comes
 * nearest to `steps`, 64 quantisation steps of luma in row-major order; *exact: it is that table.
 */
int ckn_jpeg_quality(const unsigned short steps[64], bool *exact);

/* The standard deviation, in units of the full range, of what rounding adds to a sample: a
 * coefficient is off by anything up to half a step q, which has the variance q^2 / 12, and the DCT
 * is orthonormal, so that a sample has the mean of the 64 variances. An upper bound: coefficients
 * smaller than half their step become zero and are off by no more than themselves. */
double ckn_jpeg_sigma(const unsigned short steps[64]);

#endif
