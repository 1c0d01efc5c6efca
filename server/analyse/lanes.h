// Four floats at a time: the loops over zones and points of the analysis, spelled out so that every compiler uses its vector unit.
#ifndef EGI_SERVER_ANALYSE_LANES_H_
#define EGI_SERVER_ANALYSE_LANES_H_

#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace egi::analyse {

inline constexpr int kLanes = 4;
using Lanes [[gnu::vector_size(16)]] = float;

inline Lanes Load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}
inline void Store(Lanes lanes, float* to) { std::memcpy(to, &lanes, sizeof(lanes)); }
inline Lanes All(float value) { return Lanes{value, value, value, value}; }
inline float Sum(Lanes lanes) { return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]); }

// Square roots of lanes of at least 0.
inline Lanes Root(Lanes lanes) {
#if defined(__SSE2__)
  return _mm_sqrt_ps(lanes);
#else
  for (int k = 0; k < kLanes; ++k) lanes[k] = std::sqrt(lanes[k]);
  return lanes;
#endif
}

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_LANES_H_
