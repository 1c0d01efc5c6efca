// Plays the readings of one transaction against the open alerts. Pure: no SQL; shared by the stores.
#ifndef EGI_SERVER_STORAGE_ALERT_FOLD_H_
#define EGI_SERVER_STORAGE_ALERT_FOLD_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/alert_life.h"

namespace egi::storage {

// An alert in one transaction.
struct FoldedAlert {
  std::string type;
  std::string object;        // device:ID or lot:CODE
  int64_t id = 0;
  bool stored = false;       // stands in alert_open since an earlier transaction
  bool changed = false;      // to be written
  bool told = false;         // an event
  bool lost = false;         // another server opened the same alert first: counted there
  analyse::AlertLife life;
  // Of an alert that is not stored: what opened it. `item` and `candidate` are the caller's.
  size_t item = 0;
  const analyse::AlertCandidate* candidate = nullptr;
  std::string first_sample;

  bool closed() const { return !life.close_reason.empty(); }
};

// Used by one thread, for one transaction.
class AlertFold {
 public:
  // `now` is the time of the transaction; `clear_after` the readings in range that close an alert, >= 1.
  AlertFold(absl::Time now, int clear_after) : now_(now), clear_after_(clear_after) {}

  // An open alert as it is stored.
  void Load(FoldedAlert alert);

  // Nothing is open and nothing was opened.
  bool empty() const { return alerts_.empty(); }
  // An alert of this object is or was open.
  bool Knows(const std::string& object) const { return by_object_.count(object) > 0; }

  // The condition of `candidate`, which must outlive the fold, was met by the reading `sample` of `time`. A worse severity than the open alert's replaces
  // the alert.
  void Occur(size_t item, const std::string& object, const analyse::AlertCandidate& candidate, absl::Time time, const std::string& sample);

  // The measure of `type` is back in range by more than its margin.
  void BackInRange(const std::string& object, const char* type, absl::Time time);

  // All alerts, in the order they were loaded and opened. Addresses are stable.
  std::deque<FoldedAlert>& alerts() { return alerts_; }

 private:
  using OpenByType = std::map<std::string, FoldedAlert*, std::less<>>;

  const absl::Time now_;
  const int clear_after_;
  std::deque<FoldedAlert> alerts_;
  std::map<std::string, OpenByType> by_object_;
};

// The object of the alerts of a sample: its lot, else its device; score_disagreement is always about the device.
std::string SampleObject(const quality::v1::GradedSample& graded);
std::string DeviceObject(const quality::v1::GradedSample& graded);
std::string MealObject(const feeding::v1::RecordedMeal& meal);

// Plays what a sample, or a meal, says. `late`: a newer meal of the lot is known, so a measure in range closes nothing. The verdict must outlive the fold.
void FoldSample(size_t item, const quality::v1::GradedSample& graded, const analyse::SampleVerdict& verdict, AlertFold* fold);
void FoldMeal(size_t item, const feeding::v1::RecordedMeal& meal, const analyse::MealVerdict& verdict, bool late, AlertFold* fold);

// `context_json`, an object, with the evidence of the alert's occurrences added: first_sample, last_sample, worst_sample, worst_observed.
std::string WithEvidence(const std::string& context_json, const FoldedAlert& alert);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_ALERT_FOLD_H_
