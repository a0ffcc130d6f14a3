/* The windows of the kernel's size in a plane, one for each sample of the valid support. */
#ifndef CKN_STATISTICS_WINDOWS_H
#define CKN_STATISTICS_WINDOWS_H

#include "base/view.h"

/* Receives a window's position in the valid support, in row-major order, and how many of its
 * samples are 0. Returns false to end the walk. */
typedef bool (*ckn_window_fn)(void *user, size_t window, size_t zeros);

/* Visits every window of `plane` in row-major order, in time that does not depend on the kernel's
 * size. CKN_ERROR_MEMORY is the only failure. */
ckn_code ckn_windows_visit(const ckn_view *plane, ckn_shape kernel, ckn_window_fn visit, void *user,
                           ckn_error *error);

#endif
