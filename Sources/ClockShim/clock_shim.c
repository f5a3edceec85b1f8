// A preloaded library that gives a program the marketplace's time of day.
//
// Only the time of day is another: monotonic clocks, sleeps and time-outs stay real, so that a
// program under it waits as long as ever. Debian 12's libfaketime fakes or breaks those as well
// (with it, Python's time.sleep fails or an Event.wait never returns), which is why this exists.

#if defined(__linux__)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "clock_shim.h"

static const int64_t nanoseconds = 1000000000;

static struct turnpike_clock *shared;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_clock_nanosleep)(clockid_t, int, const struct timespec *, struct timespec *);
static int (*real_cond_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*real_mutex_timedlock)(pthread_mutex_t *, const struct timespec *);
static int (*real_sem_timedwait)(sem_t *, const struct timespec *);

static void *next(const char *name, const char *version) {
#if defined(__GLIBC__)
    // Without a version the loader gives the oldest condition variables, which are not these.
    void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
    if (found) return found;
#endif
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void) {
    real_clock_gettime = next("clock_gettime", NULL);
    real_clock_nanosleep = next("clock_nanosleep", NULL);
    real_cond_timedwait = next("pthread_cond_timedwait", "GLIBC_2.3.2");
    real_mutex_timedlock = next("pthread_mutex_timedlock", NULL);
    real_sem_timedwait = next("sem_timedwait", NULL);
    const char *path = getenv(TURNPIKE_CLOCK_FILE);
    if (!path) return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void *map = mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) shared = map;
}

static int64_t count(const struct timespec *time) {
    return time->tv_sec * nanoseconds + time->tv_nsec;
}

static struct timespec split(int64_t time) {
    struct timespec parts = {time / nanoseconds, time % nanoseconds};
    return parts;
}

static int64_t real_now(void) {
    struct timespec now;
    // Before `begin`, because another library's constructor asked.
    if (real_clock_gettime) real_clock_gettime(CLOCK_REALTIME, &now);
    else syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    return count(&now);
}

static int64_t marketplace_now(void) {
    int64_t real = real_now();
    if (!shared) return real;
    for (;;) {
        uint64_t sequence = __atomic_load_n(&shared->sequence, __ATOMIC_ACQUIRE);
        struct turnpike_clock clock = {
            0, __atomic_load_n(&shared->marketplace, __ATOMIC_RELAXED),
            __atomic_load_n(&shared->real, __ATOMIC_RELAXED),
            __atomic_load_n(&shared->speed, __ATOMIC_RELAXED)};
        atomic_thread_fence(memory_order_acquire);
        if ((sequence & 1) || sequence != __atomic_load_n(&shared->sequence, __ATOMIC_RELAXED))
            continue;
        __int128 passed = real > clock.real ? real - clock.real : 0;
        return clock.marketplace + (int64_t)(passed * clock.speed / 1000);
    }
}

// A deadline in marketplace time, as one in real time that is as far away.
static struct timespec real_deadline(const struct timespec *deadline) {
    // Nothing has been up for thirty years: this is a time since the machine's start.
    if (!shared || deadline->tv_sec < 1000000000) return *deadline;
    return split(real_now() + (count(deadline) - marketplace_now()));
}

static int is_time_of_day(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!is_time_of_day(clock)) {
        if (real_clock_gettime) return real_clock_gettime(clock, time);
        return (int)syscall(SYS_clock_gettime, clock, time);
    }
    *time = split(marketplace_now());
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    int64_t now = marketplace_now();
    time->tv_sec = now / nanoseconds;
    time->tv_usec = now % nanoseconds / 1000;
    return 0;
}

time_t time(time_t *place) {
    time_t now = marketplace_now() / nanoseconds;
    if (place) *place = now;
    return now;
}

int timespec_get(struct timespec *time, int base) {
    if (base != TIME_UTC) return 0;
    *time = split(marketplace_now());
    return base;
}

int clock_nanosleep(
    clockid_t clock, int flags, const struct timespec *time, struct timespec *left) {
    if (!(flags & TIMER_ABSTIME) || !is_time_of_day(clock))
        return real_clock_nanosleep(clock, flags, time, left);
    struct timespec deadline = real_deadline(time);
    return real_clock_nanosleep(clock, flags, &deadline, left);
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
    const struct timespec *restrict time) {
    struct timespec deadline = real_deadline(time);
    return real_cond_timedwait(condition, mutex, &deadline);
}

int pthread_mutex_timedlock(
    pthread_mutex_t *restrict mutex, const struct timespec *restrict time) {
    struct timespec deadline = real_deadline(time);
    return real_mutex_timedlock(mutex, &deadline);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict time) {
    struct timespec deadline = real_deadline(time);
    return real_sem_timedwait(semaphore, &deadline);
}

#endif
