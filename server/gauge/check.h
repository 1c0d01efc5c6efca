// Judges repeated readings of a reference of known value. Pure functions.
#ifndef EGI_SERVER_GAUGE_CHECK_H_
#define EGI_SERVER_GAUGE_CHECK_H_

#include <array>
#include <string>
#include <vector>

#include "egi/quality/v1/gauge.pb.h"
#include "server/analyse/tof.h"
#include "server/gauge/rules.h"

namespace egi::gauge {

inline constexpr int kChannels = 10;
inline constexpr char kWhiteReference[] = "white_reference";
inline constexpr char kGoldenSample[] = "golden_sample";

// Names in the order F1..F8, Clear, NIR, which is also that of the arrays below and of sqal_calibrations.white_reference (the analysis has NIR before Clear).
extern const std::array<const char*, kChannels> kChannelNames;
std::array<double, kChannels> CountsInOrder(const quality::v1::SpectralChannels& channels);
quality::v1::SpectralChannels ChannelsOf(const std::array<double, kChannels>& counts);

// Mean counts of the readings per unit of gain and 100 ms; every reading tells its gain and integration time, > 0.
quality::v1::SpectralChannels MeanPerGainAnd100Ms(const google::protobuf::RepeatedPtrField<quality::v1::SpectralReading>& readings);

// Volume of each frame, mm3, the offset subtracted from its valid distances; negative results become 0.
std::vector<double> VolumesOf(const google::protobuf::RepeatedPtrField<quality::v1::TofFrame>& frames, double distance_offset_mm,
                              const analyse::TofOptions& tof);

// Judges a valid request of at least two readings against the calibration in force. Fills everything but check_id and time.
quality::v1::GaugeCheck JudgeCheck(const quality::v1::RecordGaugeCheckRequest& request, const quality::v1::Calibration& calibration,
                                   const analyse::TofOptions& tof, const GaugeRules& rules);

}  // namespace egi::gauge

#endif  // EGI_SERVER_GAUGE_CHECK_H_
