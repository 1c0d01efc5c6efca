// Reproducible random numbers, the same on every machine: SplitMix64 (Steele, Lea, Flood 2014) and the polar method.
#ifndef EGI_SIMULATORS_STATION_RANDOM_H_
#define EGI_SIMULATORS_STATION_RANDOM_H_

#include <cstdint>
#include <string>

namespace egi::station {

// A stream of numbers named by a seed and a key: the same name gives the same numbers. Not thread-safe.
class Random {
 public:
  explicit Random(uint64_t state) : state_(state) {}
  Random(uint64_t seed, const std::string& key, uint64_t index);

  uint64_t Bits();
  // Uniform in [0, 1).
  double Unit();
  // Uniform in [low, high).
  double Uniform(double low, double high) { return low + (high - low) * Unit(); }
  // Normal with the given mean and standard deviation.
  double Normal(double mean, double sd);
  // True with the given probability.
  bool Chance(double probability) { return Unit() < probability; }

 private:
  uint64_t state_;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_RANDOM_H_
