// What the models see of a sample: four maps of 8x8 zones and a few figures. Shared by the training and the server, so that both see the same.
#ifndef EGI_SERVER_ANALYTICS_ML_INPUTS_H_
#define EGI_SERVER_ANALYTICS_ML_INPUTS_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/quality/v1/record.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile_book.h"
#include "server/analyse/tof.h"

namespace egi::analytics::ml {

inline constexpr int kPlanes = 4;  // residual to the dome, reflectance, amplitude, height
inline constexpr int kImage = kPlanes * analyse::kZones;
inline constexpr int kFigures = 16;

// Names of the figures, in their order.
extern const std::array<const char*, kFigures> kFigureNames;

struct SampleInputs {
  // Plane by plane, row by row. Residual: height over the fitted dome in units of 5 mm, within +-6, 0 beside the product. Reflectance: percent
  // points over 55 in units of 10, 0 beside the product. Amplitude: as a share of what a surface of 55 % gives at the measured distance, minus 1,
  // 0 beside the product. Height: over the tray in units of 50 mm (the fit of the dome follows broad hollows, the height shows them).
  std::array<float, kImage> image{};
  // Ten channels: ln(count / (gain * integration time / 100 ms) / reference of the model of a fresh liver), -5 for no count. Then: volume over
  // the expected one, height of the dome over 50 mm, axes of the dome over 85 and 42.5 mm, rms of the small residuals in mm, median reflectance over 55 %.
  std::array<float, kFigures> figures{};
};

// Errors: FAILED_PRECONDITION when the frame has not 64 zones, no product is seen, or no gain and integration time are known.
absl::StatusOr<SampleInputs> InputsOf(const quality::v1::TofFrame& frame, const quality::v1::SpectralReading& reading,
                                      const analyse::TofOptions& setup);

// The same of a stored sample, by the set-up of its profile (of the default profile when it names an unknown one). Errors: as above.
absl::StatusOr<SampleInputs> InputsOf(const quality::v1::SampleRecord& record, const analyse::AnalysisBook& book);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_INPUTS_H_
