// The shape a liver should have: half an ellipsoid lying on the tray, fitted to a map of heights.
#ifndef EGI_SERVER_ANALYSE_DOME_H_
#define EGI_SERVER_ANALYSE_DOME_H_

#include <array>

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
  double VolumeMm3() const;
};

// Mean height of the dome over every zone, as the sensor sees it.
ZoneMap Rasterise(const Dome& dome, const ZoneGrid& grid);

// Fits a dome to mean heights above the tray by iteratively reweighted Gauss-Newton steps (Tukey weights), so that defects
// do not bend it. `heights` holds 0 where there is no product; needs at least 7 zones above 0, else the start by moments is returned.
Dome FitDome(const ZoneMap& heights, const ZoneGrid& grid);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_DOME_H_
