// Builds the WHERE clause of a statement from the filters that are set, values always as parameters.
#ifndef EGI_SERVER_STORAGE_READ_CONDITIONS_H_
#define EGI_SERVER_STORAGE_READ_CONDITIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// Not thread-safe. Conditions are texts of the program, never of a caller.
class Conditions {
 public:
  // A condition without a value.
  void Add(const std::string& condition);

  // A condition whose single `$` becomes the parameter that holds `value`.
  void Add(const std::string& condition, const std::string& value);

  // A parameter outside the WHERE clause; answers its name, e.g. "$3".
  std::string Bind(const std::string& value);
  std::string Bind(int64_t value) { return Bind(std::to_string(value)); }

  // " WHERE a AND b", empty without conditions.
  std::string Sql() const;

  // The same parameters and no condition: for the inner part of the same statement.
  Conditions Continue() const;

  const std::vector<std::string>& params() const { return params_; }

 private:
  std::vector<std::string> conditions_;
  std::vector<std::string> params_;
};

// Column of lots_gavage (alias l) that `key` names, and the value to compare it with.
std::string LotIs(const LotKey& key);
std::string LotValue(const LotKey& key);

// NOT_FOUND, naming the lot.
absl::Status LotNotFound(const LotKey& key);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_CONDITIONS_H_
