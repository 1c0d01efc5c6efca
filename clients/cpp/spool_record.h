// The form of a record in a spool segment, and the search for the end of what is intact.
//
//   length  u32  bytes of the payload, little-endian
//   crc     u32  CRC-32C of index and payload
//   index   i64  number of the item, little-endian
//   payload
#ifndef EGI_CLIENTS_CPP_SPOOL_RECORD_H_
#define EGI_CLIENTS_CPP_SPOOL_RECORD_H_

#include <cstdint>
#include <string>

namespace egi::client {

// Bytes of a record before its payload.
inline constexpr size_t kRecordHeaderBytes = 16;

// The bytes of one record.
std::string EncodeRecord(int64_t index, const std::string& payload);

// Reads the record at `offset`; true when it is complete, intact and has number `index`. `*size` is then its whole length.
bool DecodeRecord(const std::string& segment, size_t offset, int64_t index, std::string* payload, size_t* size);

// What a scan of a segment found.
struct SegmentScan {
  // Number of intact records at the start.
  int64_t records = 0;
  // Where they end; the rest of the segment is not intact.
  size_t end = 0;
  // An intact record stands after the damaged place: the damage is not the torn end of an interrupted write.
  bool damaged_inside = false;
};

// Scans a segment whose first record has number `first_index`.
SegmentScan ScanSegment(const std::string& segment, int64_t first_index);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_SPOOL_RECORD_H_
