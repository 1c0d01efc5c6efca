// How many samples and meals a second the batchers store, against a PostgreSQL of their own (or that of EGI_TEST_DATABASE_URL).
// Prints one line a figure: name, rows a second, rows a commit, and the processor time a row costs this process (making the items included)
// and the database's back end, which tells more than the clock on a machine shared with others. `bazel run -c opt
// //server/persist:batcher_benchmark`
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analyse/judge.h"
#include "server/base/system_clock.h"
#include "server/persist/batcher.h"
#include "server/storage/postgres/meal_committer.h"
#include "server/storage/postgres/sample_committer.h"
#include "server/validate/good_items.h"
#include "tests/support/test_database.h"

namespace egi::persist {
namespace {

constexpr int64_t kCredit = 8000;  // items submitted and not answered

// Submits groups made by `make(index)` until `total` items are answered; answers items a second.
template <typename Write, typename Make>
double Run(Sink<Write>* sink, int64_t total, int64_t group_size, Make make) {
  std::counting_semaphore<> credit(kCredit / group_size);
  std::atomic<int64_t> failed = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < total / group_size; ++i) {
    credit.acquire();
    std::vector<Write> group;
    group.reserve(group_size);
    for (int64_t j = 0; j < group_size; ++j) group.push_back(make(i * group_size + j));
    sink->Submit(std::move(group), [&credit, &failed](GroupOutcome outcome) {
      failed += !outcome.status.ok();
      for (const ItemOutcome& item : outcome.items) failed += item.fate != Fate::kSaved;
      credit.release();
    });
  }
  for (int64_t i = 0; i < kCredit / group_size; ++i) credit.acquire();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (failed > 0) std::fprintf(stderr, "%ld items were not stored\n", failed.load());
  return static_cast<double>(total) / took.count();
}

// Processor seconds used so far.
double OwnSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of a process of this machine (proc(5), fields 14 and 15); 0 when it is elsewhere.
double SecondsOf(int pid) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 15 && stat >> field; ++i) {
    if (i >= 14) ticks += std::stod(field);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int Main() {
  auto database = testing::TestDatabase::Create();
  if (!database.ok()) {
    std::fprintf(stderr, "%s\n", database.status().ToString().c_str());
    return 1;
  }
  SystemClock clock;
  std::atomic<int64_t> commits = 0;
  const OnCommitted on_committed = [&commits](std::shared_ptr<const CommittedBatch>) { ++commits; };
  std::atomic<double> backend_seconds = 0;
  const auto before_commit = [&backend_seconds](int pid) { backend_seconds = SecondsOf(pid); };
  double own_before = OwnSeconds();
  const auto report = [&](const char* name, double rate, int64_t total) {
    const double rows = static_cast<double>(total), own = OwnSeconds();
    std::printf("%-24s %9.0f rows/s %8.1f rows/commit %7.2f us/row here %7.2f us/row back end\n", name, rate,
                rows / static_cast<double>(commits.exchange(0)), (own - own_before) / rows * 1e6, backend_seconds / rows * 1e6);
    std::fflush(stdout);
    own_before = OwnSeconds();
  };

  const absl::Time now = clock.Now();
  for (const int64_t group_size : {100, 1}) {
    auto batcher = SampleBatcher::Create(
        std::make_unique<storage::PostgresSampleCommitter>(storage::PostgresSampleCommitter::Options{.url = (*database)->url(), .before_commit = before_commit}, &clock),
        {.on_committed = on_committed});
    quality::v1::Sample sample = validate::GoodSample();
    sample.clear_lot();
    const int64_t total = group_size == 100 ? 200'000 : 100'000;
    const double rate = Run<SampleWrite>(batcher->get(), total, group_size, [&](int64_t i) {
      SampleWrite write;
      write.received = now;
      write.sample = sample;
      write.sample.set_sample_id(absl::StrCat("S", group_size, "-", i));
      write.sample.set_device_id(absl::StrCat("ESP32_LS_", i / 100 % 50));
      write.sample.mutable_sample_time()->set_seconds(absl::ToUnixSeconds(now) + i / 1000);
      write.verdict = analyse::JudgeSample(write.sample, now);
      return write;
    });
    report(absl::StrFormat("samples_groups_of_%d", group_size).c_str(), rate, total);
  }

  for (const int64_t group_size : {100, 1}) {
    auto batcher = MealBatcher::Create(
        std::make_unique<storage::PostgresMealCommitter>(
            storage::PostgresMealCommitter::Options{
                .url = (*database)->url(),
                .judge = [](const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); },
                .before_commit = before_commit},
            &clock),
        {.on_committed = on_committed});
    const int64_t total = 20'000;
    const double rate = Run<MealWrite>(batcher->get(), total, group_size, [&](int64_t i) {
      MealWrite write;
      write.received = now;
      write.meal = validate::GoodMeal();
      const int64_t lot = i % 400, slot = i / 400;
      write.meal.set_code_lot(absl::StrFormat("LL%07d", group_size * 10'000 + lot));
      write.meal.set_jour(static_cast<int32_t>(slot / 2));
      write.meal.set_moment(slot % 2 == 0 ? "matin" : "soir");
      write.meal.set_poids_moyen(4000 + 60.0 * static_cast<double>(slot));
      write.meal.mutable_timestamp()->set_seconds(absl::ToUnixSeconds(now) - 3'000'000 + slot * 43'200);
      return write;
    });
    report(absl::StrFormat("meals_groups_of_%d", group_size).c_str(), rate, total);
  }
  return 0;
}

}  // namespace
}  // namespace egi::persist

int main() { return egi::persist::Main(); }
