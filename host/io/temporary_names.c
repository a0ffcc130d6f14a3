#include "io/temporary_names.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum slot_state { SLOT_FREE = 0, SLOT_RESERVED, SLOT_PUBLISHED };

/* Global by need: a signal handler gets no argument. The states are lock-free atomics, which a
 * handler may read, and each name is written by the one thread that reserved its slot. */
static struct slot {
    atomic_int state;
    char name[CKN_TEMPORARY_NAME_SIZE];
} slots[CKN_TEMPORARY_SLOTS];

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may read lock-free atomics only");

/* Unique within the process by the counter, on the machine by the process, and on a shared folder
 * by the time; whoever creates the file excludes what is left. */
bool ckn_temporary_make_name(char name[CKN_TEMPORARY_NAME_SIZE], const char *folder,
                             const char *suffix) {
    static atomic_uint counter;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int length = snprintf(name, CKN_TEMPORARY_NAME_SIZE, "%s/.clkernest-%ld-%u-%08lx%s", folder,
                          (long)getpid(), atomic_fetch_add(&counter, 1U),
                          (unsigned long)now.tv_nsec, suffix);
    return length > 0 && length < CKN_TEMPORARY_NAME_SIZE;
}

int ckn_temporary_publish(const char *name) {
    for (int i = 0; i < CKN_TEMPORARY_SLOTS; i++) {
        int expected = SLOT_FREE;
        if (!atomic_compare_exchange_strong(&slots[i].state, &expected, SLOT_RESERVED))
            continue;
        snprintf(slots[i].name, sizeof slots[i].name, "%s", name);
        atomic_store(&slots[i].state, SLOT_PUBLISHED);
        return i;
    }
    return -1;
}

const char *ckn_temporary_name(int slot) {
    return slots[slot].name;
}

void ckn_temporary_forget(int slot) {
    atomic_store(&slots[slot].state, SLOT_FREE);
}

bool ckn_temporary_unlink_all(void) {
    int saved = errno;
    bool any = false;
    for (int i = 0; i < CKN_TEMPORARY_SLOTS; i++) {
        if (atomic_load(&slots[i].state) == SLOT_PUBLISHED)
            any = unlink(slots[i].name) == 0 || any;
    }
    errno = saved;
    return any;
}
