// The shape a liver should have: half an ellipsoid lying on the tray, fitted to a map of heights.
#ifndef EGI_SERVER_ANALYSE_DOME_H_
#define EGI_SERVER_ANALYSE_DOME_H_

#include <array>

#include "server/analyse/zone_mask.h"

namespace egi::analyse {

inline constexpr int kSide = 8;              // zones per side of the sensor
inline constexpr int kZones = kSide * kSide;  // row by row: zone = row * kSide + column

// One figure per zone.
using ZoneMap = std::array<double, kZones>;

// Where the zones lie. The centre of the grid is the origin; x runs along the columns, y along the rows; mm.
struct ZoneGrid {
  double zone_x_mm = 37.5;
  double zone_y_mm = 22.5;
  double AreaMm2() const { return zone_x_mm * zone_y_mm; }
  double CentreX(int zone) const { return (zone % kSide - (kSide - 1) / 2.0) * zone_x_mm; }
  double CentreY(int zone) const { return (zone / kSide - (kSide - 1) / 2.0) * zone_y_mm; }
};

// Half an ellipsoid z = height * sqrt(1 - (x'/a)^2 - (y'/b)^2), x' and y' turned by `angle` (radians) around the centre; mm.
struct Dome {
  double x = 0, y = 0;
  double a = 85, b = 42.5;
  double height = 50;
  double angle = 0;

  double HeightAt(double px, double py) const;
  // Distance of a point from the centre in units of the outline: 0 in the middle, 1 on the rim.
  double RadiusAt(double px, double py) const;
  double VolumeMm3() const;
};

// Mean height of the dome over every zone, as the sensor sees it.
ZoneMap Rasterise(const Dome& dome, const ZoneGrid& grid);

// The square of a dome's height as a quadratic of the place: 1, u, v, u^2, uv, v^2 with u and v in zones from the centre of the grid; mm2.
inline constexpr int kDomeTerms = 6;
using Quadratic = std::array<float, kDomeTerms>;

// A dome as the zones see it: mean height, its slopes to the six coefficients, and the share of the zone inside the outline.
struct DomeModel {
  std::array<float, kZones> mean{};
  std::array<std::array<float, kZones>, kDomeTerms> slope{};
  std::array<float, kZones> cover{};
};

// Sees a dome over some zones; the others stay 0.
void See(const Quadratic& quadratic, ZoneMask zones, DomeModel* model);

// The dome of a quadratic; false when it has no top or no outline.
bool ToDome(const Quadratic& quadratic, const ZoneGrid& grid, Dome* dome);

// What is known of a product before it is seen: it lies in the middle of the tray and has the proportions of its profile. Weak knowledge, but
// without it a dome that lost its tip cannot be told from a shorter one.
struct DomePrior {
  double aspect = 2;         // length over width
  double aspect_sd = 0.08;   // relative
  double centre_sd_mm = 0.7;
};

// One thing known beforehand as an observation of 1 mm of spread: residual and slopes to the coefficients.
struct PriorRow {
  float residual = 0;
  std::array<float, kDomeTerms> slope{};
};
inline constexpr int kPriors = 3;  // centre along the rows and columns, proportions
std::array<PriorRow, kPriors> PriorsOf(const Quadratic& quadratic, const DomePrior& prior, const ZoneGrid& grid);

// A fitted dome and what the zones see of it.
struct DomeFit {
  Dome dome;
  Quadratic quadratic{};
  DomeModel model;
  bool fitted = false;   // false: too few zones, the dome is the start by moments
  double spread_mm = 0;  // robust standard deviation of the residuals over the product
};

// Fits a dome to mean heights above the tray: a start by moments, then Gauss-Newton steps with Tukey weights (Beaton, Tukey 1974), so that
// defects do not bend it. `product` tells where the product stands, `trusted` which heights may be used; `noise_mm` is the standard
// deviation of a height. At most 6 trusted zones of product leave the start.
DomeFit FitDome(const ZoneMap& heights, ZoneMask product, ZoneMask trusted, double noise_mm, const ZoneGrid& grid,
                const DomePrior& prior = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_DOME_H_
