/* Hatching of what is left out. */
#ifndef CKN_CLI_REPORT_HATCH_H
#define CKN_CLI_REPORT_HATCH_H

#include "base/view.h"

#include <stdint.h>

/* Draws stripes of both colours over the pixels of which `masked` is at least a tenth, or NaN. */
void ckn_hatch(uint32_t *pixels, const double *masked, ckn_shape shape, uint32_t dark,
               uint32_t light);

#endif
