#include "simulators/station/vl53l8ch/sensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "simulators/station/vl53l8ch/frame_writer.h"

namespace egi::station::vl53l8ch {
namespace {

constexpr absl::Duration kBootTime = absl::Milliseconds(40);
constexpr absl::Duration kCommandTime = absl::Milliseconds(2);
constexpr uint8_t kNoFrame = 255;
constexpr uint8_t kErrorBadCommand = 0x42;
// The accuracy of the part at 5 klx is 1.8 times worse than in the dark (DS13754: 5 % against 7 to 11 %).
constexpr double kLightVariancePerKlx = (1.8 * 1.8 - 1) / 5;
constexpr double kWeakestSignalKcps = 2;
constexpr double kWrongOffsetsMm = 12;  // error without the factory's offsets
constexpr double kInconsistentShare = 0.004;  // of the figures of a frame

}  // namespace

Sensor::Sensor(const Options& options, const i2c::VirtualTime& time)
    : options_(options), time_(time), nvm_(kNvmBytes), firmware_(kFirmwareBytes), firmware_seen_(kFirmwarePages.size()) {
  Random factory(options.serial, "VL53L8CH offsets", 0);
  for (size_t i = 0; i < kOffsetBytes; ++i) nvm_[i] = static_cast<uint8_t>(factory.Bits());
}

void Sensor::Face(const Target& target, Random noise) {
  target_ = target;
  noise_ = noise;
  histogram_noise_ = Random(noise.Bits());
  frame_of_ = -1;
  frame_sigma_mm_ = options_.frame_sigma_mm * std::sqrt(1 + kLightVariancePerKlx * target_.light_klx);
  for (size_t i = 0; i < kZones; ++i) {
    const ZoneTarget& zone = target_.zones[kZones - 1 - i];
    expected_kcps_[i] = SignalKcps(zone);
    ambient_[i] = static_cast<uint32_t>(std::lround(std::max(0.0, zone.ambient_kcps) * kAmbientSteps));
    // A bright zone needs fewer of the 256 SPADs.
    spads_[i] = static_cast<uint32_t>(std::clamp(256 * 1000.0 / std::max(1.0, expected_kcps_[i]), 8.0, 256.0));
    sigma_[i] = static_cast<uint16_t>(std::lround(std::min(511.0, frame_sigma_mm_) * kSigmaSteps));
  }
}

void Sensor::OnWrite(const uint8_t* bytes, size_t count) {
  if (count < 2) return;
  index_ = static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
  bytes += 2;
  count -= 2;
  if (count == 0) return;
  if (index_ == kPage) {
    page_ = bytes[0];
  } else if (page_ == 0) {
    for (size_t i = 0; i < count; ++i) WriteSystem(static_cast<uint16_t>(index_ + i), bytes[i]);
  } else if (page_ == 2 && booted_) {
    WriteUi(bytes, count);
  } else if (const int part = page_ - kFirstFirmwarePage; part >= 0 && part < static_cast<int>(kFirmwarePages.size())) {
    const size_t room = kFirmwarePages[static_cast<size_t>(part)];
    if (index_ + count <= room) std::memcpy(&firmware_[static_cast<size_t>(part) * 0x8000 + index_], bytes, count);
    firmware_seen_[static_cast<size_t>(part)] = firmware_seen_[static_cast<size_t>(part)] || index_ + count == room;
  }
}

void Sensor::WriteSystem(uint16_t index, uint8_t value) {
  system_[index] = value;
  if (index == kMcuRun && value == 0) {
    booted_ = ranging_ = has_offsets_ = has_crosstalk_ = has_configuration_ = false;
    items_.clear();
  } else if (index == kMcuRun && value == 1) {
    booted_ = FirmwareIsWhole();
    boot_time_ = time_.now() + kBootTime;
  } else if (index == kStop && value == 1 && system_[kStopArm] == 0x16) {
    ranging_ = false;
  }
}

// The real part verifies a signature; this one wants all three pages and a sum of all words of 0.
bool Sensor::FirmwareIsWhole() const {
  if (std::find(firmware_seen_.begin(), firmware_seen_.end(), false) != firmware_seen_.end()) return false;
  uint32_t sum = 0;
  for (size_t i = 0; i < firmware_.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, &firmware_[i], 4);
    sum += word;
  }
  return sum == 0;
}

void Sensor::AnswerIn(absl::Duration delay, uint8_t nvm, uint8_t command, uint8_t error) {
  answer_time_ = time_.now() + delay;
  answer_ = {nvm, command, error, 0};
}

