/* Samples to integers of a file. */
#ifndef CKN_IO_SAMPLE_SCALE_H
#define CKN_IO_SAMPLE_SCALE_H

/* The integer of [0, full] nearest to value * full; what lies outside is clipped, NaN is 0. */
static inline unsigned ckn_sample_round(double value, unsigned full) {
    double scaled = value * full + 0.5;
    if (!(scaled >= 0.0)) /* NaN too */
        return 0;
    return scaled >= full ? full : (unsigned)scaled;
}

/* The integer of 16 bits with a sign nearest to value * full; what lies outside is clipped, NaN is
 * 0. */
static inline int ckn_sample_round_signed(double value, double full) {
    const double scaled = value * full;
    if (!(scaled >= -32768.0)) /* NaN too */
        return scaled < 0.0 ? -32768 : 0;
    return scaled >= 32767.0 ? 32767 : (int)(scaled + (scaled < 0.0 ? -0.5 : 0.5));
}

#endif
