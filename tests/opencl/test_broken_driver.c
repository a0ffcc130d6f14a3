/* A driver whose library is missing, beside the ones that work. */
#include "opencl/folder.h"

#include "backend/opencl/opencl.h"

/* Where the loader looks by default. */
#define VENDORS "/etc/OpenCL/vendors"

static char drivers[256];

static void copy_driver(const char *path) {
    char text[4096];
    FILE *file = fopen(path, "rb");
    if (!file)
        ckn_test_fail("cannot read %s", path);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    write_file(drivers, strrchr(path, '/') + 1, text);
}

static void test_others_work(void **state) {
    (void)state;
    make_folder(drivers);
    assert_true(each_file(VENDORS, copy_driver) > 0);
    write_file(drivers, "broken.icd", "libclkernest-there-is-no-such-driver.so.1\n");
    char folder[300];
    snprintf(folder, sizeof folder, "%s/", drivers);
    setenv("OCL_ICD_VENDORS", folder, 1); /* before the loader's first call */
    ckn_context_options options;
    memset(&options, 0, sizeof options);
    ckn_backend *backend = NULL;
    TRY_OK(ckn_opencl_create("opencl", &options, &backend, &error));
    backend->ops->destroy(backend);
    remove_folder(drivers);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_others_work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
