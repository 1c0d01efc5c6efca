#include "server/storage/postgres/sample_cells.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/validate/good_items.h"
#include "tests/support/test_database.h"

namespace egi::storage {
namespace {

using quality::v1::GradedSample;

GradedSample Graded(const std::string& device, const std::string& site, int64_t seconds, double score, const std::string& grade) {
  GradedSample graded;
  *graded.mutable_sample() = validate::GoodSample();
  graded.mutable_sample()->set_device_id(device);
  graded.mutable_sample()->mutable_sample_time()->set_seconds(seconds);
  graded.mutable_sample()->mutable_sample_time()->set_nanos(0);
  graded.mutable_sample()->mutable_tof_analysis()->set_volume_mm3(400000);
  graded.mutable_sample()->mutable_spectral_analysis()->set_freshness_index(0.5);
  graded.set_site_code(site);
  graded.mutable_result()->set_final_score(score);
  graded.mutable_result()->set_final_grade(grade);
  graded.mutable_result()->set_is_compliant(grade == "A+" || grade == "A" || grade == "B");
  return graded;
}

class SampleCellsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    auto connection = Connection::Open(database_->url(), "test");
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    aggregated_ = database_->Ask("SELECT to_regclass('sqal_hour_aggregate') IS NOT NULL") == "t";
  }

  std::unique_ptr<testing::TestDatabase> database_;
  std::unique_ptr<Connection> connection_;
  bool aggregated_ = false;  // the cells are worked out by TimescaleDB, a batch only marks its hours
};

constexpr int64_t kTenOClock = 1'770'112'800;  // 2026-02-03 10:00 UTC

TEST_F(SampleCellsTest, CellsOfTwoBatchesAddUp) {
  for (int batch = 0; batch < 2; ++batch) {
    SampleCells cells;
    cells.Add(Graded("D1", "LL", kTenOClock, 0.9, "A+"));
    cells.Add(Graded("D1", "LL", kTenOClock + 3599, 0.25, "REJECT"));
    cells.Add(Graded("D1", "LL", kTenOClock + 3600, 0.5, "C"));
    cells.Add(Graded("D\"{2}", "", -1, 0.75, "B"));  // 1969-12-31 23:59:59
    ASSERT_TRUE(cells.Write(connection_.get()).ok());
  }
  if (aggregated_) {
    EXPECT_EQ(database_->Ask("SELECT string_agg(grain || to_char(bucket AT TIME ZONE 'UTC', ' YYYY-MM-DD HH24'), ', ' ORDER BY bucket, grain) "
                             "FROM sqal_stats_dirty"),
              "day 1969-12-31 00, hour 1969-12-31 23, day 2026-02-03 00, hour 2026-02-03 10, hour 2026-02-03 11");
    return;
  }
  EXPECT_EQ(database_->Ask("SELECT concat_ws(' ', samples, compliant, grade_a_plus, grade_reject, score_sum, score_min, score_max, volume_count, "
                           "volume_sum, freshness_count, freshness_sum, last_time - first_time) FROM sqal_hour_rollup "
                           "WHERE bucket = '2026-02-03 10:00+00' AND device_id = 'D1' AND site_code = 'LL'"),
            "4 2 2 2 2.3 0.25 0.9 4 1600000 4 2 00:59:59");
  EXPECT_EQ(database_->Ask("SELECT concat_ws(' ', samples, grade_c, score_sum, score_min) FROM sqal_day_rollup WHERE device_id = 'D1'"),
            "6 2 3.3 0.25");
  EXPECT_EQ(database_->Ask("SELECT bucket || ' ' || samples FROM sqal_hour_rollup WHERE site_code = '' AND bucket AT TIME ZONE 'UTC' = '1969-12-31 "
                           "23:00' AND device_id = 'D\"{2}'")
                .substr(0, 10),
            "1969-12-31");
}

TEST_F(SampleCellsTest, MissingAnalysesAreNotCounted) {
  if (aggregated_) GTEST_SKIP() << "TimescaleDB counts the samples themselves";
  GradedSample graded = Graded("D1", "LL", kTenOClock, 0.9, "A+");
  graded.mutable_sample()->clear_tof_analysis();
  graded.mutable_sample()->clear_spectral_analysis();
  SampleCells cells;
  cells.Add(graded);
  cells.Add(Graded("D1", "LL", kTenOClock, 0.9, "A+"));
  ASSERT_TRUE(cells.Write(connection_.get()).ok());
  EXPECT_EQ(database_->Ask("SELECT concat_ws(' ', samples, volume_count, volume_sum, freshness_count, freshness_sum) FROM sqal_hour_rollup"),
            "2 1 400000 1 0.5");
}

TEST_F(SampleCellsTest, WithoutSamplesNothingIsSent) {
  EXPECT_TRUE(SampleCells().Write(nullptr).ok());
}

}  // namespace
}  // namespace egi::storage
