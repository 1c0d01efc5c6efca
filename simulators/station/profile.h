// What a station is told about the livers it sees and about its own sensors (simulators.md section 7).
#ifndef EGI_SIMULATORS_STATION_PROFILE_H_
#define EGI_SIMULATORS_STATION_PROFILE_H_

#include <array>
#include <optional>
#include <string>

#include "server/analyse/profile.h"

namespace egi::station {

using analyse::ProductType;

// A Gaussian around `mean`, clipped to [min, max].
struct Range {
  double min = 0, max = 0, mean = 0;
};

// One quality level; levels are drawn with their weights.
struct QualityLevel {
  double weight = 0;
  Range freshness, fat_quality, oxidation_level;   // 0..1
  Range temperature;                               // degrees Celsius
  Range ambient_light;                             // counts added to Clear, per unit of gain and 100 ms
  Range surface_uniformity;                        // 0..1
  Range thickness_variation;                       // mm
};

inline constexpr int kLevels = 5;
inline constexpr std::array<const char*, kLevels> kLevelNames = {"premium", "good", "acceptable", "low", "defective"};
using Quality = std::array<QualityLevel, kLevels>;

// Defects every liver of the profile carries. Positions are zones: row, column.
struct FixedBump {
  double row = 0, column = 0;
  double radius = 1;      // zones
  double change_mm = 0;   // change of the distance: negative towards the sensor
};

// How the twin draws, whatever it draws (simulators.md section 7.3): the file's global_defaults, with what the profile says under `twin` over them.
struct TwinDefaults {
  std::optional<int> random_seed;  // absent = the program's
  bool include_bins = true;        // samples bring a summary of histograms
  double multi_echo_prob = 0.18;   // of a second echo in a histogram, 0..1
  double reflectance_threshold = 30;  // %; below it pulses are weaker and noisier
  double noise_factor_low_reflect = 0.06;
  double noise_factor_high_reflect = 0.03;
};

struct Profile {
  std::string name;
  std::string description;
  double length_mm = 200, width_mm = 100, margin_percent = 15;
  ProductType type = ProductType::kNormal;
  bool has_tray = true;
  double tray_length_mm = 300, tray_width_mm = 180, tray_height_mm = 5;
  int resolution = 8;         // of the part; frames are always told as 8x8
  double sensor_height_mm = 100;
  int frames_averaged = 64;
  int tof_integration_time_ms = 50;
  int integration_time_ms = 100;
  double gain = 4;
  double noise_std = 5;
  double mean_mass_g = 530;   // of a liver, before the factor
  double mass_factor = 1;
  double mass_cv = 0.16;      // inside a lot (domain.md section 5)
  Quality quality;
  std::optional<FixedBump> foreign_body, deformation;
  std::optional<double> edge_damage;  // severity 0..1
  TwinDefaults twin;
  analyse::AnalysisProfile analysis;  // the shared sections as the server reads them
  analyse::TofOptions tof_analyser;   // grid, empty distance and expected volume are set from the rest
  analyse::SpectralOptions spectral_analyser;
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROFILE_H_
