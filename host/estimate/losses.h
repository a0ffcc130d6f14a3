/* What the losses of compression do to the choice of a sign, a size and a prior.
 *
 * They are no white noise: they leave the detail out that the quantisation steps do not hold, in
 * SHARP too, which looks like small negative taps and a kernel without end. Where they are most of
 * the noise, its variance is therefore taken for so many times what it is (quasi-likelihood:
 * Burnham & Anderson, Model Selection and Multimodel Inference, 2002, section 2.5); where other
 * noise covers them, they are noise like other.
 */
#ifndef CKN_ESTIMATE_LOSSES_H
#define CKN_ESTIMATE_LOSSES_H

/* Measured on photographs as JPEG of qualities from 50 to 95, with Gaussians of sigma 1, 2 and 3,
 * a box of 5x5 and motion of 9 pixels, either BLURRED or both pictures compressed (tests/bench:
 * section jpeg). With 16 a sign is safe for the smooth kernels, but not for the box. */
#define CKN_LOSSES_OF_SIGN 128
/* In the same measurement, errors relative to the better of 1 and 128 for sign and prior together:
 * with 3 a median of 0.89 and with 6 of 0.93; more flattens Gaussians, less leaves steps in boxes.
 */
#define CKN_LOSSES_OF_PRIOR 4
/* What the variance is multiplied by, 1 or more: `most` where losses of this RMS can be all of the
 * noise, less where the noise is larger. Losses may be infinite: not known. */
double ckn_losses_inflation(double loss_sigma, double noise_sigma, double most);

#endif
