// A lot as callers name it: its integer id or its code, everywhere the same.
#ifndef EGI_SERVER_STORAGE_READ_LOT_KEY_H_
#define EGI_SERVER_STORAGE_READ_LOT_KEY_H_

#include <cstdint>
#include <string>

namespace egi::storage::read {

// Exactly one of the two is set: id > 0, or a code that is not empty.
struct LotKey {
  int32_t id = 0;
  std::string code;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_KEY_H_
