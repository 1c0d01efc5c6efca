// Measures livers of a lot with a station of its own and hands the samples to the server.
#ifndef EGI_SIMULATORS_LOT_MONITOR_INSPECTOR_H_
#define EGI_SIMULATORS_LOT_MONITOR_INSPECTOR_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/lot.pb.h"
#include "egi/quality/v1/inspection.pb.h"
#include "simulators/station/profile_loader.h"

namespace egi::lot_monitor {

// Not thread-safe.
class Inspector {
 public:
  struct Options {
    std::string server;           // HOST:PORT
    std::string owner;            // part of the producer id of the samples
    uint64_t seed = 1;            // of the livers
    absl::Duration send_timeout;  // how long the server may take to acknowledge the samples of a lot
  };

  // Errors: those of the built-in profiles.
  static absl::StatusOr<Inspector> Create(Options options);

  // Returns how many of the `samples` samples are stored. The same lot gives the same samples, so an inspection repeated after a crash stores nothing twice; a
  // sample whose id is already stored with another content (the lot was corrected in between) stays as it is and counts. Errors: INVALID_ARGUMENT or NOT_FOUND
  // (profile, lot), UNAVAILABLE, DEADLINE_EXCEEDED (not acknowledged in time).
  absl::StatusOr<int> Inspect(const quality::v1::PendingLot& lot, const std::string& profile, int samples);

 private:
  Inspector(Options options, station::ProfileBook profiles) : options_(std::move(options)), profiles_(std::move(profiles)) {}
  absl::StatusOr<feeding::v1::Lot> ReadLot(const std::string& code_lot) const;

  Options options_;
  station::ProfileBook profiles_;
};

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_INSPECTOR_H_
