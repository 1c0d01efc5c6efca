// Which defects explain what the fitted dome does not: a greedy search over shapes, each weighed together with the dome.
#ifndef EGI_SERVER_ANALYSE_DEFECT_SEARCH_H_
#define EGI_SERVER_ANALYSE_DEFECT_SEARCH_H_

#include <array>

#include "server/analyse/tof.h"

namespace egi::analyse {

// A shape found in a surface.
struct ShapeFound {
  DefectClass type = DefectClass::kForeignBody;
  int zone = 0;             // where a zone changes most
  int zones = 0;            // zones that change by at least half of that
  double change_mm = 0;     // of that zone, positive upwards
};
inline constexpr int kMaxShapes = 6;

struct ShapeSearch {
  int count = 0;
  std::array<ShapeFound, kMaxShapes> found;
  std::array<float, kZones> residual_mm{};  // height minus dome, over the product
};

// Adds shapes one by one: each time the one that lowers the sum of squares most when dome and shapes are fitted together (orthogonal matching
// pursuit, Pati et al. 1993, on the linearised dome), as long as it is significant against the spread of what is left. Moves `fit` to the
// dome of the joint fit. A quiet surface (no residual above `options.quiet_mm`) is not searched.
ShapeSearch SearchShapes(const ZoneMap& heights, ZoneMask product, ZoneMask trusted, double noise_mm, const TofOptions& options, DomeFit* fit);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_DEFECT_SEARCH_H_
