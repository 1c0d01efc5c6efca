#include "server/storage/postgres/lot_directory.h"

#include <algorithm>
#include <utility>

namespace egi::storage {
namespace {

constexpr absl::Duration kFresh = absl::Seconds(10);
constexpr size_t kMaxEntries = 20'000;

constexpr char kSelectLots[] = R"(
SELECT n.name, l.id, l.code_lot, l.site_code, l.gaveur_id
FROM unnest($1::text[]) AS n (name)
JOIN lots_gavage l ON l.code_lot = n.name OR l.id = CASE WHEN n.name ~ '^[0-9]{1,9}$' THEN n.name::integer END)";

}  // namespace

absl::Status LotDirectory::Load(Connection* connection, const std::vector<std::string>& names) {
  if (names.empty()) return absl::OkStatus();
  const absl::Time now = clock_->Now();
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    const auto found = lots_.find(name);
    if (found == lots_.end() || now - found->second.read > kFresh) wanted.push_back(name);
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  if (wanted.empty()) return absl::OkStatus();
  auto rows = connection->Query(kSelectLots, {TextArray(wanted)});
  if (!rows.ok()) return rows.status();
  if (lots_.size() > kMaxEntries) lots_.clear();
  for (const std::string& name : wanted) lots_.erase(name);
  for (int i = 0; i < rows->size(); ++i) {
    lots_[std::string(rows->text(i, 0))] =
        Entry{LotRef{static_cast<int32_t>(rows->integer(i, 1)), std::string(rows->text(i, 2)), std::string(rows->text(i, 3)),
                     static_cast<int32_t>(rows->integer(i, 4))},
              now};
  }
  return absl::OkStatus();
}

const LotRef* LotDirectory::Find(const std::string& name) const {
  const auto found = lots_.find(name);
  return found == lots_.end() ? nullptr : &found->second.lot;
}

}  // namespace egi::storage
