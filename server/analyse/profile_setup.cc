#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/analyse/profile_sections.h"

namespace egi::analyse {
namespace {

void ReadProduct(YamlSection product, ProductSetup* target) {
  product.Number("length_mm", &target->length_mm, 1, 1000, true);
  product.Number("width_mm", &target->width_mm, 1, 1000, true);
  product.Number("margin_percent", &target->margin_percent, 0, 50);
  std::string type = "normal";
  product.Text("type", &type);
  if (type == "normal") {
    target->type = ProductType::kNormal;
  } else if (type == "irregular") {
    target->type = ProductType::kIrregular;
  } else if (type == "defective") {
    target->type = ProductType::kDefective;
  } else {
    product.Fault("type", absl::StrCat("is ", type, ", expected normal, irregular or defective"));
  }
  product.RefuseUnknownKeys();
}

void ReadTray(YamlSection tray, const ProductSetup& product, TraySetup* target) {
  target->present = tray.present();
  tray.Flag("enabled", &target->present);
  tray.Number("length_mm", &target->length_mm, 1, 2000);
  tray.Number("width_mm", &target->width_mm, 1, 2000);
  tray.Number("height_mm", &target->height_mm, 0, 100);
  const auto fit = [&](const char* key, double size, double wanted) {
    if (target->present && size < wanted) tray.Fault(key, absl::StrCat("is ", size, ", smaller than the product (", wanted, ")"));
  };
  fit("length_mm", target->length_mm, product.length_mm);
  fit("width_mm", target->width_mm, product.width_mm);
  tray.RefuseUnknownKeys();
}

void ReadLiver(YamlSection liver, LiverSetup* target) {
  liver.Number("mean_mass_g", &target->mean_mass_g, 100, 1500);
  liver.Number("mass_factor", &target->mass_factor, 0.2, 3);
  liver.Number("mass_cv", &target->mass_cv, 0, 0.5);
  liver.Number("density_g_cm3", &target->density_g_cm3, 0.5, 1.5);
  liver.RefuseUnknownKeys();
}

void ReadTof(YamlSection tof, TofSetup* target) {
  tof.Integer("resolution", &target->resolution, 8, 32);
  if (target->resolution != 8 && target->resolution != 16 && target->resolution != 32) {
    tof.Fault("resolution", absl::StrCat("is ", target->resolution, ", expected 8, 16 or 32"));
  }
  tof.Number("height_mm", &target->height_mm, 80, 1000);
  tof.Integer("integration_time_ms", &target->integration_time_ms, 2, 1000);
  tof.Integer("frames_averaged", &target->frames_averaged, 1, 1000);
  tof.Integer("n_bins", &target->n_bins, 8, 1024);
  tof.Number("bin_size_mm", &target->bin_size_mm, 0.1, 40);
  tof.RefuseUnknownKeys();
}

void ReadSpectral(YamlSection colour, SpectralSetup* target) {
  bool enabled = true;
  colour.Flag("enabled", &enabled);
  if (!enabled) colour.Fault("enabled", "is false, but a sample needs both sensors");
  colour.Integer("integration_time_ms", &target->integration_time_ms, 50, 500);
  colour.Number("gain", &target->gain, 1, 64);
  if (target->gain != 1 && target->gain != 4 && target->gain != 16 && target->gain != 64) {
    colour.Fault("gain", absl::StrCat("is ", target->gain, ", expected 1, 4, 16 or 64"));
  }
  colour.Number("noise_std", &target->noise_std, 0, 1000);
  colour.RefuseUnknownKeys();
}

}  // namespace

void ReadSetupSections(YamlSection& profile, AnalysisProfile* target) {
  ReadProduct(profile.Section("product", true), &target->product);
  ReadTray(profile.Section("container"), target->product, &target->tray);
  ReadLiver(profile.Section("liver"), &target->liver);
  ReadTof(profile.Section("sensor_vl53l8ch", true), &target->tof_setup);
  ReadSpectral(profile.Section("sensor_as7341"), &target->spectral_setup);
  target->tof.grid.zone_x_mm = target->SceneLengthMm() / kSide;
  target->tof.grid.zone_y_mm = target->SceneWidthMm() / kSide;
  target->tof.prior.aspect = target->product.length_mm / target->product.width_mm;
  target->tof.density_g_cm3 = target->liver.density_g_cm3;
  target->spectral.noise_std = target->spectral_setup.noise_std;
  target->tof.empty_distance_mm = target->tof_setup.height_mm - (target->tray.present ? target->tray.height_mm : 0);
  // Of a usual liver, not of the profile's lots, so that light lots score lower.
  target->tof.expected_volume_mm3 = target->liver.mean_mass_g / target->liver.density_g_cm3 * 1000;
}

}  // namespace egi::analyse
