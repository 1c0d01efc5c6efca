#!/bin/bash
# The measuring firmware may be built from these targets of the simulators and no other: the bus as its master sees it, and the register maps.
set -euo pipefail
found=$(grep '^//simulators' "$1" | sort)
expected="//simulators/station/as7341:registers
//simulators/station/firmware:clock
//simulators/station/firmware:drivers
//simulators/station/firmware:instrument
//simulators/station/firmware:transfers
//simulators/station/i2c:port
//simulators/station/vl53l8ch:registers"
if [[ $found != "$expected" ]]; then
  diff <(echo "$expected") <(echo "$found") || true
  echo "the firmware must see registers only"
  exit 1
fi
