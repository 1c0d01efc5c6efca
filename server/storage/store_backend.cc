#include "server/storage/store_backend.h"

#include <string>
#include <utility>

#include "server/analyse/judge.h"
#include "server/storage/fake/fake_stats_reader.h"
#include "server/storage/fake/fake_store.h"
#include "server/storage/postgres/meal_committer.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/postgres/postgres_event_store.h"
#include "server/storage/postgres/postgres_producer_store.h"
#include "server/storage/postgres/sample_committer.h"
#include "server/storage/read/postgres_readers.h"
#include "tests/support/test_database.h"

namespace egi::storage {
namespace {

analyse::MealVerdict Judge(const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); }

class FakeBackend final : public StoreBackend {
 public:
  explicit FakeBackend(const Clock* clock) : store_(clock, &Judge), stats_(&store_) {}
  ProducerStore* producers() override { return &store_; }
  EventStore* events() override { return &store_; }
  read::StatsReader* stats() override { return &stats_; }
  void SettleStatistics() override {}
  std::unique_ptr<persist::SampleCommitter> NewSampleCommitter() override { return store_.NewSampleCommitter(); }
  std::unique_ptr<persist::MealCommitter> NewMealCommitter() override { return store_.NewMealCommitter(); }
  int64_t CountRejected() override { return store_.CountRejected(); }

 private:
  FakeStore store_;
  FakeStatsReader stats_;
};

class PostgresBackend final : public StoreBackend {
 public:
  PostgresBackend(std::unique_ptr<testing::TestDatabase> database, std::unique_ptr<Pool> pool, const Clock* clock)
      : clock_(clock), database_(std::move(database)), pool_(std::move(pool)), producers_(pool_.get()), events_(database_->url(), clock),
        stats_(read::NewPostgresQualityReader(*pool_)) {}
  ProducerStore* producers() override { return &producers_; }
  EventStore* events() override { return &events_; }
  read::StatsReader* stats() override { return stats_.get(); }
  void SettleStatistics() override { database_->Ask("CALL egi_settle_stats()"); }
  std::unique_ptr<persist::SampleCommitter> NewSampleCommitter() override {
    return std::make_unique<PostgresSampleCommitter>(PostgresSampleCommitter::Options{.url = database_->url()}, clock_);
  }
  std::unique_ptr<persist::MealCommitter> NewMealCommitter() override {
    return std::make_unique<PostgresMealCommitter>(PostgresMealCommitter::Options{.url = database_->url(), .judge = &Judge}, clock_);
  }
  int64_t CountRejected() override { return std::stoll(database_->Ask("SELECT count(*) FROM rejected_messages")); }

 private:
  const Clock* const clock_;
  std::unique_ptr<testing::TestDatabase> database_;
  std::unique_ptr<Pool> pool_;
  PostgresProducerStore producers_;
  PostgresEventStore events_;
  const std::unique_ptr<read::StatsReader> stats_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StoreBackend>> MakeFakeBackend(const FakeClock* clock) { return std::make_unique<FakeBackend>(clock); }

absl::StatusOr<std::unique_ptr<StoreBackend>> MakePostgresBackend(const FakeClock* clock) {
  auto database = testing::TestDatabase::Create();
  if (!database.ok()) return database.status();
  auto pool = Pool::Create({.url = (*database)->url()});
  if (!pool.ok()) return pool.status();
  return std::make_unique<PostgresBackend>(*std::move(database), *std::move(pool), clock);
}

}  // namespace egi::storage
