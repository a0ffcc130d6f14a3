/* The Gram matrix of valid convolution from three correlations and the image's borders.
 *
 * With taps by unflipped offset, G[(i,j),(i',j')] = sum_{p<P,q<Q} x[p+i,q+j] x[p+i',q+j']. One step
 * along a diagonal moves the window by one row, which lets one row go and takes one in:
 *   G[(i+1,j),(i'+1,j')] = G[(i,j),(i',j')] - S(i,i') + S(P+i,P+i'),
 *   S(a,b) = sum_{q<Q} x[a,q+j] x[b,q+j'],
 * and the same over columns, and for S itself. (Low displacement rank: Kailath, Kung & Morf, J.
 * Math. Anal. Appl. 68, 1979.) The interior of the image enters through the correlations alone.
 */
#ifndef CKN_STATISTICS_DISPLACEMENT_H
#define CKN_STATISTICS_DISPLACEMENT_H

#include "backend/backend.h"
#include "dense/symmetric.h"

/* The strips of x that the windows do not share; NULL where a kernel has one row or one column. */
typedef struct ckn_borders {
    double *top, *bottom; /* k-1 rows of N samples: rows 0 .. k-2, and P .. M-1 */
    double *left, *right; /* M rows of l-1 samples: columns 0 .. l-2, and Q .. N-1 */
} ckn_borders;

/* gram += X'X of the image of this shape, for taps in row-major order. */
ckn_code ckn_gram_add(ckn_symmetric *gram, ckn_shape x_shape, ckn_shape kernel,
                      const ckn_correlations *correlations, const ckn_borders *borders,
                      ckn_error *error);

#endif
