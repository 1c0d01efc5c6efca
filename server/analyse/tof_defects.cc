#include "server/analyse/tof_defects.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_format.h"

namespace egi::analyse {
namespace {

using quality::v1::Defect;
using Defects = google::protobuf::RepeatedPtrField<Defect>;

bool AtRim(int zone, const ZoneMask& product) {
  const std::array<int, 4> around = Neighbours(zone);
  return std::any_of(around.begin(), around.end(), [&](int n) { return n < 0 || !product[n]; });
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double AddDefect(Defects* defects, const char* type, int zone, double severity, std::string description) {
  Defect* defect = defects->Add();
  defect->set_type(type);
  defect->set_x(zone % kSide);
  defect->set_y(zone / kSide);
  defect->set_severity(std::clamp(severity, 0.0, 1.0));
  defect->set_description(std::move(description));
  return defect->severity();
}

// The zone of a region where `size` is greatest.
int Worst(const std::vector<int>& region, const ZoneMap& size) {
  return *std::max_element(region.begin(), region.end(), [&](int a, int b) { return size[a] < size[b]; });
}

// Residuals of one sign (+1 above the dome, -1 below).
double FindShapeDefects(int sign, const ZoneMask& product, const ZoneMap& residuals, const TofOptions& options,
                        Defects* defects) {
  ZoneMap size{};
  ZoneMask mask{};
  for (int i = 0; i < kZones; ++i) {
    size[i] = sign * residuals[i];
    mask[i] = product[i] && size[i] > options.defect_height_mm;
  }
  double total = 0;
  for (const std::vector<int>& region : Regions(mask)) {
    const int zone = Worst(region, size);
    const char* type = sign > 0 ? "foreign_body" : AtRim(zone, product) ? "edge_damage" : "surface_deformation";
    total += AddDefect(defects, type, zone, size[zone] / options.defect_full_scale_mm,
                       absl::StrFormat("%.1f mm %s the dome over %d zones", size[zone], sign > 0 ? "above" : "below",
                                       static_cast<int>(region.size())));
  }
  return total;
}

double FindOpticalDefects(const quality::v1::TofFrame& frame, const ZoneMask& product, const TofOptions& options,
                          Defects* defects) {
  std::vector<double> values;
  for (int i = 0; i < kZones; ++i) {
    if (product[i]) values.push_back(frame.reflectance(i));
  }
  if (values.empty()) return 0;
  const double median = Median(std::move(values));
  ZoneMap drop{};
  ZoneMask mask{};
  for (int i = 0; i < kZones; ++i) {
    drop[i] = median - frame.reflectance(i);
    mask[i] = product[i] && drop[i] > options.optical_drop;
  }
  double total = 0;
  for (const std::vector<int>& region : Regions(mask)) {
    const int zone = Worst(region, drop);
    total += AddDefect(defects, "optical_inconsistency", zone, drop[zone] / options.optical_full_scale,
                       absl::StrFormat("reflectance %.0f below the median over %d zones", drop[zone],
                                       static_cast<int>(region.size())));
  }
  return total;
}

}  // namespace

std::array<int, 4> Neighbours(int zone) {
  const int row = zone / kSide, column = zone % kSide;
  return {row > 0 ? zone - kSide : -1, row < kSide - 1 ? zone + kSide : -1, column > 0 ? zone - 1 : -1,
          column < kSide - 1 ? zone + 1 : -1};
}

std::vector<std::vector<int>> Regions(const ZoneMask& mask) {
  std::vector<std::vector<int>> regions;
  ZoneMask seen{};
  for (int start = 0; start < kZones; ++start) {
    if (!mask[start] || seen[start]) continue;
    std::vector<int> region = {start};
    seen[start] = true;
    for (size_t next = 0; next < region.size(); ++next) {
      for (const int n : Neighbours(region[next])) {
        if (n < 0 || !mask[n] || seen[n]) continue;
        seen[n] = true;
        region.push_back(n);
      }
    }
    regions.push_back(std::move(region));
  }
  return regions;
}

double FindDefects(const quality::v1::TofFrame& frame, const ZoneMask& product, const ZoneMap& residuals,
                   const TofOptions& options, Defects* defects) {
  return FindShapeDefects(+1, product, residuals, options, defects) +
         FindShapeDefects(-1, product, residuals, options, defects) +
         FindOpticalDefects(frame, product, options, defects);
}

}  // namespace egi::analyse
