// What the hot path needs to know of lots and devices, remembered between batches.
#ifndef EGI_SERVER_STORAGE_POSTGRES_LOT_DIRECTORY_H_
#define EGI_SERVER_STORAGE_POSTGRES_LOT_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

struct LotRef {
  int32_t id = 0;
  std::string code_lot;
  std::string site_code;
  int32_t gaveur_id = 0;  // 0 = unknown
};

// Lots by id or code. Used by one thread.
class LotDirectory {
 public:
  explicit LotDirectory(const Clock* clock) : clock_(clock) {}

  // Makes Find know the lots named (integer ids or codes). Only those not looked up in the last ten seconds are read.
  absl::Status Load(Connection* connection, const std::vector<std::string>& names);

  // Null when there is no such lot.
  const LotRef* Find(const std::string& name) const;

 private:
  struct Entry {
    LotRef lot;
    absl::Time read;
  };
  const Clock* const clock_;
  std::unordered_map<std::string, Entry> lots_;  // by name as written
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_LOT_DIRECTORY_H_