void Sensor::WriteUi(const uint8_t* bytes, size_t count) {
  if (index_ == kReadNvm && count == kNvmCommandBytes) {
    answer_data_ = nvm_;
    AnswerIn(kCommandTime, kNvmDone, 0, 0);
  } else if (index_ == kOffsets && count == kOffsetBytes) {
    has_offsets_ = std::equal(bytes, bytes + count, nvm_.begin());
    AnswerIn(kCommandTime, 0, kCommandDone, 0);
  } else if (index_ == kCrosstalk && count == kCrosstalkBytes) {
    has_crosstalk_ = true;
    AnswerIn(kCommandTime, 0, kCommandDone, 0);
  } else if (index_ == kConfiguration && count == kConfigurationBytes) {
    has_configuration_ = true;
    AnswerIn(kCommandTime, 0, kCommandDone, 0);
  } else if (index_ + count == kCommandEnd + 1u) {
    RunCommand(bytes, count);
  } else {
    AnswerIn(kCommandTime, 0, kCommandDone, kErrorBadCommand);
  }
}

void Sensor::RunCommand(const uint8_t* bytes, size_t count) {
  uint8_t error = 0;
  if (count == 4 && bytes[1] == 0x03) {
    ranging_ = has_configuration_ && has_crosstalk_ && system_[kPower] == 0x05;
    start_time_ = time_.now();
    frame_of_ = -1;
    error = ranging_ ? 0 : kErrorBadCommand;
  } else if (count >= 12) {
    const auto index = static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
    const size_t size = static_cast<size_t>(bytes[2]) << 4 | bytes[3] >> 4;
    const uint8_t* footer = bytes + count - 8;
    if (footer[4] == 0x00 && footer[5] == 0x02) {
      answer_data_ = ReadItem(index, size);
    } else if (footer[4] == 0x05 && footer[5] == 0x01 && size == count - 12) {
      std::vector<uint8_t> value(bytes + 4, bytes + 4 + size);
      SwapWords(value.data(), value.size());
      SetItem(index, std::move(value));
    } else {
      error = kErrorBadCommand;
    }
  } else {
    error = kErrorBadCommand;
  }
  AnswerIn(kCommandTime, 0, kCommandDone, error);
}

void Sensor::SetItem(uint16_t index, std::vector<uint8_t> value) { items_[index] = std::move(value); }

// The answer to a read: 4 bytes of header, the item, 8 bytes of footer, words reversed.
std::vector<uint8_t> Sensor::ReadItem(uint16_t index, size_t count) {
  std::vector<uint8_t> item = index == kHistogram ? ReadHistograms() : items_[index];
  item.resize(count);
  std::vector<uint8_t> answer(count + 12);
  std::copy(item.begin(), item.end(), answer.begin() + 4);
  SwapWords(answer.data(), answer.size());
  return answer;
}

// For each aggregate asked for: ambient and the bins, int32 times 2^scaler; then one scaler a byte. The item written before says which: first zone,
// number of zones, number of bins, bin width in 0.1 um (uint16, uint16, uint16, unused, uint32).
std::vector<uint8_t> Sensor::ReadHistograms() {
  constexpr int kScaler = 8;
  const std::vector<uint8_t>& wanted = items_[kHistogram];
  std::vector<uint8_t> out;
  if (wanted.size() < 12) return out;
  const auto half = [&wanted](size_t at) { return wanted[at] | wanted[at + 1] << 8; };
  const int first = half(0), zones = half(2), bins = half(4);
  const double bin_mm = (static_cast<uint32_t>(half(8)) | static_cast<uint32_t>(half(10)) << 16) / 1e4;
  if (first + zones > kZones || bins <= 0 || bin_mm <= 0 || static_cast<size_t>(zones * (4 * bins + 5)) > kHistogramBytes) return out;
  out.reserve(static_cast<size_t>(zones * (4 * bins + 5)));
  const auto put = [&out](double value) {
    const auto word = static_cast<uint32_t>(value * (1 << kScaler) + 0.5);
    const size_t at = out.size();
    out.resize(at + 4);
    std::memcpy(&out[at], &word, 4);
  };
  for (int zone = first; zone < first + zones; ++zone) {
    const ZoneTarget& seen = target_.zones[static_cast<size_t>(kZones - 1 - zone)];
    put(seen.ambient_kcps / bins);
    for (const double count : Histogram(seen, bins, bin_mm, options_.histogram, histogram_noise_)) put(count);
  }
  out.resize(out.size() + static_cast<size_t>(zones), kScaler);
  return out;
}

