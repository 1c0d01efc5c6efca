// CRC-32C (Castagnoli), the checksum of the spool's records. Polynomial and test vectors: RFC 3720, appendix B.4.
#ifndef EGI_CLIENTS_CPP_CRC32C_H_
#define EGI_CLIENTS_CPP_CRC32C_H_

#include <cstddef>
#include <cstdint>

namespace egi::client {

// Checksum of `size` bytes at `data`, continuing from `crc` (0 to start). Crc32c(b, Crc32c(a)) = Crc32c(a ++ b).
uint32_t Crc32c(const void* data, size_t size, uint32_t crc = 0);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_CRC32C_H_
