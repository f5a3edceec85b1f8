/// What `turnpike clock run` and the library that it preloads have in common: a file of this size,
/// mapped by every process that runs in marketplace time.
///
/// All numbers are in the machine's byte order; times are nanoseconds since 1970.

#ifndef CLOCK_SHIM_H
#define CLOCK_SHIM_H

#include <stdint.h>

struct turnpike_clock {
    /// Odd while the rest is being written.
    uint64_t sequence;
    /// The marketplace's time at `real`.
    int64_t marketplace;
    int64_t real;
    /// Thousandths of a marketplace second in a real second; 0 is a frozen clock.
    int64_t speed;
};

/// Names the file; without it, time is real.
#define TURNPIKE_CLOCK_FILE "TURNPIKE_CLOCK_FILE"

#endif
