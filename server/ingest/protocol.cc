#include "server/ingest/protocol.h"

#include <algorithm>
#include <vector>

#include "server/base/rich_status.h"

namespace egi::ingest {
namespace {

constexpr size_t kMaxProducerId = 100;  // characters, stream.proto
constexpr size_t kMaxVersion = 50;

size_t Characters(const std::string& utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

absl::Status CheckOpen(const v1::Open& open) {
  std::vector<FieldViolation> violations;
  if (open.producer_id().empty() || Characters(open.producer_id()) > kMaxProducerId) {
    violations.emplace_back("open.producer_id", "must have 1 to 100 characters");
  } else if (open.producer_id().find('\0') != std::string::npos) {
    violations.emplace_back("open.producer_id", "must not contain a NUL character");
  }
  if (Characters(open.firmware_version()) > kMaxVersion || open.firmware_version().find('\0') != std::string::npos) {
    violations.emplace_back("open.firmware_version", "must have at most 50 characters, none of them NUL");
  }
  if (Characters(open.config_profile()) > kMaxVersion) {
    violations.emplace_back("open.config_profile", "must have at most 50 characters");
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

v1::ItemResult ToResult(int64_t sequence, const persist::ItemOutcome& item) {
  v1::ItemResult result;
  result.set_sequence(sequence);
  result.set_status(item.fate == persist::Fate::kSaved       ? v1::ITEM_STATUS_SAVED
                    : item.fate == persist::Fate::kDuplicate ? v1::ITEM_STATUS_DUPLICATE
                                                             : v1::ITEM_STATUS_CORRECTED);
  result.set_fusion_score(item.fusion_score);
  result.set_fusion_grade(item.fusion_grade);
  result.set_gavage_id(item.gavage_id);
  result.set_alerts_opened(item.alerts_opened);
  return result;
}

}  // namespace egi::ingest
