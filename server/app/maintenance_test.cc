#include "server/app/maintenance.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/postgres/sql_time.h"
#include "tests/support/test_database.h"

namespace egi::app {
namespace {

class MaintenanceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = egi::testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = std::move(*database);
    storage::Pool::Options options;
    options.url = database_->url();
    auto pool = storage::Pool::Create(options);
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = std::move(*pool);
  }

  // Whether rows of `table` at `time` have a partition of their own; on TimescaleDB always.
  bool HasPartition(const std::string& table, absl::Time time) {
    if (database_->Ask("SELECT layout FROM egi_schema") == "timescale") return true;
    return database_->Ask(absl::StrCat("SELECT to_regclass('", table, "_p' || to_char(egi_partition_start((SELECT step FROM egi_partitioned_tables "
                                       "WHERE table_name = '", table, "'), '", storage::SqlTime(time), "'), 'YYYYMMDD')) IS NOT NULL")) == "t";
  }
  void AddRejection(absl::Time received) {
    database_->Ask(absl::StrCat("INSERT INTO rejected_messages (received_at, transport, kind, reason) VALUES ('",
                                storage::SqlTime(received), "', 'grpc', 'meal', 'x') RETURNING id"));
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'900'000'000);  // 2030: nothing was made for it
  std::unique_ptr<egi::testing::TestDatabase> database_;
  std::unique_ptr<storage::Pool> pool_;
};

TEST_F(MaintenanceTest, TimeTablesHavePartitionsForTwoWeeksBackAndFourAhead) {
  ASSERT_TRUE(MakePartitions(pool_.get(), now_).ok());
  for (const char* table : {"sqal_samples", "sqal_alerts", "doses_journalieres", "alertes_euralis"}) {
    for (const int day : {-14, 0, 28}) EXPECT_TRUE(HasPartition(table, now_ + absl::Hours(24 * day))) << table << " " << day;
  }
}

TEST_F(MaintenanceTest, ExpiredRowsGoAndRecentOnesStay) {
  AddRejection(now_ - absl::Hours(24 * 91));
  AddRejection(now_ - absl::Hours(24 * 89));
  ASSERT_TRUE(ApplyRetention(pool_.get(), now_).ok());
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM rejected_messages"), "1");
}

TEST_F(MaintenanceTest, SampleThatCameLateIsKept) {
  const std::string old = storage::SqlTime(now_ - absl::Hours(24 * 120));
  for (const int stored_days_ago : {119, 10}) {
    database_->Ask(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, fusion_final_score, fusion_final_grade, fusion_is_compliant, "
                                "created_at) VALUES ('", old, "', 'D', '", stored_days_ago, "', 0.5, 'C', false, '",
                                storage::SqlTime(now_ - absl::Hours(24 * stored_days_ago)), "') RETURNING 1"));
  }
  ASSERT_TRUE(ApplyRetention(pool_.get(), now_).ok());
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM sqal_samples WHERE sample_id = '10'"), "1");
  ASSERT_TRUE(ApplyRetention(pool_.get(), now_ + absl::Hours(24 * 90)).ok());
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM sqal_samples"), "0");
  EXPECT_EQ(database_->Ask("SELECT sample_count FROM sqal_hourly_stats"), "2");
}

// On TimescaleDB the copying of a test database ends jobs that run; TestFailingJobIsNamed of sql/ asks there.
TEST_F(MaintenanceTest, PlainDatabaseHasNoFailingJob) {
  const auto jobs = FailingJobs(pool_.get());
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  EXPECT_TRUE(jobs->empty() || database_->Ask("SELECT layout FROM egi_schema") == "timescale");
}

TEST_F(MaintenanceTest, RepeatingItIsHarmless) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(MakePartitions(pool_.get(), now_).ok());
    EXPECT_TRUE(ApplyRetention(pool_.get(), now_).ok());
  }
}

}  // namespace
}  // namespace egi::app
