// Compact form of an 8x8 matrix: one byte of encoding, then 64 big-endian values row by row. SQL reads it with egi_matrix().
#ifndef EGI_SERVER_STORAGE_POSTGRES_MATRIX_CODEC_H_
#define EGI_SERVER_STORAGE_POSTGRES_MATRIX_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace egi::storage {

inline constexpr int kMatrixCells = 64;

// The first byte.
enum class MatrixEncoding : char { kUint8 = 1, kUint16 = 2, kQuarter = 3, kTenth = 4, kFloat32 = 5 };

// Packs 64 values in the smallest encoding from which every one comes back bit by bit. Any float is accepted.
void PackMatrix(const float* cells, std::string* packed);

// The inverse. Errors: DATA_LOSS (unknown encoding or wrong length).
absl::Status UnpackMatrix(absl::string_view packed, float* cells);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_MATRIX_CODEC_H_
