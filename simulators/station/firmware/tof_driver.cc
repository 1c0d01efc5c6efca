#include "simulators/station/firmware/tof_driver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "simulators/station/vl53l8ch/registers.h"

namespace egi::station::firmware {
namespace {

namespace part = vl53l8ch;

constexpr absl::Duration kLongestPoll = absl::Milliseconds(500);
constexpr absl::Duration kPollPause = absl::Milliseconds(1);
constexpr absl::Duration kFramePause = absl::Milliseconds(5);
constexpr size_t kLongestItem = 4092;  // the size of an item has 12 bits, and words are whole

#define RETURN_IF_ERROR(expression) \
  if (absl::Status status = (expression); !status.ok()) return status

std::vector<uint8_t> MakeChipFirmware() {
  std::vector<uint8_t> image(part::kFirmwareBytes);
  uint32_t sum = 0, word = 0x45474931;  // "EGI1"
  for (size_t i = 0; i + 4 < image.size(); i += 4) {
    word = word * 1664525 + 1013904223;  // Numerical Recipes' generator
    std::memcpy(image.data() + i, &word, 4);
    sum += word;
  }
  const uint32_t last = 0 - sum;
  std::memcpy(image.data() + part::kFirmwareBytes - 4, &last, 4);
  return image;
}

}  // namespace

const std::vector<uint8_t>& TofChipFirmware() {
  static const auto& image = *new std::vector<uint8_t>(MakeChipFirmware());
  return image;
}

absl::Status TofDriver::Write(uint16_t index, const uint8_t* bytes, size_t count) {
  buffer_.assign({static_cast<uint8_t>(index >> 8), static_cast<uint8_t>(index)});
  buffer_.insert(buffer_.end(), bytes, bytes + count);
  return transfers_.Write(part::kAddress, buffer_.data(), buffer_.size());
}

absl::Status TofDriver::Read(uint16_t index, uint8_t* bytes, size_t count) {
  const std::array<uint8_t, 2> at = {static_cast<uint8_t>(index >> 8), static_cast<uint8_t>(index)};
  return transfers_.WriteRead(part::kAddress, at.data(), at.size(), bytes, count);
}

absl::Status TofDriver::WriteByte(uint16_t index, uint8_t value) { return Write(index, &value, 1); }
absl::Status TofDriver::SetPage(uint8_t page) { return WriteByte(part::kPage, page); }

absl::Status TofDriver::Poll(int size, int position, uint16_t index, uint8_t mask, uint8_t expected) {
  const absl::Duration deadline = clock_.Uptime() + kLongestPoll;
  std::array<uint8_t, 4> bytes{};
  for (;;) {
    RETURN_IF_ERROR(Read(index, bytes.data(), static_cast<size_t>(size)));
    if ((bytes[static_cast<size_t>(position)] & mask) == expected) break;
    if (clock_.Uptime() >= deadline) return absl::DeadlineExceededError(absl::StrFormat("VL53L8CH: register 0x%04X stays 0x%02X", index, bytes[static_cast<size_t>(position)]));
    clock_.Wait(kPollPause);
  }
  if (size == 4 && bytes[2] != 0) return absl::InternalError(absl::StrFormat("VL53L8CH: command refused with 0x%02X", bytes[2]));
  return absl::OkStatus();
}

absl::Status TofDriver::Boot(const std::vector<uint8_t>& chip_firmware) {
  std::array<uint8_t, 2> id{};
  RETURN_IF_ERROR(SetPage(0));
  RETURN_IF_ERROR(Read(part::kDeviceId, id.data(), id.size()));
  if (id[0] != part::kDeviceIdValue || id[1] != part::kRevisionIdValue) {
    return absl::NotFoundError(absl::StrFormat("VL53L8CH expected at 0x%02X (0xF0, 0x0C), 0x%02X and 0x%02X found", part::kAddress, id[0], id[1]));
  }
  // Reboot by software, then the processor is held while its memory is filled.
  RETURN_IF_ERROR(WriteByte(part::kPower, 0x04));
  RETURN_IF_ERROR(WriteByte(0x0F, 0x40));
  RETURN_IF_ERROR(WriteByte(0x0A, 0x03));
  RETURN_IF_ERROR(WriteByte(part::kHostAccess, 0x01));
  RETURN_IF_ERROR(WriteByte(0x0A, 0x01));
  clock_.Wait(absl::Milliseconds(100));
  RETURN_IF_ERROR(WriteByte(part::kMcuRun, 0x00));
  RETURN_IF_ERROR(Download(chip_firmware));
  RETURN_IF_ERROR(SetPage(0));
  RETURN_IF_ERROR(WriteByte(part::kHostAccess, 0x00));
  RETURN_IF_ERROR(WriteByte(part::kMcuRun, 0x01));
  RETURN_IF_ERROR(Poll(1, 0, part::kGo2Status0, 0x80, 0x80));
  RETURN_IF_ERROR(Poll(1, 0, part::kGo2Status1, 0x01, 0x01));
  RETURN_IF_ERROR(SetPage(2));
  return Calibrate();
}

absl::Status TofDriver::Download(const std::vector<uint8_t>& chip_firmware) {
  size_t at = 0;
  for (size_t i = 0; i < part::kFirmwarePages.size(); ++i) {
    RETURN_IF_ERROR(SetPage(static_cast<uint8_t>(part::kFirstFirmwarePage + i)));
    const size_t count = std::min(part::kFirmwarePages[i], chip_firmware.size() - at);
    RETURN_IF_ERROR(Write(0, chip_firmware.data() + at, count));
    at += count;
  }
  return absl::OkStatus();
}

// Gives the factory's offsets back to the firmware, then the crosstalk of a window (none) and the default configuration.
absl::Status TofDriver::Calibrate() {
  const std::vector<uint8_t> command(part::kNvmCommandBytes);
  RETURN_IF_ERROR(Write(part::kReadNvm, command.data(), command.size()));
  RETURN_IF_ERROR(Poll(4, 0, part::kCommandStatus, 0xFF, part::kNvmDone));
  std::vector<uint8_t> nvm(part::kNvmBytes);
  RETURN_IF_ERROR(Read(part::kCommandData, nvm.data(), nvm.size()));
  RETURN_IF_ERROR(Write(part::kOffsets, nvm.data(), part::kOffsetBytes));
  RETURN_IF_ERROR(Poll(4, 1, part::kCommandStatus, 0xFF, part::kCommandDone));
  const std::vector<uint8_t> crosstalk(part::kCrosstalkBytes), configuration(part::kConfigurationBytes);
  RETURN_IF_ERROR(Write(part::kCrosstalk, crosstalk.data(), crosstalk.size()));
  RETURN_IF_ERROR(Poll(4, 1, part::kCommandStatus, 0xFF, part::kCommandDone));
  RETURN_IF_ERROR(Write(part::kConfiguration, configuration.data(), configuration.size()));
  return Poll(4, 1, part::kCommandStatus, 0xFF, part::kCommandDone);
}

absl::Status TofDriver::WriteItem(uint16_t item, const std::vector<uint8_t>& value) {
  const size_t size = value.size();
  std::vector<uint8_t> data = value;
  SwapWords(&data);
  std::vector<uint8_t> command = {static_cast<uint8_t>(item >> 8), static_cast<uint8_t>(item), static_cast<uint8_t>(size >> 4),
                                  static_cast<uint8_t>(size << 4)};
  command.insert(command.end(), data.begin(), data.end());
  const size_t after = size + 8;
  for (const size_t byte : {size_t{0}, size_t{0}, size_t{0}, size_t{0x0F}, size_t{0x05}, size_t{0x01}, after >> 8, after & 0xFF}) {
    command.push_back(static_cast<uint8_t>(byte));
  }
  RETURN_IF_ERROR(Write(static_cast<uint16_t>(part::kCommandEnd + 1 - command.size()), command.data(), command.size()));
  return Poll(4, 1, part::kCommandStatus, 0xFF, part::kCommandDone);
}

absl::StatusOr<std::vector<uint8_t>> TofDriver::ReadItem(uint16_t item, size_t size) {
  const std::array<uint8_t, 12> command = {static_cast<uint8_t>(item >> 8), static_cast<uint8_t>(item), static_cast<uint8_t>(size >> 4),
                                           static_cast<uint8_t>(size << 4), 0, 0, 0, 0x0F, 0, 0x02, 0, 0x08};
  RETURN_IF_ERROR(Write(static_cast<uint16_t>(part::kCommandEnd + 1 - command.size()), command.data(), command.size()));
  RETURN_IF_ERROR(Poll(4, 1, part::kCommandStatus, 0xFF, part::kCommandDone));
  std::vector<uint8_t> answer(size + 12);
  RETURN_IF_ERROR(Read(part::kCommandData, answer.data(), answer.size()));
  SwapWords(&answer);
  return std::vector<uint8_t>(answer.begin() + 4, answer.begin() + 4 + static_cast<std::ptrdiff_t>(size));
}

absl::Status TofDriver::Start(int hertz, int integration_ms) {
  const auto microseconds = static_cast<uint32_t>(integration_ms) * 1000;
  RETURN_IF_ERROR(WriteItem(part::kZoneConfig, {8, 8, 0, 0}));
  RETURN_IF_ERROR(WriteItem(part::kFrequency, {0, static_cast<uint8_t>(hertz), 0, 0}));
  RETURN_IF_ERROR(WriteItem(part::kIntegrationTime, {static_cast<uint8_t>(microseconds), static_cast<uint8_t>(microseconds >> 8),
                                                     static_cast<uint8_t>(microseconds >> 16), static_cast<uint8_t>(microseconds >> 24)}));
  RETURN_IF_ERROR(SetPage(0));
  RETURN_IF_ERROR(WriteByte(part::kPower, 0x05));
  RETURN_IF_ERROR(SetPage(2));
  const std::array<uint8_t, 4> start = {0x00, 0x03, 0x00, 0x00};
  RETURN_IF_ERROR(Write(part::kCommandEnd - 3, start.data(), start.size()));
  stream_count_ = 255;
  return Poll(4, 1, part::kCommandStatus, 0xFF, part::kCommandDone);
}

absl::StatusOr<RawFrame> TofDriver::NextFrame(absl::Duration timeout) {
  const absl::Duration deadline = clock_.Uptime() + timeout;
  for (;;) {
    std::array<uint8_t, 4> ready{};
    RETURN_IF_ERROR(Read(part::kFrame, ready.data(), ready.size()));
    if (ready[0] != stream_count_ && ready[0] != 255 && ready[1] == 0x05 && (ready[2] & 0x05) == 0x05 && (ready[3] & 0x10) == 0x10) break;
    if (clock_.Uptime() >= deadline) return absl::DeadlineExceededError("VL53L8CH: no frame in time");
    clock_.Wait(kFramePause);
  }
  std::vector<uint8_t> bytes(part::kFrameBytes);
  RETURN_IF_ERROR(Read(part::kFrame, bytes.data(), bytes.size()));
  absl::StatusOr<RawFrame> frame = DecodeFrame(std::move(bytes));
  if (frame.ok()) stream_count_ = frame->stream_count;
  return frame;
}

absl::StatusOr<std::vector<std::vector<double>>> TofDriver::ReadHistograms(int bins, double bin_mm) {
  const size_t zone_bytes = 4 * static_cast<size_t>(bins) + 5;  // ambient and bins of 32 bits, one scaler
  const int at_once = static_cast<int>(std::min<size_t>(kZones, kLongestItem / zone_bytes));
  if (bins < 1 || at_once < 1) return absl::InvalidArgumentError(absl::StrCat("VL53L8CH: a histogram of ", bins, " bins does not fit a transfer"));
  const auto width = static_cast<uint32_t>(std::lround(bin_mm * 1e4));
  std::vector<std::vector<double>> histograms(kZones);
  for (int first = 0; first < kZones; first += at_once) {
    const int zones = std::min(at_once, kZones - first);
    std::vector<uint8_t> request;
    for (const uint32_t value : {static_cast<uint32_t>(first), static_cast<uint32_t>(zones), static_cast<uint32_t>(bins), 0u, width & 0xFFFF, width >> 16}) {
      request.push_back(static_cast<uint8_t>(value));
      request.push_back(static_cast<uint8_t>(value >> 8));
    }
    RETURN_IF_ERROR(WriteItem(part::kHistogram, request));
    const size_t size = (static_cast<size_t>(zones) * zone_bytes + 3) / 4 * 4;
    absl::StatusOr<std::vector<uint8_t>> block = ReadItem(part::kHistogram, size);
    if (!block.ok()) return block.status();
    const uint8_t* scalers = block->data() + static_cast<size_t>(zones) * 4 * static_cast<size_t>(bins + 1);
    for (int zone = 0; zone < zones; ++zone) {
      std::vector<double>& histogram = histograms[static_cast<size_t>(kZones - 1 - first - zone)];  // the lens turned the picture
      const double unit = std::ldexp(1.0, -scalers[zone]);
      const uint8_t* at = block->data() + static_cast<size_t>(zone) * 4 * static_cast<size_t>(bins + 1) + 4;  // after the ambient
      for (int bin = 0; bin < bins; ++bin, at += 4) {
        int32_t count;
        std::memcpy(&count, at, 4);
        histogram.push_back(count * unit);
      }
    }
  }
  return histograms;
}

absl::Status TofDriver::Stop() {
  RETURN_IF_ERROR(SetPage(0));
  RETURN_IF_ERROR(WriteByte(part::kStopArm, 0x16));
  RETURN_IF_ERROR(WriteByte(part::kStop, 0x01));
  RETURN_IF_ERROR(Poll(1, 0, part::kGo2Status0, 0x80, 0x80));
  RETURN_IF_ERROR(WriteByte(part::kStop, 0x00));
  RETURN_IF_ERROR(WriteByte(part::kStopArm, 0x00));
  RETURN_IF_ERROR(WriteByte(part::kPower, 0x04));
  return SetPage(2);
}

}  // namespace egi::station::firmware
