#include "simulators/station/random.h"

#include <cmath>

namespace egi::station {
namespace {

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// FNV-1a.
uint64_t Hash(const std::string& text) {
  uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace

Random::Random(uint64_t seed, const std::string& key, uint64_t index)
    : state_(Mix(Mix(Mix(seed + 0x9E3779B97F4A7C15ULL) ^ Hash(key)) + index)) {}

uint64_t Random::Bits() { return Mix(state_ += 0x9E3779B97F4A7C15ULL); }

double Random::Unit() { return static_cast<double>(Bits() >> 11) * 0x1.0p-53; }

double Random::Normal(double mean, double sd) {
  if (has_spare_) {
    has_spare_ = false;
    return mean + sd * spare_;
  }
  double u = 0, v = 0, s = 0;
  do {
    u = 2 * Unit() - 1;
    v = 2 * Unit() - 1;
    s = u * u + v * v;
  } while (s >= 1 || s == 0);
  const double factor = std::sqrt(-2 * std::log(s) / s);
  spare_ = v * factor;
  has_spare_ = true;
  return mean + sd * u * factor;
}

}  // namespace egi::station
