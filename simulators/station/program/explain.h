// A sample in pictures of text: what was measured beside what is true, and how the score came about.
#ifndef EGI_SIMULATORS_STATION_PROGRAM_EXPLAIN_H_
#define EGI_SIMULATORS_STATION_PROGRAM_EXPLAIN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "simulators/station/inspection.h"

namespace egi::station {

// Which sample: its number, and what its id tells.
struct SampleName {
  int64_t number = 0;
  std::string device_id;  // empty: the id did not tell
  std::string code_lot;   // empty: none, or the id did not tell
};

// Reads the number of a sample ("17") or a whole id as the stations make them ({device}_{lot or date}_{counter}, with a start time in between, or
// ESP32_SQAL_AUTO_{lot}_{NNN}). Errors: INVALID_ARGUMENT, telling what is expected.
absl::StatusOr<SampleName> ParseSampleName(const std::string& text);

// Draws and measures the sample anew and paints it: 8x8 heights, defects seen and real, truth beside measurement, the parts of both scores as bars, the spectrum.
std::string Explain(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot, uint64_t seed, int64_t number);

// Writes the histograms of the sample as a NumPy array (.npy, float32, 8 x 8 x bins). Errors: those of the hardware, INTERNAL (the file).
absl::Status WriteCube(const Profile& profile, const LotUnderInspection& lot, const std::string& device_id, uint64_t seed, int64_t number,
                       const std::string& path);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROGRAM_EXPLAIN_H_
