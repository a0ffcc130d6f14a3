/* Wall-clock time for the figures in results. */
#ifndef CKN_BASE_CLOCK_H
#define CKN_BASE_CLOCK_H

/* Seconds of a monotonic clock with an arbitrary origin. */
double ckn_seconds(void);

#endif
