#include "backend/opencl/cl_platform.h"
#include "base/memory.h"

#include <stdlib.h>

ckn_code ckn_devices_list(ckn_device_info **devices, size_t *count, char **warnings,
                          ckn_error *error) {
    if (!devices || !count)
        return ckn_fail(error, CKN_ERROR_ARGUMENT,
                        "ckn_devices_list needs a place for the devices and for their count");
    *devices = NULL;
    *count = 0;
    if (warnings)
        *warnings = NULL;
    ckn_cl_device_list list;
    CKN_TRY(ckn_cl_devices_find(&list, error));
    ckn_code code = ckn_allocate(devices, list.count, sizeof **devices, "OpenCL devices", error);
    if (code == CKN_OK) {
        for (size_t i = 0; i < list.count; i++)
            (*devices)[i] = list.items[i].info;
        *count = list.count;
        if (warnings) {
            *warnings = list.warnings;
            list.warnings = NULL;
        }
    }
    ckn_cl_devices_release(&list);
    return code;
}
