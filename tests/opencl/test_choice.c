/* Which device a name means, on an invented list. */
#include "support/harness.h"

#include "backend/opencl/cl_platform.h"

#include <stdio.h>
#include <string.h>

static void name_device(ckn_cl_device *device, ckn_device_kind kind, const char *name,
                        const char *platform) {
    memset(device, 0, sizeof *device);
    device->info.kind = kind;
    snprintf(device->info.name, sizeof device->info.name, "%s", name);
    snprintf(device->info.platform, sizeof device->info.platform, "%s", platform);
}

static ckn_cl_device_list make_list(ckn_cl_device *devices) {
    name_device(&devices[0], CKN_DEVICE_OPENCL_CPU, "pthread-Xeon", "Portable Computing Language");
    name_device(&devices[1], CKN_DEVICE_OPENCL_GPU, "Radeon RX 9", "AMD Platform");
    name_device(&devices[2], CKN_DEVICE_OPENCL_GPU, "GeForce 1", "NVIDIA CUDA");
    return (ckn_cl_device_list){.items = devices, .count = 3, .platform_count = 3};
}

static void test_found(void **state) {
    (void)state;
    static const struct {
        const char *choice;
        size_t index;
    } cases[] = {
        {"opencl", 1},   {"OpenCL", 1},   {"opencl:0", 0},  {"opencl:2", 2},
        {"OPENCL:1", 1}, {"geforce", 2},  {"RADEON RX", 1}, {"xeon", 0},
        {"nvidia", 2},   {"portable", 0}, {"r", 0},         {"amd platform", 1},
    };
    ckn_cl_device devices[3];
    ckn_cl_device_list list = make_list(devices);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t index = 99;
        TRY_OK(ckn_cl_devices_choose(&list, cases[i].choice, &index, &error));
        if (index != cases[i].index)
            ckn_test_fail("'%s' means device %zu, not %zu", cases[i].choice, cases[i].index, index);
    }
}

static void test_first_without_gpu(void **state) {
    (void)state;
    ckn_cl_device devices[3];
    ckn_cl_device_list list = make_list(devices);
    size_t index = 99;
    list.count = 1;
    TRY_OK(ckn_cl_devices_choose(&list, "opencl", &index, &error));
    assert_int_equal(index, 0);
}

static void refuse(const ckn_cl_device_list *list, const char *choice, const char *part) {
    ckn_error error = {CKN_OK, ""};
    size_t index;
    assert_int_equal(ckn_cl_devices_choose(list, choice, &index, &error), CKN_ERROR_DEVICE);
    assert_int_equal(error.code, CKN_ERROR_DEVICE);
    if (!strstr(error.message, part))
        ckn_test_fail("'%s': the message does not say '%s': %s", choice, part, error.message);
}

static void test_refused(void **state) {
    (void)state;
    ckn_cl_device devices[3];
    ckn_cl_device_list list = make_list(devices);
    refuse(&list, "opencl:3", "opencl:1 Radeon RX 9 (AMD Platform)");
    refuse(&list, "opencl:99999999999999999999", "wants an index");
    refuse(&list, "opencl:", "wants an index");
    refuse(&list, "opencl:-1", "wants an index");
    refuse(&list, "opencl: 1", "wants an index");
    refuse(&list, "opencl:1x", "wants an index");
    refuse(&list, "", "empty");
    refuse(&list, "matrox", "opencl:2 GeForce 1 (NVIDIA CUDA)");
}

static void test_no_platform(void **state) {
    (void)state;
    const ckn_cl_device_list none = {0};
    refuse(&none, "opencl", "no OpenCL platform is installed");
    refuse(&none, "opencl:0", "pocl-opencl-icd");
    refuse(&none, "geforce", "nvidia-opencl-icd");
    refuse(&none, "radeon", "mesa-opencl-icd");
    refuse(&none, "arc", "intel-opencl-icd");
    refuse(&none, "opencl", "--device cpu needs none");
}

static void test_no_device(void **state) {
    (void)state;
    char warnings[] = "Some Platform: clGetDeviceIDs failed; left out";
    const ckn_cl_device_list list = {.platform_count = 1, .warnings = warnings};
    refuse(&list, "opencl", "no usable device");
    refuse(&list, "opencl", warnings);
}

/* More devices than a message can name. */
static void test_many_devices(void **state) {
    (void)state;
    ckn_cl_device devices[100];
    for (size_t i = 0; i < 100; i++)
        name_device(&devices[i], CKN_DEVICE_OPENCL_GPU, "A device with quite a long name", "P");
    const ckn_cl_device_list list = {.items = devices, .count = 100, .platform_count = 1};
    refuse(&list, "matrox", "opencl:3 A device");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),     cmocka_unit_test(test_first_without_gpu),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_no_platform),
        cmocka_unit_test(test_no_device), cmocka_unit_test(test_many_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
