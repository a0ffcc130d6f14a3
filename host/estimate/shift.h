/* The translation between the pictures of a pair; see ckn_find_shift() in clkernest.h. */
#ifndef CKN_ESTIMATE_SHIFT_H
#define CKN_ESTIMATE_SHIFT_H

#include "backend/backend.h"

/* As ckn_find_shift(). CKN_ERROR_UNSUPPORTED where neither host nor device has an FFT. */
ckn_code ckn_shift_find(ckn_backend *backend, const ckn_pair *pair, ckn_shift *shift,
                        ckn_error *error);

#endif
