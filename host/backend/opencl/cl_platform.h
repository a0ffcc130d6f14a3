/* Which OpenCL devices there are, and which one a choice names. */
#ifndef CKN_BACKEND_CL_PLATFORM_H
#define CKN_BACKEND_CL_PLATFORM_H

#include "base/status.h"

#include <CL/cl.h>
#include <stdbool.h>

/* A usable device; plain data, nothing to release. */
typedef struct ckn_cl_device {
    cl_platform_id platform;
    cl_device_id id;
    cl_device_type type;
    ckn_device_info info;
    char platform_version[256];
    size_t max_item_sizes[3];
    cl_uint vector_width; /* native, of float */
    bool fast_fma;        /* fused multiply-adds of floats in hardware */
} ckn_cl_device;

typedef struct ckn_cl_device_list {
    ckn_cl_device *items; /* in the order of "opencl:INDEX" */
    size_t count;
    size_t platform_count;
    char *warnings; /* one line each for what was left out; NULL where there is nothing to say */
} ckn_cl_device_list;

/* Asks every platform. CLKERNEST_NO_FP64 and CLKERNEST_NO_FMA, set to anything but 0, hide what
 * devices can do, so that the ways without it can be tested. One that fails is left out and
 * described in `warnings`. No platform at all is no error. Release with ckn_cl_devices_release().
 */
ckn_code ckn_cl_devices_find(ckn_cl_device_list *list, ckn_error *error);
void ckn_cl_devices_release(ckn_cl_device_list *list); /* safe on a zeroed list */

/* The device that `choice` names (see ckn_opencl_create()), as an index into the list.
 * CKN_ERROR_DEVICE says what there is, or which packages bring a driver. */
ckn_code ckn_cl_devices_choose(const ckn_cl_device_list *list, const char *choice, size_t *index,
                               ckn_error *error);

#endif
