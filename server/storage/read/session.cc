#include "server/storage/read/session.h"

#include <functional>

#include "absl/strings/str_cat.h"

namespace egi::storage::read {

pqxx::result Run(pqxx::transaction_base& transaction, const std::string& sql, const std::vector<std::string>& params) {
  const std::string name = absl::StrCat("r", absl::Hex(std::hash<std::string>()(sql)));
  transaction.conn().prepare(name, sql);  // the same text under the same name costs one look-up
  return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(params));
}

}  // namespace egi::storage::read
