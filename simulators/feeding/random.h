// Seeded randomness of the simulators: the same seed gives the same numbers on every platform, which the standard
// library's distributions do not promise.
#ifndef EGI_SIMULATORS_FEEDING_RANDOM_H_
#define EGI_SIMULATORS_FEEDING_RANDOM_H_

#include <cstdint>
#include <random>

namespace egi::feeding_simulator {

// Source of uniform numbers. Not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // In [0, 1).
  double Unit() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  // In [low, high).
  double Uniform(double low, double high) { return low + (high - low) * Unit(); }
  // In {low, ..., high}.
  int Integer(int low, int high) { return low + static_cast<int>(Unit() * (high - low + 1)); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_RANDOM_H_
