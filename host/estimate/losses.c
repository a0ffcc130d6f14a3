#include "estimate/losses.h"

double ckn_losses_inflation(double loss_sigma, double noise_sigma, double most) {
    if (!(loss_sigma > 0))
        return 1;
    if (!(loss_sigma < noise_sigma)) /* infinite, or the steps' upper bound */
        return most;
    const double share = loss_sigma / noise_sigma;
    return 1 + (most - 1) * share * share;
}
