// Lets valgrind run a program that uses libdispatch.
//
// libdispatch's main thread sleeps in sigsuspend with a mask in read-only memory. Valgrind 3.19
// writes into the mask that it is given, and dies. So it is given a copy.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return syscall(SYS_rt_sigsuspend, &copy, 8);
}
