// The border between ingest and persist: what is to be written, and what became of it.
#ifndef EGI_SERVER_PERSIST_WRITE_H_
#define EGI_SERVER_PERSIST_WRITE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/day_meal.pb.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "google/rpc/status.pb.h"
#include "server/analyse/verdict.h"

namespace egi::persist {

// The stream an item came by. Items of one producer are submitted in sequence order.
struct Producer {
  std::string id;         // empty for unary calls
  int64_t epoch = 0;      // from Store::OpenProducer; 0 when ephemeral or unary
  bool ephemeral = true;  // no offset is kept
  std::string transport = "grpc";
};

// A validated and analysed sample, or a refused one (rejection set: only its trace is written).
struct SampleWrite {
  Producer producer;
  int64_t sequence = 0;
  absl::Time received;
  quality::v1::Sample sample;
  analyse::SampleVerdict verdict;
  std::optional<google::rpc::Status> rejection;
};

// A wish with a name: repeating it answers what was answered first.
struct NamedRequest {
  std::string id;         // empty = unnamed
  std::string body_hash;  // SHA-256 of the content, hexadecimal
};

// A validated day entered as a whole: all of it is stored, or nothing. Its meals are made inside the transaction, from what is known of the lot.
struct DayWrite {
  feeding::v1::DayEntry entry;           // as told
  std::string date;                      // ISO date in the site's zone
  std::optional<absl::Time> matin, soir; // when the doses told were given
  bool correct = false;                  // replaces what is known; otherwise nothing of the day may be known
};

// A validated meal, or a refused one. The feeding rules need the state of the lot, so persist calls analyse inside its transaction.
struct MealWrite {
  Producer producer;
  int64_t sequence = 0;
  absl::Time received;
  feeding::v1::Meal meal;  // of a day: names the lot, the day and a time of it
  NamedRequest request;
  std::optional<DayWrite> day;
  std::optional<google::rpc::Status> rejection;
};

enum class Fate { kSaved, kDuplicate, kCorrected, kRejected };

// What became of one item.
struct ItemOutcome {
  Fate fate = Fate::kSaved;
  google::rpc::Status rejection;  // for kRejected
  int32_t alerts_opened = 0;
  int32_t gavage_id = 0;          // meals; of a day the first
  std::vector<int32_t> gavage_ids;  // of a day
  bool replayed = false;          // the outcome of an earlier call with the same request
  double fusion_score = 0;        // samples
  std::string fusion_grade;       // samples
  std::optional<double> dose_gap_pct;                           // meals
  std::vector<feeding::v1::Recommendation> recommendations;     // meals
};

// What became of one submitted group; outcomes are in the order submitted.
struct GroupOutcome {
  // OK: committed. ABORTED: the producer was fenced by a newer epoch. UNAVAILABLE: not committed, nothing is stored,
  // the client must send again (database lost, server draining).
  absl::Status status;
  absl::Time commit_time;
  std::vector<ItemOutcome> items;
};

using Done = std::function<void(GroupOutcome)>;

// Takes writes and answers after commit. Thread-safe. `done` is called exactly once, from the committer's thread, without
// a lock held; it must not block. Submitting never blocks: admission is by the credit the callers hold (see `Pending`).
template <typename Write>
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void Submit(std::vector<Write> group, Done done) = 0;
  // Items submitted and not yet answered.
  virtual int64_t Pending() const = 0;
};

using SampleSink = Sink<SampleWrite>;
using MealSink = Sink<MealWrite>;

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_WRITE_H_
