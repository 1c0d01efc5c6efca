#include "server/storage/read/conditions.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/rich_status.h"

namespace egi::storage::read {

void Conditions::Add(const std::string& condition) { conditions_.push_back(condition); }

void Conditions::Add(const std::string& condition, const std::string& value) {
  std::string text = condition;
  text.replace(text.find('$'), 1, Bind(value));
  conditions_.push_back(std::move(text));
}

std::string Conditions::Bind(const std::string& value) {
  params_.push_back(value);
  return absl::StrCat("$", params_.size());
}

std::string Conditions::Sql() const {
  return conditions_.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(conditions_, " AND "));
}

Conditions Conditions::Continue() const {
  Conditions next;
  next.params_ = params_;
  return next;
}

std::string LotIs(const LotKey& key) { return key.id > 0 ? "l.id" : "l.code_lot"; }

std::string LotValue(const LotKey& key) { return key.id > 0 ? std::to_string(key.id) : key.code; }

absl::Status LotNotFound(const LotKey& key) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("lot ", LotValue(key), " does not exist; GET /api/euralis/lots (ListLots) names those that do")),
                       "LOT_NOT_FOUND", {{"lot", LotValue(key)}});
}

}  // namespace egi::storage::read
