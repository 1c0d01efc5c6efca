// Sets of zones as the bits of a word: bit row * 8 + column. Neighbourhoods and connected regions without a loop over zones.
#ifndef EGI_SERVER_ANALYSE_ZONE_MASK_H_
#define EGI_SERVER_ANALYSE_ZONE_MASK_H_

#include <bit>
#include <cstdint>

namespace egi::analyse {

using ZoneMask = uint64_t;

inline constexpr ZoneMask kFirstColumn = 0x0101010101010101ULL;
inline constexpr ZoneMask kLastColumn = 0x8080808080808080ULL;

constexpr ZoneMask Bit(int zone) { return ZoneMask{1} << zone; }
constexpr bool Holds(ZoneMask mask, int zone) { return (mask >> zone & 1) != 0; }
constexpr int Count(ZoneMask mask) { return std::popcount(mask); }

// Adds the zones left and right.
constexpr ZoneMask Widen(ZoneMask m) { return m | (m & ~kLastColumn) << 1 | (m & ~kFirstColumn) >> 1; }
// Adds the four neighbours of every zone.
constexpr ZoneMask Grow4(ZoneMask m) { return Widen(m) | m << 8 | m >> 8; }
// Adds the eight neighbours of every zone.
constexpr ZoneMask Grow8(ZoneMask m) {
  const ZoneMask wide = Widen(m);
  return wide | wide << 8 | wide >> 8;
}
// Zones all of whose four neighbours are in the mask (zones beyond the rim of the sensor are not).
constexpr ZoneMask Inner(ZoneMask m) {
  return m & (m & ~kLastColumn) << 1 & (m & ~kFirstColumn) >> 1 & m << 8 & m >> 8;
}

// The connected region (by four neighbours) around the lowest zone of a mask; 0 for an empty mask.
constexpr ZoneMask FirstRegion(ZoneMask mask) {
  ZoneMask region = mask & (~mask + 1);
  for (ZoneMask before = 0; region != before;) {
    before = region;
    region = Grow4(region) & mask;
  }
  return region;
}

// Calls `use(zone)` for every zone of a mask, lowest first.
template <typename Use>
constexpr void ForEachZone(ZoneMask mask, Use use) {
  for (; mask != 0; mask &= mask - 1) use(std::countr_zero(mask));
}

// Calls `use(region)` for every connected region of a mask, in order of its first zone.
template <typename Use>
constexpr void ForEachRegion(ZoneMask mask, Use use) {
  while (mask != 0) {
    const ZoneMask region = FirstRegion(mask);
    mask &= ~region;
    use(region);
  }
}

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_ZONE_MASK_H_
