#include "io/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".clkernest-"
#define SUFFIX ".tmp"

/* Files are written within seconds; an hour spares those of another machine or container, whose
 * process cannot be seen from here. */
enum { OLD_SECONDS = 3600, MOST_NAMES = 20000 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static size_t count_digits(const char *text) {
    size_t count = 0;
    while (is_digit(text[count]))
        count++;
    return count;
}

bool ckn_leftover_name(const char *name, long *process) {
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    name += sizeof PREFIX - 1;
    size_t digits = count_digits(name);
    if (digits < 1 || digits > 10 || name[digits] != '-')
        return false;
    *process = strtol(name, NULL, 10);
    name += digits + 1;
    digits = count_digits(name);
    if (digits < 1 || digits > 10 || name[digits] != '-')
        return false;
    name += digits + 1;
    for (digits = 0; digits < 8; digits++) {
        if (!is_hexadecimal(name[digits]))
            return false;
    }
    return strcmp(name + digits, SUFFIX) == 0;
}

/* Process numbers are given again, in containers the same few: our own tells nothing. */
static bool is_running(long process) {
    return process != (long)getpid() && (kill((pid_t)process, 0) == 0 || errno == EPERM);
}

static void remove_old(int folder, const char *name, time_t now) {
    struct stat status;
    long process;
    if (!ckn_leftover_name(name, &process) || is_running(process) ||
        fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        now - status.st_mtime > OLD_SECONDS)
        unlinkat(folder, name, 0);
}

/* Many outputs of one process go to one folder: the last one is remembered. */
static bool is_new(int folder) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct stat last;
    struct stat status;
    if (fstat(folder, &status) != 0)
        return false;
    pthread_mutex_lock(&lock);
    bool known = status.st_dev == last.st_dev && status.st_ino == last.st_ino;
    last = status;
    pthread_mutex_unlock(&lock);
    return !known;
}

void ckn_leftovers_remove(const char *folder, time_t now) {
    DIR *listing = opendir(folder);
    if (!listing)
        return;
    int descriptor = dirfd(listing);
    if (is_new(descriptor)) {
        struct dirent *entry;
        for (int i = 0; i < MOST_NAMES && (entry = readdir(listing)); i++)
            remove_old(descriptor, entry->d_name, now);
    }
    closedir(listing);
}
