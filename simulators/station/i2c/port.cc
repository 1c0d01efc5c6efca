#include "simulators/station/i2c/port.h"

namespace egi::station::i2c {

std::vector<Address> Scan(Port& port, int attempts) {
  std::vector<Address> found;
  for (int address = kFirstAddress; address <= kLastAddress; ++address) {
    for (int i = 0; i < attempts; ++i) {
      if (!port.Write(static_cast<Address>(address), nullptr, 0).ok()) continue;
      found.push_back(static_cast<Address>(address));
      break;
    }
  }
  return found;
}

}  // namespace egi::station::i2c
