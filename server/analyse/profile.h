// What a station looks at, with what, and by which rules its readings are judged: the sections of profiles.yaml that server and
// station share (simulators.md section 7). Plain data, read once.
#ifndef EGI_SERVER_ANALYSE_PROFILE_H_
#define EGI_SERVER_ANALYSE_PROFILE_H_

#include <string>

#include "server/analyse/quality_references.h"
#include "server/analyse/rules.h"
#include "server/analyse/spectral.h"
#include "server/analyse/tof.h"

namespace egi::analyse {

// Shape of a product; later ones are worse.
enum class ProductType { kNormal = 0, kIrregular = 1, kDefective = 2 };

struct ProductSetup {
  double length_mm = 200, width_mm = 100;
  double margin_percent = 15;  // of length and width that the product leaves free
  ProductType type = ProductType::kNormal;
};

struct TraySetup {
  bool present = true;
  double length_mm = 300, width_mm = 180;
  double height_mm = 5;  // thickness: the empty tray lies this much nearer to the sensor than the table
};

struct TofSetup {
  int resolution = 8;         // of the part, 8, 16 or 32; frames are always told as 8x8
  double height_mm = 100;     // above the table
  int integration_time_ms = 50;
  int frames_averaged = 64;
  int n_bins = 128;           // of a histogram
  double bin_size_mm = 1.2;
};

struct SpectralSetup {
  int integration_time_ms = 100;
  double gain = 4;            // 1, 4, 16 or 64
  double noise_std = 5;       // counts
};

struct LiverSetup {
  double mean_mass_g = 530;   // of a usual liver: the expected volume derives from it
  double mass_factor = 1;     // of this profile's lots
  double mass_cv = 0.16;      // inside a lot (domain.md section 5)
  double density_g_cm3 = 0.947;  // at 20 degrees Celsius (Int. J. Food Prop. 2016)
};

struct AnalysisProfile {
  std::string name;
  std::string description;
  ProductSetup product;
  TraySetup tray;
  TofSetup tof_setup;
  SpectralSetup spectral_setup;
  LiverSetup liver;
  TofOptions tof;             // grid, empty distance and expected volume follow from the rest unless the file gives them
  SpectralOptions spectral;
  SampleRules rules;          // fusion, grades, alert thresholds
  QualityReferences references;  // of the business metrics

  // The area the sensor looks at: the tray, or the product when there is none.
  double SceneLengthMm() const { return tray.present ? tray.length_mm : product.length_mm; }
  double SceneWidthMm() const { return tray.present ? tray.width_mm : product.width_mm; }
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_PROFILE_H_
