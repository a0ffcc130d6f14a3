/* Samples in [0, 1] to integers of a file. */
#ifndef CKN_IO_SAMPLE_SCALE_H
#define CKN_IO_SAMPLE_SCALE_H

/* The integer of [0, full] nearest to value * full; what lies outside is clipped, NaN is 0. */
static inline unsigned ckn_sample_round(double value, unsigned full) {
    double scaled = value * full + 0.5;
    if (!(scaled >= 0.0)) /* NaN too */
        return 0;
    return scaled >= full ? full : (unsigned)scaled;
}

#endif
