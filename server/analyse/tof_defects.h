// Defects of a product against the dome fitted to it, and the neighbourhood of zones they are grouped by.
#ifndef EGI_SERVER_ANALYSE_TOF_DEFECTS_H_
#define EGI_SERVER_ANALYSE_TOF_DEFECTS_H_

#include <array>
#include <vector>

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/tof.h"

namespace egi::analyse {

using ZoneMask = std::array<bool, kZones>;

// The zones above, below, left and right of one; -1 beyond the rim.
std::array<int, 4> Neighbours(int zone);

// Connected regions of the zones that are set, in order of their first zone.
std::vector<std::vector<int>> Regions(const ZoneMask& mask);

// Appends one defect for each connected disturbance inside the product, at its worst zone: `foreign_body` (above the dome),
// `surface_deformation` (below it), `edge_damage` (below it at the rim) and `optical_inconsistency` (dark patch). Returns the sum of severities.
double FindDefects(const quality::v1::TofFrame& frame, const ZoneMask& product, const ZoneMap& residuals,
                   const TofOptions& options, google::protobuf::RepeatedPtrField<quality::v1::Defect>* defects);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_TOF_DEFECTS_H_
