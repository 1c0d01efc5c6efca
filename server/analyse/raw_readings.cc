#include "server/analyse/raw_readings.h"

namespace egi::analyse {
namespace {

template <typename Number>
void CopyMatrix(const google::protobuf::RepeatedPtrField<google::protobuf::ListValue>& rows,
                google::protobuf::RepeatedField<Number>* cells) {
  for (const auto& row : rows) {
    for (const auto& cell : row.values()) cells->Add(static_cast<Number>(cell.number_value()));
  }
}

}  // namespace

quality::v1::Sample RawReadings(const quality::v1::SampleRecord& record) {
  quality::v1::Sample sample;
  auto* tof = sample.mutable_tof();
  CopyMatrix(record.vl53l8ch_distance_matrix(), tof->mutable_distance_mm());
  CopyMatrix(record.vl53l8ch_reflectance_matrix(), tof->mutable_reflectance());
  CopyMatrix(record.vl53l8ch_amplitude_matrix(), tof->mutable_amplitude());
  CopyMatrix(record.vl53l8ch_status_matrix(), tof->mutable_target_status());
  CopyMatrix(record.vl53l8ch_ambient_matrix(), tof->mutable_ambient());
  tof->set_integration_time_ms(record.vl53l8ch_integration_time().value());
  tof->set_frames_averaged(record.vl53l8ch_frames_averaged().value());
  auto* spectral = sample.mutable_spectral();
  const auto count = [&](const char* channel) {
    const auto found = record.as7341_channels().find(channel);
    return found == record.as7341_channels().end() ? 0.0 : found->second;
  };
  auto* channels = spectral->mutable_channels();
  channels->set_f1_415nm(count("F1_415nm"));
  channels->set_f2_445nm(count("F2_445nm"));
  channels->set_f3_480nm(count("F3_480nm"));
  channels->set_f4_515nm(count("F4_515nm"));
  channels->set_f5_555nm(count("F5_555nm"));
  channels->set_f6_590nm(count("F6_590nm"));
  channels->set_f7_630nm(count("F7_630nm"));
  channels->set_f8_680nm(count("F8_680nm"));
  channels->set_clear(count("Clear"));
  channels->set_nir(count("NIR"));
  spectral->set_integration_time_ms(record.as7341_integration_time().value());
  spectral->set_gain(static_cast<float>(record.as7341_gain().value()));
  return sample;
}

}  // namespace egi::analyse
