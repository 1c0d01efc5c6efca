#include "simulators/station/vl53l8ch/frame_writer.h"

#include <cstring>
#include <utility>

#include "simulators/station/vl53l8ch/registers.h"

namespace egi::station::vl53l8ch {

void SwapWords(uint8_t* bytes, size_t count) {
  for (size_t i = 0; i + 3 < count; i += 4) {
    uint32_t word;
    std::memcpy(&word, bytes + i, 4);
    word = __builtin_bswap32(word);
    std::memcpy(bytes + i, &word, 4);
  }
}

FrameWriter::FrameWriter() {
  bytes_.reserve(kFrameBytes);
  bytes_.resize(kFrameHeaderBytes);
}

void FrameWriter::Begin(uint16_t index, int type, int size) {
  Put(static_cast<uint32_t>(index) << 16 | static_cast<uint32_t>(size) << 4 | static_cast<uint32_t>(type));
}

void FrameWriter::Put(uint32_t value) {
  const size_t at = bytes_.size();
  bytes_.resize(at + 4);
  std::memcpy(&bytes_[at], &value, 4);
}

std::vector<uint8_t> FrameWriter::Finish(uint8_t stream_count) {
  bytes_[9] = stream_count;  // bytes 8 and 9: the identity, repeated at the end
  Put(static_cast<uint32_t>(stream_count) << 8);
  SwapWords(bytes_.data(), bytes_.size());
  bytes_[0] = stream_count;
  bytes_[1] = 0x05;
  bytes_[2] = 0x05;
  bytes_[3] = 0x10;
  return std::move(bytes_);
}

}  // namespace egi::station::vl53l8ch
