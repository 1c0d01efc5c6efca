#include "simulators/station/firmware/tof_frame.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "simulators/station/vl53l8ch/registers.h"

namespace egi::station::firmware {
namespace {

namespace part = vl53l8ch;

uint32_t Word(const std::vector<uint8_t>& bytes, size_t at) {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | static_cast<uint32_t>(bytes[at + 3]) << 24;
}
uint16_t Half(const std::vector<uint8_t>& bytes, size_t at) { return static_cast<uint16_t>(bytes[at] | bytes[at + 1] << 8); }

// Fills a map zone by zone; the lens turned the picture by half a turn.
template <typename Figures, typename Read>
void Fill(Figures* figures, const Read& read) {
  for (size_t i = 0; i < kZones; ++i) (*figures)[kZones - 1 - i] = read(i);
}

constexpr int kBlocks = 9;

// True when the block is one this driver reads.
bool ReadBlock(uint16_t index, const std::vector<uint8_t>& bytes, size_t at, RawFrame* frame) {
  const auto word = [&](size_t i) { return Word(bytes, at + 4 * i); };
  const auto half = [&](size_t i) { return Half(bytes, at + 2 * i); };
  const auto byte = [&](size_t i) { return bytes[at + i]; };
  switch (index) {
    case part::kMetadata:
      frame->temperature_c = static_cast<int8_t>(bytes[at + part::kTemperatureAt]);
      return true;
    case part::kAmbient:
      Fill(&frame->ambient_kcps, [&](size_t i) { return word(i) / part::kAmbientSteps; });
      return true;
    case part::kSpads:
      Fill(&frame->spads, word);
      return true;
    case part::kTargets:
      Fill(&frame->targets, byte);
      return true;
    case part::kSignal:
      Fill(&frame->signal_kcps, [&](size_t i) { return word(i) / part::kSignalSteps; });
      return true;
    case part::kSigma:
      Fill(&frame->sigma_mm, [&](size_t i) { return half(i) / part::kSigmaSteps; });
      return true;
    case part::kDistance:
      Fill(&frame->distance_mm, [&](size_t i) { return std::max(0.0, static_cast<int16_t>(half(i)) / part::kDistanceSteps); });
      return true;
    case part::kReflectance:
      Fill(&frame->reflectance_pct, [&](size_t i) { return byte(i) / part::kReflectanceSteps; });
      return true;
    case part::kStatus:
      Fill(&frame->status, byte);
      return true;
    default:
      return false;
  }
}

}  // namespace

void SwapWords(std::vector<uint8_t>* bytes) {
  for (size_t i = 0; i + 3 < bytes->size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, bytes->data() + i, 4);
    word = __builtin_bswap32(word);
    std::memcpy(bytes->data() + i, &word, 4);
  }
}

absl::StatusOr<RawFrame> DecodeFrame(std::vector<uint8_t> bytes) {
  if (bytes.size() < part::kFrameHeaderBytes + part::kFrameFooterBytes) return absl::DataLossError("the frame is too short");
  RawFrame frame;
  frame.stream_count = bytes[0];
  SwapWords(&bytes);
  const size_t end = bytes.size() - part::kFrameFooterBytes;
  if (bytes[8] != bytes[end] || bytes[9] != bytes[end + 1]) return absl::DataLossError("header and footer of the frame disagree");
  int blocks = 0;
  for (size_t at = part::kFrameHeaderBytes; at + 4 <= end;) {
    const uint32_t header = Word(bytes, at);
    const uint32_t type = header & 0xF, size = header >> 4 & 0xFFF;
    const size_t length = type > 1 && type < 13 ? type * size : size;
    at += 4;
    if (at + length > end) return absl::DataLossError("a block runs over the end of the frame");
    blocks += ReadBlock(static_cast<uint16_t>(header >> 16), bytes, at, &frame);
    at += length;
  }
  if (blocks != kBlocks) return absl::DataLossError(absl::StrCat("the frame has ", blocks, " of ", kBlocks, " blocks"));
  return frame;
}

}  // namespace egi::station::firmware
