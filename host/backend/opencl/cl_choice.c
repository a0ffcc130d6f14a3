#include "backend/opencl/cl_platform.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool contains(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; *text; text++) {
        if (strncasecmp(text, part, length) == 0)
            return true;
    }
    return false;
}

/* "opencl:0 NAME (PLATFORM), opencl:1 ..." as far as it fits. */
static void list_devices(const ckn_cl_device_list *list, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%sopencl:%zu %s (%s)", i ? ", " : "", i,
                 list->items[i].info.name, list->items[i].info.platform);
    }
}

static ckn_code fail_without_devices(const ckn_cl_device_list *list, const char *choice,
                                     ckn_error *error) {
    return ckn_fail(error, CKN_ERROR_DEVICE,
                    "device '%s': %s%s%s; install the package that brings your device's driver: "
                    "nvidia-opencl-icd (NVIDIA), rocm-opencl-icd or mesa-opencl-icd (AMD), "
                    "intel-opencl-icd (Intel), pocl-opencl-icd (any CPU); --device cpu needs none",
                    choice,
                    list->platform_count ? "the OpenCL platforms have no usable device"
                                         : "no OpenCL platform is installed",
                    list->warnings ? ": " : "", list->warnings ? list->warnings : "");
}

static ckn_code fail_no_match(const ckn_cl_device_list *list, const char *choice,
                              ckn_error *error) {
    char devices[600];
    list_devices(list, devices, sizeof devices);
    return ckn_fail(error, CKN_ERROR_DEVICE, "there is no device '%.100s'; there are: cpu, %s",
                    choice, devices);
}

static size_t first_gpu_else_first(const ckn_cl_device_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].info.kind == CKN_DEVICE_OPENCL_GPU)
            return i;
    }
    return 0;
}

/* Digits only: "opencl:-1", "opencl: 1" and "opencl:1x" are mistakes. */
static bool parse_index(const char *text, size_t *index) {
    char *end = NULL;
    if (!isdigit((unsigned char)*text) || strlen(text) > 9)
        return false;
    *index = (size_t)strtoul(text, &end, 10);
    return *end == '\0';
}

ckn_code ckn_cl_devices_choose(const ckn_cl_device_list *list, const char *choice, size_t *index,
                               ckn_error *error) {
    if (!choice || !*choice)
        return ckn_fail(error, CKN_ERROR_DEVICE,
                        "the device name is empty; use auto, cpu, opencl, opencl:INDEX or a part "
                        "of a device's name");
    if (list->count == 0)
        return fail_without_devices(list, choice, error);
    if (strcasecmp(choice, "opencl") == 0) {
        *index = first_gpu_else_first(list);
        return CKN_OK;
    }
    if (strncasecmp(choice, "opencl:", 7) == 0) {
        if (!parse_index(choice + 7, index))
            return ckn_fail(error, CKN_ERROR_DEVICE,
                            "device '%.100s': opencl: wants an index, for example opencl:0",
                            choice);
        return *index < list->count ? CKN_OK : fail_no_match(list, choice, error);
    }
    for (*index = 0; *index < list->count; ++*index) {
        if (contains(list->items[*index].info.name, choice))
            return CKN_OK;
    }
    for (*index = 0; *index < list->count; ++*index) {
        if (contains(list->items[*index].info.platform, choice))
            return CKN_OK;
    }
    return fail_no_match(list, choice, error);
}
