#include "simulators/host/settle.h"

#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"

namespace egi::simulator_host {
namespace {

using simulation::v1::Simulator;
using Instant = std::chrono::steady_clock::time_point;

constexpr absl::Duration kPoll = absl::Milliseconds(50);

enum class Outcome { kPending, kWorks, kFailed };

absl::Duration Since(Instant start) { return absl::FromChrono(std::chrono::steady_clock::now() - start); }

// `refused_since` remembers when a message was refused first.
Outcome OutcomeOf(const Simulator& now, Instant begun, const SettleOptions& options, std::optional<Instant>& refused_since) {
  if (now.state() == "failed" || now.state() == "restarting" || now.restarts() > 0) return Outcome::kFailed;
  if (now.state() != "running") return Outcome::kWorks;  // finished, or stopped by somebody meanwhile
  if (!now.has_feeding()) return Since(begun) >= options.alive ? Outcome::kWorks : Outcome::kPending;
  if (now.progress().acknowledged() > now.progress().rejected()) return Outcome::kWorks;
  if (now.progress().rejected() == 0) return Outcome::kPending;
  if (!refused_since.has_value()) refused_since = std::chrono::steady_clock::now();
  return Since(*refused_since) >= options.alive ? Outcome::kFailed : Outcome::kPending;
}

// Ends what was started with the failed one. A simulator that has failed by itself keeps its state: it begins anew when it is started again.
absl::Status GiveUp(Registry& registry, const std::vector<std::string>& names, const Simulator& failed) {
  const std::string why = failed.message().empty() ? "it ended at once" : failed.message();
  for (const std::string& name : names) {
    const bool itself = name == failed.name();
    if (itself && failed.state() == "failed") continue;
    registry.Stop(name, itself ? why : absl::StrCat("stopped because \"", failed.name(), "\" failed")).IgnoreError();
  }
  return WithErrorInfo(
      absl::FailedPreconditionError(absl::StrCat("\"", failed.name(), "\" does not work: ", why, ". It was stopped", names.size() > 1 ? " with the others" : "",
                                                 "; GET /api/simulators/", failed.name(), " shows it, GET /api/ingest/rejections what the server refused. Mend the "
                                                 "cause and start it again")),
      "SIMULATOR_FAILED", {{"name", failed.name()}});
}

}  // namespace

absl::Status Settle(Registry& registry, const std::vector<std::string>& names, const SettleOptions& options) {
  const Instant begun = std::chrono::steady_clock::now();
  std::map<std::string, std::optional<Instant>> pending;
  for (const std::string& name : names) pending.emplace(name, std::nullopt);
  while (!pending.empty() && Since(begun) < options.patience) {
    for (auto each = pending.begin(); each != pending.end();) {
      const absl::StatusOr<Simulator> now = registry.Get(each->first);
      const Outcome outcome = now.ok() ? OutcomeOf(*now, begun, options, each->second) : Outcome::kWorks;  // deleted meanwhile
      if (outcome == Outcome::kFailed) return GiveUp(registry, names, *now);
      each = outcome == Outcome::kWorks ? pending.erase(each) : std::next(each);
    }
    if (!pending.empty()) std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPoll));
  }
  return absl::OkStatus();
}

}  // namespace egi::simulator_host
