/* What a caller may ask of an estimate. */
#ifndef CKN_ESTIMATE_OPTIONS_H
#define CKN_ESTIMATE_OPTIONS_H

#include "estimate/solver.h"

/* Refuses values out of range and contradictions. */
ckn_code ckn_estimate_options_check(const ckn_estimate_options *options, ckn_error *error);

#endif
