#include "server/storage/postgres/matrix_codec.h"

#include <endian.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace egi::storage {
namespace {

// raw / divisor as the decoder (here and in SQL) computes it.
float Scaled(uint32_t raw, int divisor) { return static_cast<float>(raw / static_cast<double>(divisor)); }

// The value times `divisor` when that loses nothing, else -1.
int32_t Quantise(float value, int divisor) {
  if (!(value >= 0.0f && value <= 65535.0f) || std::signbit(value)) return -1;
  const double scaled = static_cast<double>(value) * divisor;
  const auto raw = static_cast<uint32_t>(scaled + 0.5);
  return raw <= 65535 && Scaled(raw, divisor) == value ? static_cast<int32_t>(raw) : -1;
}

bool QuantiseAll(const float* cells, int divisor, uint16_t* raw, uint16_t* largest) {
  *largest = 0;
  for (int i = 0; i < kMatrixCells; ++i) {
    const int32_t value = Quantise(cells[i], divisor);
    if (value < 0) return false;
    raw[i] = static_cast<uint16_t>(value);
    if (raw[i] > *largest) *largest = raw[i];
  }
  return true;
}

int DivisorOf(MatrixEncoding encoding) {
  return encoding == MatrixEncoding::kQuarter ? 4 : encoding == MatrixEncoding::kTenth ? 10 : 1;
}

}  // namespace

void PackMatrix(const float* cells, std::string* packed) {
  packed->clear();
  uint16_t raw[kMatrixCells];
  uint16_t largest = 0;
  for (const MatrixEncoding encoding : {MatrixEncoding::kUint16, MatrixEncoding::kQuarter, MatrixEncoding::kTenth}) {
    if (!QuantiseAll(cells, DivisorOf(encoding), raw, &largest)) continue;
    const bool bytes = encoding == MatrixEncoding::kUint16 && largest <= 255;
    packed->push_back(static_cast<char>(bytes ? MatrixEncoding::kUint8 : encoding));
    for (const uint16_t value : raw) {
      if (!bytes) packed->push_back(static_cast<char>(value >> 8));
      packed->push_back(static_cast<char>(value & 255));
    }
    return;
  }
  packed->push_back(static_cast<char>(MatrixEncoding::kFloat32));
  for (int i = 0; i < kMatrixCells; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &cells[i], sizeof(bits));
    bits = htobe32(bits);
    packed->append(reinterpret_cast<const char*>(&bits), sizeof(bits));
  }
}

absl::Status UnpackMatrix(absl::string_view packed, float* cells) {
  const auto* data = reinterpret_cast<const unsigned char*>(packed.data()) + 1;
  const int encoding = packed.empty() ? 0 : static_cast<unsigned char>(packed[0]);
  const size_t expected = encoding == 1 ? 65 : encoding == 5 ? 257 : 129;
  if (encoding < 1 || encoding > 5 || packed.size() != expected) {
    return absl::DataLossError(absl::StrCat("packed matrix has encoding ", encoding, " and ", packed.size(), " bytes"));
  }
  const int divisor = DivisorOf(static_cast<MatrixEncoding>(encoding));
  for (int i = 0; i < kMatrixCells; ++i) {
    if (encoding == 1) {
      cells[i] = data[i];
    } else if (encoding == 5) {
      uint32_t bits;
      std::memcpy(&bits, data + 4 * i, sizeof(bits));
      bits = be32toh(bits);
      std::memcpy(&cells[i], &bits, sizeof(bits));
    } else {
      cells[i] = Scaled(data[2 * i] * 256u + data[2 * i + 1], divisor);
    }
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
