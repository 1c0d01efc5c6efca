#include "simulators/station/firmware/image.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace egi::station::firmware {
namespace {

constexpr size_t kHeaderBytes = 64, kVersionAt = 12, kVersionBytes = 20;
constexpr char kMagic[] = "EGIF";
constexpr char kFormat = 1, kBoots = 1;

bool IsVersion(absl::string_view version) {
  return !version.empty() && version.size() <= kVersionBytes && std::all_of(version.begin(), version.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_' || c == '+';
  });
}

}  // namespace

absl::StatusOr<std::string> MakeImage(const std::string& version, const std::string& payload, bool boots) {
  if (!IsVersion(version)) return absl::InvalidArgumentError(absl::StrCat("version \"", version, "\": 1 to 20 letters, digits, '.', '-', '_' and '+'"));
  std::string image(kHeaderBytes, '\0');
  image.replace(0, 4, kMagic);
  image[4] = kFormat;
  image[5] = boots ? kBoots : 0;
  for (size_t i = 0; i < 4; ++i) image[8 + i] = static_cast<char>(payload.size() >> (24 - 8 * i));
  image.replace(kVersionAt, version.size(), version);
  return image + payload;
}

absl::StatusOr<ImageHeader> ReadImage(absl::string_view image) {
  if (image.size() < kHeaderBytes || image.substr(0, 4) != kMagic) return absl::InvalidArgumentError("not a firmware image: EGIF and 60 more bytes of header expected");
  if (image[4] != kFormat) return absl::InvalidArgumentError(absl::StrCat("firmware image of format ", int{image[4]}, ", 1 expected"));
  uint32_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(image[8 + i]);
  if (size != image.size() - kHeaderBytes) return absl::InvalidArgumentError(absl::StrCat("firmware image has ", image.size() - kHeaderBytes, " bytes of payload, its header says ", size));
  const absl::string_view field = image.substr(kVersionAt, kVersionBytes);
  const absl::string_view version = field.substr(0, field.find('\0'));
  if (!IsVersion(version)) return absl::InvalidArgumentError("firmware image without a version");
  return ImageHeader{std::string(version), (image[5] & kBoots) != 0};
}

std::string Sha256Hex(absl::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

}  // namespace egi::station::firmware
