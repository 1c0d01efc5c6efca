#include "clients/cpp/spool_record.h"

#include "clients/cpp/crc32c.h"

namespace egi::client {
namespace {

template <typename T>
void PutLittleEndian(T value, std::string* out) {
  for (size_t i = 0; i < sizeof(T); ++i) out->push_back(static_cast<char>((static_cast<uint64_t>(value) >> (8 * i)) & 0xFF));
}

uint64_t GetLittleEndian(const char* data, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(static_cast<uint8_t>(data[i])) << (8 * i);
  return value;
}

struct Header {
  uint32_t length;
  uint32_t crc;
  int64_t index;
};

bool ReadHeader(const std::string& segment, size_t offset, Header* header) {
  if (offset + kRecordHeaderBytes > segment.size()) return false;
  const char* data = segment.data() + offset;
  header->length = static_cast<uint32_t>(GetLittleEndian(data, 4));
  header->crc = static_cast<uint32_t>(GetLittleEndian(data + 4, 4));
  header->index = static_cast<int64_t>(GetLittleEndian(data + 8, 8));
  return header->length <= segment.size() - offset - kRecordHeaderBytes;
}

bool Intact(const std::string& segment, size_t offset, const Header& header) {
  return header.crc == Crc32c(segment.data() + offset + 8, 8 + header.length);
}

}  // namespace

std::string EncodeRecord(int64_t index, const std::string& payload) {
  std::string body;
  body.reserve(8 + payload.size());
  PutLittleEndian(index, &body);
  body += payload;
  std::string record;
  record.reserve(kRecordHeaderBytes + payload.size());
  PutLittleEndian(static_cast<uint32_t>(payload.size()), &record);
  PutLittleEndian(Crc32c(body.data(), body.size()), &record);
  return record += body;
}

bool DecodeRecord(const std::string& segment, size_t offset, int64_t index, std::string* payload, size_t* size) {
  Header header;
  if (!ReadHeader(segment, offset, &header) || header.index != index || !Intact(segment, offset, header)) return false;
  payload->assign(segment, offset + kRecordHeaderBytes, header.length);
  *size = kRecordHeaderBytes + header.length;
  return true;
}

SegmentScan ScanSegment(const std::string& segment, int64_t first_index) {
  SegmentScan scan;
  Header header;
  while (ReadHeader(segment, scan.end, &header) && header.index == first_index + scan.records && Intact(segment, scan.end, header)) {
    scan.end += kRecordHeaderBytes + header.length;
    ++scan.records;
  }
  // A later record can only have a number above the damaged one; the number filters almost every offset before its checksum is computed.
  const int64_t damaged = first_index + scan.records;
  const int64_t most = damaged + static_cast<int64_t>((segment.size() - scan.end) / kRecordHeaderBytes);
  for (size_t offset = scan.end + 1; offset + kRecordHeaderBytes <= segment.size() && !scan.damaged_inside; ++offset) {
    scan.damaged_inside = ReadHeader(segment, offset, &header) && header.index > damaged && header.index <= most &&
                          Intact(segment, offset, header);
  }
  return scan;
}

}  // namespace egi::client
