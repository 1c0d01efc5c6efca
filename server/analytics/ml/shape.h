// The smooth shape under a map of heights: half an ellipsoid, fitted in closed form. Kept apart from the analysis, so that its rules can change
// without the models being trained again.
#ifndef EGI_SERVER_ANALYTICS_ML_SHAPE_H_
#define EGI_SERVER_ANALYTICS_ML_SHAPE_H_

#include <array>

#include "server/analyse/dome.h"

namespace egi::analytics::ml {

struct Shape {
  analyse::ZoneMap height{};  // of the shape in the middle of each zone, 0 outside; mm
  double top_mm = 0;
  double long_mm = 0, short_mm = 0;  // half axes
};

// The square of an ellipsoid's height is a quadratic of the place: weighted linear least squares over the zones of `product` higher than a third of
// the highest one, three rounds with Tukey weights (Beaton, Tukey 1974) so that defects do not bend it. Without a solution (fewer than 8 such zones, or no
// top) the heights are those given and the axes 0.
Shape FitShape(const analyse::ZoneMap& heights, const std::array<bool, analyse::kZones>& product, const analyse::ZoneGrid& grid);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_SHAPE_H_
