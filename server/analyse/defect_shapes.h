// The shapes that defects of a surface take, as zones see them: raised-cosine bumps of a radius in zones, and bites into the outline.
#ifndef EGI_SERVER_ANALYSE_DEFECT_SHAPES_H_
#define EGI_SERVER_ANALYSE_DEFECT_SHAPES_H_

#include <array>

#include "server/analyse/dome.h"

namespace egi::analyse {

// What is fitted: the heights of all zones, and what is known of the dome beforehand.
inline constexpr int kObservations = kZones + 4;

// Change of every observation for a change of 1 mm at the worst point.
using Footprint = std::array<float, kObservations>;

inline constexpr int kBumpRadii = 4;
inline constexpr std::array<float, kBumpRadii> kBumpRadius = {1.0f, 1.5f, 2.1f, 2.8f};  // zones
inline constexpr int kSmallRadii = 3;    // foreign bodies are at most 2 zones wide (simulators.md section 3.2)
inline constexpr int kBumpOffsets = 2;   // places per zone and direction

inline constexpr int kBumpsOfZone = kBumpRadii * kBumpOffsets * kBumpOffsets;

// The bumps centred in a zone (at its middle, and half a zone to the right and below), smallest radius first: index / 4 is the radius.
struct Bump {
  Footprint map;
  Footprint squared;
};
using BumpsOfZone = std::array<Bump, kBumpsOfZone>;
const BumpsOfZone& BumpsAt(int zone);

inline constexpr int kBites = 16;  // directions around the outline
// Bites of a quarter of the outline, outside 0.6 of its radius and `depth_mm` deep (less where the dome is lower), as shares of the depth.
std::array<Footprint, kBites> BitesOf(const Quadratic& quadratic, const Dome& dome, ZoneMask zones, const ZoneGrid& grid);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_DEFECT_SHAPES_H_
