// A measuring station at work: numbers, measures and hands over one sample at a time.
#ifndef EGI_SIMULATORS_STATION_STATION_H_
#define EGI_SIMULATORS_STATION_STATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/ingest.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/inspection.h"
#include "simulators/station/numbering.h"

namespace egi::station {

// Takes a sample to be sent; RESOURCE_EXHAUSTED when it has no room for it.
using SendSample = std::function<absl::Status(const quality::v1::Sample&)>;

// Not thread-safe.
class Station {
 public:
  struct Options {
    StationIdentity identity;
    Profile profile;
    LotUnderInspection lot;
    uint64_t seed = 1;
    bool stamp_ids = false;  // put the start time into the ids: for numbers that live in memory only
    absl::Time start;
  };

  // Errors: INVALID_ARGUMENT (device id or lot code), naming every fault.
  static absl::StatusOr<std::unique_ptr<Station>> Create(Options options, std::unique_ptr<Numbering> numbering, SendSample send);

  // Measures one liver and sends it. The id is {device}_{lot or date}_{counter}. A sample there is no room for is counted as dropped. Errors: of the
  // numbering and of `send`.
  absl::StatusOr<quality::v1::Sample> Measure(absl::Time now);

  // A sign of life with the counters.
  quality::v1::DeviceHeartbeat Heartbeat(absl::Time now, int64_t buffered) const;

  int64_t measured() const { return measured_; }
  int64_t dropped() const { return dropped_; }

 private:
  Station(Options options, std::unique_ptr<Numbering> numbering, SendSample send);
  std::string SampleId(int64_t number, absl::Time now) const;

  const Options options_;
  const std::unique_ptr<Numbering> numbering_;
  const SendSample send_;
  int64_t measured_ = 0;
  int64_t dropped_ = 0;
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_STATION_H_
