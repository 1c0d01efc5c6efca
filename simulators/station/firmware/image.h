// The format of a station's firmware image. 64 bytes of header, then the payload:
//   0  "EGIF"
//   4  format, 1
//   5  flags: bit 0 = boots (an image without it is for trying out the rollback)
//   6  two zeros
//   8  size of the payload, 32 bits, big-endian
//  12  version, 1 to 20 of the server's characters, filled up with zeros
//  32  zeros
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_IMAGE_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_IMAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace egi::station::firmware {

struct ImageHeader {
  std::string version;
  bool boots = false;
};

// Builds an image. Errors: INVALID_ARGUMENT (version: 1 to 20 letters, digits, '.', '-', '_' and '+').
absl::StatusOr<std::string> MakeImage(const std::string& version, const std::string& payload, bool boots);

// Reads the header of a whole image. Errors: INVALID_ARGUMENT, saying what is wrong.
absl::StatusOr<ImageHeader> ReadImage(absl::string_view image);

// SHA-256 in lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_IMAGE_H_
