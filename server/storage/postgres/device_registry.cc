#include "server/storage/postgres/device_registry.h"

#include <map>

#include "absl/strings/str_split.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr absl::Duration kLastSeenStep = absl::Seconds(10);
constexpr size_t kMaxEntries = 100'000;

// Columns are narrower than the messages: they are cut, the sample keeps the whole.
constexpr char kUpsert[] = R"(
INSERT INTO sqal_devices AS d (device_id, firmware_version, site_code, status, config_profile, last_seen)
SELECT id, left(firmware, 20), site, 'pending', left(profile, 50), seen
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS s (id, firmware, site, profile, seen)
ORDER BY id
ON CONFLICT (device_id) DO UPDATE SET
  firmware_version = coalesce(excluded.firmware_version, d.firmware_version),
  site_code = coalesce(d.site_code, excluded.site_code),
  config_profile = coalesce(excluded.config_profile, d.config_profile),
  last_seen = greatest(d.last_seen, excluded.last_seen)
RETURNING device_id, site_code, status = 'retired')";

Param OrNull(const std::string& text) { return text.empty() ? Param() : Param(text); }

}  // namespace

std::string SiteInDeviceId(const std::string& device_id) {
  for (const absl::string_view token : absl::StrSplit(device_id, absl::ByAnyChar("_-"))) {
    if (token == "LL" || token == "LS" || token == "MT") return std::string(token);
  }
  return "";
}

absl::Status DeviceRegistry::Touch(Connection* connection, const std::vector<DeviceSign>& signs) {
  if (devices_.size() > kMaxEntries) devices_.clear();
  std::map<std::string, const DeviceSign*> due;  // the newest sign of each, in the order of ids
  for (const DeviceSign& sign : signs) {
    const auto found = devices_.find(sign.device_id);
    if (found != devices_.end() && sign.received - found->second.written < kLastSeenStep) continue;
    const DeviceSign*& newest = due[sign.device_id];
    if (newest == nullptr || newest->received <= sign.received) newest = &sign;
  }
  if (due.empty()) return absl::OkStatus();
  std::vector<std::string> ids, seen;
  std::vector<Param> firmware, sites, profiles;
  for (const auto& [id, sign] : due) {
    ids.push_back(id);
    firmware.push_back(OrNull(sign->firmware_version));
    sites.push_back(OrNull(sign->site_code));
    profiles.push_back(OrNull(sign->config_profile));
    seen.push_back(SqlTime(sign->received));
  }
  auto rows = connection->Query(
      kUpsert, {TextArray(ids), NullableArray(firmware), NullableArray(sites), NullableArray(profiles), TextArray(seen)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    const std::string id(rows->text(i, 0));
    devices_[id] = Entry{due[id]->received, std::string(rows->text(i, 1)), rows->boolean(i, 2)};
  }
  return absl::OkStatus();
}

const std::string& DeviceRegistry::SiteOf(const std::string& device_id) const {
  static const std::string* const kNone = new std::string();
  const auto found = devices_.find(device_id);
  return found == devices_.end() ? *kNone : found->second.site_code;
}

bool DeviceRegistry::IsRetired(const std::string& device_id) const {
  const auto found = devices_.find(device_id);
  return found != devices_.end() && found->second.retired;
}

}  // namespace egi::storage
