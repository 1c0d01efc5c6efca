// What lies before the time-of-flight sensor.
#ifndef EGI_SIMULATORS_STATION_VL53L8CH_TARGET_H_
#define EGI_SIMULATORS_STATION_VL53L8CH_TARGET_H_

#include <array>
#include <cstdint>

#include "simulators/station/vl53l8ch/registers.h"

namespace egi::station::vl53l8ch {

// One part of the scene as a zone of the sensor sees it.
struct ZoneTarget {
  double distance_mm = 100;
  double reflectance_percent = 50;
  double ambient_kcps = 100;  // per SPAD
  bool foreign_body = false;  // something sharp reflects besides the surface
  uint8_t status = kStatusValid;
};

// Row by row as the scene lies; the lens turns it by half a turn.
struct Target {
  std::array<ZoneTarget, kZones> zones;
  double sensor_temperature_c = 25;
  double light_klx = 0.25;
};

// Signal of a surface, kcps/SPAD: falls with the square of the distance (simulators.md section 3.3 with the factor 400).
double SignalKcps(const ZoneTarget& zone);

}  // namespace egi::station::vl53l8ch

#endif  // EGI_SIMULATORS_STATION_VL53L8CH_TARGET_H_
