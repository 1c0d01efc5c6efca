// The shapes that defects of a surface take, as zones see them: discs of a radius in zones, and bites into the outline.
#ifndef EGI_SERVER_ANALYSE_DEFECT_SHAPES_H_
#define EGI_SERVER_ANALYSE_DEFECT_SHAPES_H_

#include <array>

#include "server/analyse/dome.h"
#include "server/analyse/lanes.h"

namespace egi::analyse {

// What is fitted: the heights of all zones, and what is known of the dome beforehand.
inline constexpr int kObservations = kZones + 4;

// Change of every observation for a change of 1 mm at the worst point.
using Footprint = std::array<float, kObservations>;

// Round defects: raised cosines change the height, patches of one shade the reflectance.
enum class DiscKind { kBump, kPatch };
inline constexpr int kDiscRadii = 3;
inline constexpr std::array<float, kDiscRadii> kDiscRadius = {1.0f, 1.25f, 1.5f};  // zones
inline constexpr int kDiscOffsets = 2;   // places per zone and direction: at its middle, and half a zone to the right or below

// The discs centred in a zone, smallest radius first: index / 4 is the radius.
inline constexpr int kDiscsOfZone = kDiscRadii * kDiscOffsets * kDiscOffsets;
inline constexpr int kDiscLanes = kDiscsOfZone / kLanes;
static_assert(kDiscsOfZone % kLanes == 0);
using DiscFigures = std::array<Lanes, kDiscLanes>;  // a figure a disc

// Products of the discs of a zone with a map, and of their squares with a map.
DiscFigures TimesDiscs(DiscKind kind, int zone, const Footprint& map);
DiscFigures TimesSquaredDiscs(DiscKind kind, int zone, const Footprint& map);

// One disc, multiplied zone by zone with `cover`, the share of the zone that the product fills.
Footprint DiscOf(DiscKind kind, int zone, int disc, const std::array<float, kZones>& cover);

// Bites of a quarter of the outline, outside 0.6 of its radius, as deep as one of the depths or as the dome is high; as shares of the depth.
inline constexpr int kDirections = 32;  // around the outline
inline constexpr int kDepths = 2;
inline constexpr std::array<float, kDepths> kBiteDepth = {9, 15};  // mm: edges lose 5 to 20 (simulators.md section 3.2)
inline constexpr int kBites = kDirections * kDepths;
std::array<Footprint, kBites> BitesOf(const Quadratic& quadratic, const Dome& dome, ZoneMask zones, const ZoneGrid& grid);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_DEFECT_SHAPES_H_
