/* System calls, whoever makes them: also those inside of libc, which replace no function there. The
 * kernel sends SIGSYS for them (seccomp); the handler makes the call in its stead, or lets it fail.
 */
#include "preload.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "the handler below knows the registers of x86-64 only"
#endif

typedef struct system_call {
    unsigned number;
    const char *name;
} system_call;

#define CALL(name)                                                                                 \
    { SYS_##name, #name }
static const system_call calls[] = {
    CALL(access),   CALL(close),     CALL(faccessat2),   CALL(fchmod),        CALL(fchown),
    CALL(fsync),    CALL(ftruncate), CALL(getdents64),   CALL(link),          CALL(linkat),
    CALL(lseek),    CALL(mkdir),     CALL(newfstatat),   CALL(openat),        CALL(pread64),
    CALL(pwrite64), CALL(read),      CALL(readlink),     CALL(readv),         CALL(rename),
    CALL(renameat), CALL(renameat2), CALL(timer_create), CALL(timer_settime), CALL(unlink),
    CALL(unlinkat), CALL(write),     CALL(writev),
};

enum { CALLS = sizeof calls / sizeof calls[0] };

/* None of these calls has a sixth argument: there it tells the filter that we are calling. */
#define PASS 0x636b6e21u

static void on_system_call(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    int saved = errno;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const char *name = NULL;
    for (size_t i = 0; i < CALLS; i++) {
        if (calls[i].number == (unsigned)info->si_syscall)
            name = calls[i].name;
    }
    if (name && preload_fails(name)) {
        registers[REG_RAX] = -preload_code();
    } else {
        long result = syscall(info->si_syscall, registers[REG_RDI], registers[REG_RSI],
                              registers[REG_RDX], registers[REG_R10], registers[REG_R8], PASS);
        registers[REG_RAX] = result < 0 ? -errno : result;
    }
    errno = saved;
}

/* load the number; for each call: if it is this one, go to the end; ALLOW; end: PASS? ALLOW : TRAP
 */
static bool install_filter(void) {
    struct sock_filter program[CALLS + 8];
    unsigned short length = 0;
    size_t wanted = 0, left;
    for (size_t i = 0; i < CALLS; i++)
        wanted += preload_concerns(calls[i].name);
    if (wanted == 0)
        return true;
    program[length++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    left = wanted;
    for (size_t i = 0; i < CALLS; i++) {
        if (preload_concerns(calls[i].name))
            program[length++] = (struct sock_filter)BPF_JUMP(
                BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, (unsigned char)left--, 0);
    }
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                     offsetof(struct seccomp_data, args[5]));
    program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PASS, 0, 1);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog filter = {length, program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

void preload_trap_system_calls(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_system_call;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    if (sigaction(SIGSYS, &action, NULL) != 0 || !install_filter()) {
        perror("preload: no filter for system calls");
        _exit(125);
    }
}
