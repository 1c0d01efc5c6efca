// Measures transactions.
#ifndef EGI_SERVER_APP_TIMED_COMMITTER_H_
#define EGI_SERVER_APP_TIMED_COMMITTER_H_

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/persist/committer.h"
#include "server/telemetry/metrics.h"

namespace egi::app {

// A committer that reports the duration of each commit to egi_commit_duration_seconds.
template <typename Write>
class TimedCommitter final : public persist::Committer<Write> {
 public:
  // `metrics` outlives the committer.
  TimedCommitter(std::unique_ptr<persist::Committer<Write>> inner, std::string kind, telemetry::Metrics* metrics)
      : inner_(std::move(inner)), kind_(std::move(kind)), metrics_(metrics) {}

  absl::StatusOr<std::shared_ptr<const persist::CommittedBatch>> Commit(std::vector<persist::Group<Write>>* groups) override {
    const auto begin = std::chrono::steady_clock::now();
    auto committed = inner_->Commit(groups);
    metrics_->ObserveCommit(kind_, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    return committed;
  }
  void Cancel() override { inner_->Cancel(); }

 private:
  const std::unique_ptr<persist::Committer<Write>> inner_;
  const std::string kind_;
  telemetry::Metrics* const metrics_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_TIMED_COMMITTER_H_
