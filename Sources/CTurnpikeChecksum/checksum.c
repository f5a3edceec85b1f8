// CRC-32C finds every flipped bit of a page, and every burst of up to 32 bits. It is in C because
// Swift has no way to the instruction that most processors have for it.
#include "turnpike_checksum.h"

#include <pthread.h>
#include <string.h>

static uint32_t tables[8][256];

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0x82F63B78 : 0);
        tables[0][byte] = value;
    }
    for (int table = 1; table < 8; table++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][before & 0xFF];
        }
    }
}

static uint32_t next_byte(uint32_t state, unsigned char byte) {
    return state >> 8 ^ tables[0][(state ^ byte) & 0xFF];
}

uint32_t turnpike_crc32c_portable(uint32_t checksum, const void *bytes, size_t count) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_tables);
    const unsigned char *next = bytes;
    uint32_t state = ~checksum;
    for (; count >= 8; count -= 8, next += 8) {
        uint32_t low = state ^ ((uint32_t)next[0] | (uint32_t)next[1] << 8
            | (uint32_t)next[2] << 16 | (uint32_t)next[3] << 24);
        state = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF]
            ^ tables[4][low >> 24] ^ tables[3][next[4]] ^ tables[2][next[5]] ^ tables[1][next[6]]
            ^ tables[0][next[7]];
    }
    for (; count > 0; count--, next++) state = next_byte(state, *next);
    return ~state;
}

enum { page_size = 4096, quarter = page_size / 4 };

/// Makes the checksum of a page of its number and the checksums of its quarters.
///
/// Each factor is odd, so that a change of one of them always changes the result. It is no further
/// CRC, because that would take a bit in one quarter for another bit in the next.
static uint32_t join(uint32_t number, const uint32_t quarters[4]) {
    static const uint32_t factors[4] = {0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F};
    uint32_t state = number * 0x165667B1;
    for (int part = 0; part < 4; part++) state += quarters[part] * factors[part];
    state ^= state >> 15;
    state *= 0x2C1B3C6D;
    return state ^ state >> 12;
}

static uint32_t page_checksum_portable(uint32_t number, const void *page, size_t reserved) {
    const unsigned char *bytes = page;
    uint32_t quarters[4];
    for (int part = 0; part < 4; part++) {
        size_t count = quarter - (part == 3 ? reserved : 0);
        quarters[part] = turnpike_crc32c(0, bytes + part * quarter, count);
    }
    return join(number, quarters);
}

#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t with_instruction(uint32_t checksum, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint64_t state = ~checksum;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __builtin_ia32_crc32di(state, word);
    }
    for (; count > 0; count--, next++) state = __builtin_ia32_crc32qi((uint32_t)state, *next);
    return ~(uint32_t)state;
}

uint32_t turnpike_crc32c(uint32_t checksum, const void *bytes, size_t count) {
    return __builtin_cpu_supports("sse4.2") ? with_instruction(checksum, bytes, count)
        : turnpike_crc32c_portable(checksum, bytes, count);
}

/// Each instruction waits for the one before it, so four rows of them take the time of one.
__attribute__((target("sse4.2")))
static uint32_t side_by_side(uint32_t number, const unsigned char *page, size_t reserved) {
    uint64_t states[4] = {~0u, ~0u, ~0u, ~0u};
    size_t common = (quarter - reserved) / 8 * 8;
    for (size_t at = 0; at < common; at += 8) {
        uint64_t words[4];
        for (int part = 0; part < 4; part++) memcpy(&words[part], page + part * quarter + at, 8);
        states[0] = __builtin_ia32_crc32di(states[0], words[0]);
        states[1] = __builtin_ia32_crc32di(states[1], words[1]);
        states[2] = __builtin_ia32_crc32di(states[2], words[2]);
        states[3] = __builtin_ia32_crc32di(states[3], words[3]);
    }
    uint32_t quarters[4];
    for (int part = 0; part < 4; part++) {
        size_t end = quarter - (part == 3 ? reserved : 0);
        quarters[part] = with_instruction(
            ~(uint32_t)states[part], page + part * quarter + common, end - common);
    }
    return join(number, quarters);
}

uint32_t turnpike_page_checksum(uint32_t number, const void *page, size_t reserved) {
    return __builtin_cpu_supports("sse4.2") ? side_by_side(number, page, reserved)
        : page_checksum_portable(number, page, reserved);
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

uint32_t turnpike_crc32c(uint32_t checksum, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint32_t state = ~checksum;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        state = __builtin_arm_crc32cd(state, word);
    }
    for (; count > 0; count--, next++) state = __builtin_arm_crc32cb(state, *next);
    return ~state;
}

uint32_t turnpike_page_checksum(uint32_t number, const void *page, size_t reserved) {
    return page_checksum_portable(number, page, reserved);
}

#else

uint32_t turnpike_crc32c(uint32_t checksum, const void *bytes, size_t count) {
    return turnpike_crc32c_portable(checksum, bytes, count);
}

uint32_t turnpike_page_checksum(uint32_t number, const void *page, size_t reserved) {
    return page_checksum_portable(number, page, reserved);
}

#endif
