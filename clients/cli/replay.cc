#include "clients/cli/replay.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "server/campaign/campaign_file.h"
#include "server/campaign/convert.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/progress.h"
#include "clients/cli/stream_out.h"
#include "clients/cpp/channel.h"
#include "clients/cpp/sleeper.h"

namespace egi::cli {
namespace {

using egi::feeding::v1::Meal;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr int kMostRefusalsShown = 10;

}  // namespace

int RunReplay(const Session& session, const ReplayOptions& options) {
  std::string bytes;
  if (absl::Status status = ReadInput(session, options.file, &bytes); !status.ok()) return Fail(session, "replay", status);
  const auto campaign = campaign::ReadCampaign(bytes);
  if (const absl::Status bad = campaign.ok() ? campaign::AllRowsGood(*campaign) : campaign.status(); !bad.ok()) {
    return Fail(session, absl::StrCat("replay: ", options.file), bad);
  }
  const auto meals = campaign::ToMeals(*campaign);
  if (!meals.ok()) return Fail(session, "replay", meals.status());

  client::SystemSleeper sleeper;
  Interrupt interrupt([&] { sleeper.Wake(); });
  std::atomic<int> refusals = 0;
  auto stream = StreamOut<Meal>::Create(session, "replay", nullptr, [&](int64_t, const Meal& meal, const absl::Status& why) {
    if (++refusals > kMostRefusalsShown) return;
    session.err << "refused: " << meal.code_lot() << " meal " << meal.repas() << ": " << std::string(why.message()) << "\n"
                << client::DescribeDetails(why);
  });
  if (!stream.ok()) return Fail(session, "replay", stream.status());

  Progress progress("replay", static_cast<int64_t>(meals->size()), &session.err, session.err_is_terminal);
  const auto show = [&](const Outcome& outcome) { progress.Update(outcome.settled()); };
  int64_t previous = meals->empty() ? 0 : meals->front().timestamp().seconds();
  for (const Meal& meal : *meals) {
    if (interrupt.happened()) break;
    if (options.speed > 0) sleeper.Sleep(absl::Seconds(meal.timestamp().seconds() - previous) / options.speed);
    previous = meal.timestamp().seconds();
    if (interrupt.happened()) break;
    if (absl::Status status = (*stream)->Send(meal); !status.ok()) return Fail(session, "replay", status);
    show((*stream)->outcome());
  }
  const absl::Status status = (*stream)->Finish(kPatience, show);
  const Outcome outcome = (*stream)->outcome();
  session.out << DescribeOutcome(outcome, session.json) << "\n";
  if (!status.ok()) return Fail(session, "replay (run it again to continue: stored meals are recognised)", status);
  if (interrupt.happened()) {
    session.err << "interrupted after " << outcome.settled() << " of " << meals->size() << " meals; run it again to continue\n";
    return kFailed;
  }
  if (outcome.refused > 0) session.err << "Were the lots imported first? egictl import lots " << options.file << "\n";
  return outcome.refused > 0 ? kSomeRefused : kOk;
}

}  // namespace egi::cli
