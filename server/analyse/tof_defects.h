// Defects of a product: shapes that the dome does not explain, and dark patches.
#ifndef EGI_SERVER_ANALYSE_TOF_DEFECTS_H_
#define EGI_SERVER_ANALYSE_TOF_DEFECTS_H_

#include <array>

#include "server/analyse/defect_search.h"
#include "server/analyse/tof.h"

namespace egi::analyse {

// Appends the shapes found in a surface to the defects of a measure, as far as they are big enough.
void AddShapes(const ShapeSearch& shapes, const TofOptions& options, TofMeasure* measure);

// Appends the dark patches: places where the reflectance of the product, freed of the tray that shows at its rim, falls below its median,
// pooled over the zones around. `cover` is the share of a zone that the product fills, `tray` the reflectance of the tray.
void AddDarkPatches(const float* reflectance, const std::array<float, kZones>& cover, double tray, ZoneMask product,
                    const TofOptions& options, TofMeasure* measure);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_TOF_DEFECTS_H_
