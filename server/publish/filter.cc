#include "server/publish/filter.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "server/base/rich_status.h"

namespace egi::publish {
namespace {

using realtime::v1::Event;

// What filters look at, whatever the kind.
struct Subject {
  realtime::v1::EventKind kind = realtime::v1::EVENT_KIND_UNSPECIFIED;
  const std::string* device_id = nullptr;
  const std::string* site_code = nullptr;
  const std::string* code_lot = nullptr;
  int32_t gaveur_id = 0;
};

Subject SubjectOf(const Event& event) {
  switch (event.payload_case()) {
    case Event::kSample:
      return {realtime::v1::EVENT_KIND_SAMPLE, &event.sample().sample().device_id(), &event.sample().site_code(),
              &event.sample().code_lot(), event.sample().gaveur_id()};
    case Event::kMeal: {
      const auto& meal = event.meal().meal();
      return {realtime::v1::EVENT_KIND_MEAL, nullptr, &meal.site(), &meal.code_lot(), meal.gaveur_id()};
    }
    case Event::kAlert:
      return {realtime::v1::EVENT_KIND_ALERT, &event.alert().device_id(), &event.alert().site_code(), &event.alert().code_lot(),
              event.alert().gaveur_id()};
    case Event::kDevice:
      return {realtime::v1::EVENT_KIND_DEVICE, &event.device().device_id(), &event.device().site_code(), nullptr, 0};
    case Event::kLot:
      return {realtime::v1::EVENT_KIND_LOT, nullptr, &event.lot().site_code(), &event.lot().code_lot(), event.lot().gaveur_id()};
    case Event::PAYLOAD_NOT_SET:
      break;
  }
  return {};
}

bool Agrees(const std::string& wanted, const std::string* have) {
  return wanted.empty() || (have != nullptr && *have == wanted);
}

// 0 = best; -1 = not a grade. Order of domain.md section 10.
int Rank(const std::string& grade) {
  static const std::vector<std::string> kGrades = {"A+", "A", "B", "C", "REJECT"};
  const auto it = std::find(kGrades.begin(), kGrades.end(), grade);
  return it == kGrades.end() ? -1 : static_cast<int>(it - kGrades.begin());
}

}  // namespace

absl::Status CheckFilter(const realtime::v1::Filter& filter) {
  std::vector<FieldViolation> violations;
  const std::string& site = filter.site_code();
  if (!site.empty() && site != "LL" && site != "LS" && site != "MT") {
    violations.emplace_back("filter.site_code", "must be LL, LS or MT");
  }
  if (!filter.min_grade().empty() && Rank(filter.min_grade()) < 0) {
    violations.emplace_back("filter.min_grade", "must be A+, A, B, C or REJECT");
  }
  if (filter.gaveur_id() < 0) violations.emplace_back("filter.gaveur_id", "must not be negative");
  if (filter.device_id().size() > 400) violations.emplace_back("filter.device_id", "must have at most 100 characters");
  if (filter.code_lot().size() > 50) violations.emplace_back("filter.code_lot", "must have at most 50 characters");
  for (int i = 0; i < filter.kinds_size(); ++i) {
    if (filter.kinds(i) <= 0 || !realtime::v1::EventKind_IsValid(filter.kinds(i))) {
      violations.emplace_back("filter.kinds[" + std::to_string(i) + "]", "must be a known kind of event");
    }
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

int32_t LotIdOf(const realtime::v1::Filter& filter) {
  int32_t id = 0;
  return absl::SimpleAtoi(filter.code_lot(), &id) ? std::max(0, id) : 0;
}

bool Matches(const realtime::v1::Filter& filter, const Event& event) {
  const Subject subject = SubjectOf(event);
  if (filter.kinds_size() > 0 &&
      std::find(filter.kinds().begin(), filter.kinds().end(), static_cast<int>(subject.kind)) == filter.kinds().end()) {
    return false;
  }
  if (!Agrees(filter.device_id(), subject.device_id) || !Agrees(filter.site_code(), subject.site_code) ||
      !Agrees(filter.code_lot(), subject.code_lot) || (filter.gaveur_id() > 0 && filter.gaveur_id() != subject.gaveur_id)) {
    return false;
  }
  if (!filter.min_grade().empty() && subject.kind == realtime::v1::EVENT_KIND_SAMPLE) {
    const int rank = Rank(event.sample().result().final_grade());
    return rank >= 0 && rank <= Rank(filter.min_grade());
  }
  return true;
}

std::string ConflationKey(const Event& event) {
  if (event.has_sample()) return "s/" + event.sample().sample().device_id();
  if (event.has_meal()) return "m/" + event.meal().meal().code_lot();
  return "";
}

}  // namespace egi::publish
