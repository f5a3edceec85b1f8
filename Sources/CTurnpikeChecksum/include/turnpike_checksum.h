#ifndef TURNPIKE_CHECKSUM_H
#define TURNPIKE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of bytes, going on from the checksum of those before them; 0 at first.
uint32_t turnpike_crc32c(uint32_t checksum, const void *bytes, size_t count);

/// The same without the processor's own instruction, for the test that compares the two.
uint32_t turnpike_crc32c_portable(uint32_t checksum, const void *bytes, size_t count);

/// The checksum of a page of 4096 bytes: of its number and of all its bytes but the last `reserved`,
/// which are a multiple of 4 below 1024.
///
/// It is made of the number and of the CRC-32C of each quarter, which the processor makes side by
/// side. A flipped bit changes one of those, and so changes what is made of them.
uint32_t turnpike_page_checksum(uint32_t number, const void *page, size_t reserved);

#endif
