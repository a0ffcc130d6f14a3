#include "backend/opencl/cl_shared.h"

#include "backend/opencl/cl_error.h"

#include <clFFT.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct shared_context {
    cl_device_id device;
    cl_context context;
    size_t references;
    bool seen_by_fft;
    struct shared_context *next;
} shared_context;

/* The one piece of global state, because clFFT has one. Order: registry before fft. */
static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t fft_mutex = PTHREAD_MUTEX_INITIALIZER;
static shared_context *registry; /* behind registry_mutex */
static size_t all_references;    /* behind registry_mutex */
static bool fft_is_set_up;       /* behind fft_mutex */

/* The entry of `device`, made where there is none. NULL with *status set where that fails. */
static shared_context *find_or_add(const ckn_cl_device *device, cl_int *status) {
    shared_context *entry = registry;
    while (entry && entry->device != device->id)
        entry = entry->next;
    if (entry)
        return entry;
    entry = calloc(1, sizeof *entry);
    *status = CL_OUT_OF_HOST_MEMORY;
    if (!entry)
        return NULL;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device->platform, 0};
    entry->device = device->id;
    entry->context = clCreateContext(properties, 1, &device->id, NULL, NULL, status);
    if (*status != CL_SUCCESS) {
        free(entry);
        return NULL;
    }
    entry->next = registry;
    registry = entry;
    return entry;
}

ckn_code ckn_cl_shared_acquire(const ckn_cl_device *device, cl_context *context, ckn_error *error) {
    cl_int status = CL_SUCCESS;
    pthread_mutex_lock(&registry_mutex);
    shared_context *entry = find_or_add(device, &status);
    if (entry) {
        entry->references++;
        all_references++;
        *context = entry->context;
    }
    pthread_mutex_unlock(&registry_mutex);
    return ckn_cl_check(status, "clCreateContext", error);
}

static void tear_fft_down(void) {
    pthread_mutex_lock(&fft_mutex);
    if (fft_is_set_up)
        clfftTeardown();
    fft_is_set_up = false;
    pthread_mutex_unlock(&fft_mutex);
}

void ckn_cl_shared_release(cl_context context) {
    pthread_mutex_lock(&registry_mutex);
    shared_context **link = &registry;
    while (*link && (*link)->context != context)
        link = &(*link)->next;
    shared_context *entry = *link;
    if (entry) {
        entry->references--;
        all_references--;
        if (all_references == 0)
            tear_fft_down();
        if (entry->references == 0 && !entry->seen_by_fft) {
            *link = entry->next;
            clReleaseContext(entry->context);
            free(entry);
        }
    }
    pthread_mutex_unlock(&registry_mutex);
}

static void note_fft_use(cl_context context) {
    pthread_mutex_lock(&registry_mutex);
    for (shared_context *entry = registry; entry; entry = entry->next) {
        if (entry->context == context)
            entry->seen_by_fft = true;
    }
    pthread_mutex_unlock(&registry_mutex);
}

ckn_code ckn_cl_shared_fft_lock(cl_context context, ckn_error *error) {
    note_fft_use(context);
    pthread_mutex_lock(&fft_mutex);
    if (fft_is_set_up)
        return CKN_OK;
    /* By hand: clfftInitSetupData() is a C99 inline without a definition to link to. */
    const clfftSetupData data = {clfftVersionMajor, clfftVersionMinor, clfftVersionPatch, 0};
    ckn_code code = ckn_cl_check((cl_int)clfftSetup(&data), "clfftSetup", error);
    if (code == CKN_OK)
        fft_is_set_up = true;
    else
        pthread_mutex_unlock(&fft_mutex);
    return code;
}

void ckn_cl_shared_fft_unlock(void) {
    pthread_mutex_unlock(&fft_mutex);
}