uint8_t Sensor::StreamCount() const {
  if (!ranging_) return kNoFrame;
  const auto item = items_.find(kFrequency);
  const int hertz = item != items_.end() && item->second.size() > 1 ? std::max<int>(1, item->second[1]) : 1;
  const auto frames = static_cast<int64_t>(absl::ToDoubleSeconds(time_.now() - start_time_) * hertz);
  return frames == 0 ? kNoFrame : static_cast<uint8_t>((frames - 1) % 255);
}

void Sensor::MeasureFrame() {
  const uint8_t count = StreamCount();
  if (frame_of_ == count || count == kNoFrame) return;
  frame_of_ = count;
  std::array<uint16_t, kZones> distance;
  std::array<uint32_t, kZones> signal;
  std::array<uint8_t, kZones> reflectance, status, targets;
  const double drift = (target_.sensor_temperature_c - 25) * options_.drift_mm_per_c + options_.bias_mm + (has_offsets_ ? 0 : kWrongOffsetsMm);
  for (size_t i = 0; i < kZones; ++i) {
    const ZoneTarget& zone = target_.zones[kZones - 1 - i];  // the lens flips both axes
    const double kcps = std::max(0.0, expected_kcps_[i] + noise_.Normal(0, options_.signal_sigma_kcps));
    const double mm = zone.distance_mm + drift + noise_.Normal(0, frame_sigma_mm_);
    const double percent = expected_kcps_[i] > 0 ? zone.reflectance_percent * kcps / expected_kcps_[i] : 0;
    distance[i] = static_cast<uint16_t>(static_cast<int16_t>(std::clamp(std::floor(mm * kDistanceSteps + 0.5), -32768.0, 32767.0)));
    signal[i] = static_cast<uint32_t>(kcps * kSignalSteps + 0.5);
    reflectance[i] = static_cast<uint8_t>(std::clamp(percent * kReflectanceSteps + 0.5, 0.0, 255.0));
    status[i] = kcps < kWeakestSignalKcps ? kStatusNoTarget : noise_.Chance(kInconsistentShare) ? kStatusConsistency : zone.status;
    targets[i] = status[i] == kStatusNoTarget ? 0 : 1;
  }
  FrameWriter writer;
  const std::array<uint8_t, kMetadataBytes> metadata = {0, 0, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(static_cast<int8_t>(std::lround(target_.sensor_temperature_c)))};
  writer.Block(kMetadata, 0, metadata);
  writer.Block(kAmbient, 4, ambient_);
  writer.Block(kSpads, 4, spads_);
  writer.Block(kTargets, 1, targets);
  writer.Block(kSignal, 4, signal);
  writer.Block(kSigma, 2, sigma_);
  writer.Block(kDistance, 2, distance);
  writer.Block(kReflectance, 1, reflectance);
  writer.Block(kStatus, 1, status);
  frame_ = writer.Finish(count);
}

uint8_t Sensor::ReadByte(uint16_t index) {
  if (page_ == 0) {
    if (index == kDeviceId) return kDeviceIdValue;
    if (index == kRevisionId) return kRevisionIdValue;
    const bool running = booted_ && time_.now() >= boot_time_;
    if (index == kGo2Status0) return running ? 0x80 : 0;
    if (index == kGo2Status1) return running ? 0x01 : 0;
    return system_[index];
  }
  if (page_ != 2 || !booted_) return 0;
  if (index >= kCommandStatus && index < kCommandStatus + 4u) return time_.now() >= answer_time_ ? answer_[index - kCommandStatus] : 0;
  const size_t at = index;
  if (at >= kCommandData && at - kCommandData < answer_data_.size()) return answer_data_[at - kCommandData];
  return 0;
}

void Sensor::OnRead(uint8_t* bytes, size_t count) {
  if (page_ == 2 && booted_ && index_ == kFrame) {
    const uint8_t stream_count = StreamCount();
    const std::array<uint8_t, 4> ready = {stream_count, 0x05, 0x05, 0x10};
    if (count > ready.size()) MeasureFrame();
    std::memset(bytes, 0, count);
    std::memcpy(bytes, frame_.data(), std::min(count, frame_.size()));
    std::memcpy(bytes, ready.data(), std::min(count, ready.size()));
    return;
  }
  if (page_ == 2 && booted_ && index_ == kCommandData) {
    std::memset(bytes, 0, count);
    std::memcpy(bytes, answer_data_.data(), std::min(count, answer_data_.size()));
    return;
  }
  for (size_t i = 0; i < count; ++i) bytes[i] = ReadByte(static_cast<uint16_t>(index_ + i));
}

}  // namespace egi::station::vl53l8ch
