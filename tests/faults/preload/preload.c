#include "preload.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COUNTERS = 128, RANGES = 16 };

typedef struct code_range {
    preload_caller caller;
    uintptr_t low, high;
} code_range;

static code_range ranges[RANGES];
static size_t range_count;

static char fault_name[56]; /* empty: nothing fails */
static uint64_t fault_n;
static int fault_code;
static bool fault_goes_on;

/* In a file that is mapped, so that the counts outlive a crash. counters[0] counts the faults. */
static preload_counter *counters;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int add_ranges(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    const char *name = object->dlpi_name;
    preload_caller caller = CALLER_OTHER;
    if (name[0] == '\0' || strstr(name, "libclkernest"))
        caller = CALLER_OWN; /* the program itself has no name */
    else if (strstr(name, "libclFFT"))
        caller = CALLER_CLFFT;
    if (caller == CALLER_OTHER)
        return 0;
    for (size_t i = 0; i < object->dlpi_phnum && range_count < RANGES; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        uintptr_t low = object->dlpi_addr + segment->p_vaddr;
        ranges[range_count++] = (code_range){caller, low, low + segment->p_memsz};
    }
    return 0;
}

preload_caller preload_caller_of(const void *return_address) {
    uintptr_t address = (uintptr_t)return_address;
    for (size_t i = 0; i < range_count; i++) {
        if (address >= ranges[i].low && address < ranges[i].high)
            return ranges[i].caller;
    }
    return CALLER_OTHER;
}

/* The name of an OpenCL call of clFFT holds a colon itself, so the numbers are sought from the
 * end. */
static void read_fault(const char *text) {
    char fields[96];
    snprintf(fields, sizeof fields, "%s", text);
    char *last = strrchr(fields, ':');
    if (last && strcmp(last, ":on") == 0) {
        fault_goes_on = true;
        *last = '\0';
        last = strrchr(fields, ':');
    }
    if (!last)
        return;
    *last = '\0';
    char *number = strrchr(fields, ':');
    if (!number)
        return;
    *number = '\0';
    fault_code = (int)strtol(last + 1, NULL, 10);
    fault_n = strtoull(number + 1, NULL, 10);
    memcpy(fault_name, fields, sizeof fault_name - 1);
}

static preload_counter *map_report(const char *path) {
    static const preload_counter none[COUNTERS];
    const size_t size = sizeof none;
    int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0 || write(descriptor, none, size) != (ssize_t)size)
        return NULL;
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    return map == MAP_FAILED ? NULL : map;
}

__attribute__((constructor)) static void start(void) {
    const char *fault = getenv("CKN_FAULT"), *report = getenv("CKN_FAULT_REPORT");
    preload_counter *map = report ? map_report(report) : NULL;
    if (!map) {
        fprintf(stderr, "preload: set CKN_FAULT_REPORT to a file that can be written\n");
        _exit(125);
    }
    if (fault)
        read_fault(fault);
    dl_iterate_phdr(add_ranges, NULL);
    memcpy(map[0].name, "faults", sizeof "faults");
    counters = map;
    preload_trap_system_calls();
}

/* NULL where all are taken. */
static preload_counter *find_counter(const char *name) {
    pthread_mutex_lock(&lock);
    preload_counter *found = NULL;
    for (size_t i = 1; i < COUNTERS && !found; i++) {
        if (counters[i].name[0] == '\0')
            memcpy(counters[i].name, name, strnlen(name, sizeof counters[i].name - 1));
        if (strcmp(counters[i].name, name) == 0)
            found = &counters[i];
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool preload_fails(const char *name) {
    preload_counter *counter = counters ? find_counter(name) : NULL;
    if (!counter)
        return false;
    uint64_t n = atomic_fetch_add(&counter->calls, 1) + 1;
    bool fails =
        preload_concerns(name) && fault_name[0] && (n == fault_n || (fault_goes_on && n > fault_n));
    if (fails)
        atomic_fetch_add(&counters[0].calls, 1);
    return fails;
}

bool preload_concerns(const char *name) {
    return fault_name[0] == '\0' || strcmp(fault_name, name) == 0;
}

int preload_code(void) {
    return fault_code;
}

void preload_find_original(const char *name, void *function) {
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}
