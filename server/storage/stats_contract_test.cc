// What the statistics of every storage promise, asked of the fake, which looks at every sample, and of the rollups or aggregates of PostgreSQL.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/proto_time.h"
#include "server/storage/store_backend.h"
#include "server/validate/good_items.h"

namespace egi::storage {
namespace {

using persist::SampleWrite;
using quality::v1::GetSiteStatsResponse;
using quality::v1::HourlyStat;
using read::StatsQuery;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr double kSame = 1e-12;  // relative: sums are added in any order

const absl::Time kMidnight = absl::FromUnixSeconds(1'770'076'800);  // 2026-02-03 00:00 UTC

class StatsContract : public ::testing::TestWithParam<MakeBackend> {
 protected:
  void SetUp() override {
    auto backend = GetParam()(&clock_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    committer_ = backend_->NewSampleCommitter();
  }

  static SampleWrite Sample(const std::string& device, absl::Time time, double score) {
    SampleWrite write;
    write.received = validate::TestNow();
    write.sample = validate::GoodSample();
    write.sample.set_device_id(device);
    write.sample.set_sample_id(absl::StrCat(device, " ", absl::ToUnixMicros(time)));
    write.sample.clear_site_code();
    write.sample.set_lot("");
    ToTimestamp(time, write.sample.mutable_sample_time());
    write.sample.mutable_tof_analysis()->set_volume_mm3(1000 * score);
    write.sample.mutable_spectral_analysis()->set_freshness_index(1 - score);
    write.verdict.result.set_final_score(score);
    write.verdict.result.set_final_grade(score >= 0.85 ? "A+" : score >= 0.75 ? "A" : score >= 0.6 ? "B" : score >= 0.45 ? "C" : "REJECT");
    write.verdict.result.set_is_compliant(score >= 0.6);
    return write;
  }

  void Commit(std::vector<SampleWrite> writes) {
    std::vector<persist::Group<SampleWrite>> groups(1);
    groups[0].size = writes.size();
    groups[0].items = std::move(writes);
    auto batch = committer_->Commit(&groups);
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_TRUE(groups[0].outcome.status.ok()) << groups[0].outcome.status;
  }

  std::vector<HourlyStat> Hours(const StatsQuery& query) {
    auto hours = backend_->stats()->ListHourlyStats(query);
    EXPECT_TRUE(hours.ok()) << hours.status();
    return hours.ok() ? *std::move(hours) : std::vector<HourlyStat>();
  }

  GetSiteStatsResponse Sites(const StatsQuery& query) {
    auto sites = backend_->stats()->ReadSiteStats(query);
    EXPECT_TRUE(sites.ok()) << sites.status();
    return sites.ok() ? *std::move(sites) : GetSiteStatsResponse();
  }

  std::vector<std::pair<std::string, int>> Grades(const StatsQuery& query) {
    auto grades = backend_->stats()->CountGrades(query);
    EXPECT_TRUE(grades.ok()) << grades.status();
    return grades.ok() ? *std::move(grades) : std::vector<std::pair<std::string, int>>();
  }

  static StatsQuery Day(const std::string& device = "", const std::string& site = "") {
    return {kMidnight, kMidnight + absl::Hours(24), device, site};
  }

  FakeClock clock_{validate::TestNow()};
  std::unique_ptr<StoreBackend> backend_;
  std::unique_ptr<persist::SampleCommitter> committer_;
};

TEST_P(StatsContract, AnHourHoldsItsSamplesOfADevice) {
  const absl::Time nine = kMidnight + absl::Hours(9);
  Commit({Sample("ESP32_LL_01", nine, 0.9), Sample("ESP32_LL_01", nine + absl::Hours(1) - absl::Microseconds(1), 0.25),
          Sample("ESP32_LL_01", nine + absl::Hours(1), 0.5), Sample("ESP32_LS_01", nine, 0.75)});
  Commit({Sample("ESP32_LL_01", nine + absl::Minutes(1), 0.65)});
  for (int round = 0; round < 2; ++round) {
    const auto hours = Hours(Day());
    ASSERT_EQ(hours.size(), 3u);
    const HourlyStat& hour = hours[0];
    EXPECT_EQ(ToTime(hour.bucket()), nine);
    EXPECT_EQ(hour.device_id(), "ESP32_LL_01");
    EXPECT_EQ(hour.sample_count(), 3);
    EXPECT_NEAR(hour.avg_quality_score(), 0.6, kSame);
    EXPECT_THAT((std::vector<int>{hour.count_a_plus(), hour.count_a(), hour.count_b(), hour.count_c(), hour.count_reject()}),
                ElementsAre(1, 0, 1, 0, 1));
    EXPECT_NEAR(hour.avg_volume_mm3(), 600, 600 * kSame);
    EXPECT_NEAR(hour.avg_freshness_index(), 0.4, kSame);
    EXPECT_NEAR(hour.compliance_rate_pct(), 200.0 / 3, 100 * kSame);
    EXPECT_EQ(hours[1].device_id(), "ESP32_LS_01");
    EXPECT_EQ(hours[2].sample_count(), 1);
    EXPECT_EQ(Hours(Day("ESP32_LS_01")).size(), 1u);
    EXPECT_EQ(Hours(Day("", "LL")).size(), 2u);
    backend_->SettleStatistics();
  }
}

TEST_P(StatsContract, DuplicatesAndRefusedSamplesAreNotCounted) {
  const SampleWrite good = Sample("ESP32_LL_01", kMidnight, 0.9);
  SampleWrite refused = Sample("ESP32_LL_01", kMidnight + absl::Minutes(1), 0.9);
  refused.rejection = google::rpc::Status();
  refused.rejection->set_code(3);
  SampleWrite unknown_lot = Sample("ESP32_LL_01", kMidnight + absl::Minutes(2), 0.9);
  unknown_lot.sample.set_lot("LL2699999");
  SampleWrite other_body = good;
  other_body.sample.mutable_tof_analysis()->set_volume_mm3(1);
  Commit({good, good, refused, unknown_lot});
  Commit({good});
  Commit({other_body});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Sites(Day()).total_samples(), 1);
    EXPECT_THAT(Grades(Day()), ElementsAre(Pair("A+", 1)));
    backend_->SettleStatistics();
  }
}

TEST_P(StatsContract, LateSampleChangesItsOldHourAndDayAtOnce) {
  const absl::Time old = kMidnight - absl::Hours(72) + absl::Minutes(90);
  const StatsQuery day = {kMidnight - absl::Hours(72), kMidnight - absl::Hours(48), "", ""};
  const StatsQuery hour = {kMidnight - absl::Hours(71), kMidnight - absl::Hours(70), "", ""};
  Commit({Sample("ESP32_LL_01", old, 0.9)});
  Commit({Sample("ESP32_LL_01", kMidnight, 0.9)});
  backend_->SettleStatistics();
  Commit({Sample("ESP32_LL_01", old + absl::Minutes(5), 0.5)});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Sites(day).total_samples(), 2);
    EXPECT_NEAR(Sites(day).avg_quality_score().value(), 0.7, kSame);
    ASSERT_EQ(Hours(hour).size(), 1u);
    EXPECT_EQ(Hours(hour)[0].sample_count(), 2);
    EXPECT_EQ(Hours(hour)[0].count_c(), 1);
    EXPECT_EQ(Sites(Day()).total_samples(), 1);
    backend_->SettleStatistics();
  }
}

TEST_P(StatsContract, MeanIsOfTheSamplesThatHaveTheAnalysis) {
  SampleWrite bare = Sample("ESP32_LL_01", kMidnight, 0.9);
  bare.sample.clear_tof_analysis();
  bare.sample.clear_spectral_analysis();
  Commit({bare, Sample("ESP32_LL_01", kMidnight + absl::Minutes(1), 0.5)});
  ASSERT_EQ(Hours(Day()).size(), 1u);
  EXPECT_EQ(Hours(Day())[0].sample_count(), 2);
  EXPECT_NEAR(Hours(Day())[0].avg_volume_mm3(), 500, 500 * kSame);
  EXPECT_NEAR(Hours(Day())[0].avg_freshness_index(), 0.5, kSame);
}

TEST_P(StatsContract, WithoutSamplesThereIsNoMean) {
  EXPECT_TRUE(Hours(Day()).empty());
  EXPECT_TRUE(Grades(Day()).empty());
  EXPECT_EQ(Sites(Day()).total_samples(), 0);
  EXPECT_FALSE(Sites(Day()).has_avg_quality_score());
  EXPECT_EQ(Sites(Day()).grade_distribution().size(), 5u);
}

TEST_P(StatsContract, SamplesOfNoSiteCountInTheTotalOnly) {
  Commit({Sample("bench", kMidnight, 0.9), Sample("ESP32_MT_01", kMidnight, 0.5)});
  const auto stats = Sites(Day());
  EXPECT_EQ(stats.total_samples(), 2);
  ASSERT_EQ(stats.sites_size(), 1);
  EXPECT_EQ(stats.sites(0).site_code(), "MT");
  ASSERT_EQ(stats.top_devices_size(), 2);
  EXPECT_EQ(stats.top_devices(0).device_id(), "bench");
}

// Any period, to the microsecond: days, hours and the parts of hours at its ends add up to the samples in it.
TEST_P(StatsContract, AnyPeriodCountsExactlyItsSamples) {
  std::mt19937 random(20260203);
  std::vector<SampleWrite> all;
  const char* devices[] = {"ESP32_LL_01", "ESP32_LL_02", "ESP32_LS_01", "ESP32_MT_01", "bench"};
  const auto instant = [&random] { return kMidnight - absl::Hours(60) + absl::Minutes(random() % (5 * 24 * 12) * 5); };
  for (int batch = 0; batch < 6; ++batch) {
    std::vector<SampleWrite> writes;
    for (int i = 0; i < 60; ++i) {
      writes.push_back(Sample(devices[random() % 5], instant() + absl::Microseconds(random() % 3), (random() % 1000) / 1000.0));
    }
    std::stable_sort(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.sample.sample_id() < b.sample.sample_id(); });
    writes.erase(std::unique(writes.begin(), writes.end(),
                             [](const auto& a, const auto& b) { return a.sample.sample_id() == b.sample.sample_id(); }),
                 writes.end());
    std::erase_if(writes, [&all](const SampleWrite& write) {
      return std::any_of(all.begin(), all.end(), [&](const auto& other) { return other.sample.sample_id() == write.sample.sample_id(); });
    });
    all.insert(all.end(), writes.begin(), writes.end());
    Commit(std::move(writes));
    if (batch % 2 == 1) backend_->SettleStatistics();
    for (int trial = 0; trial < 15; ++trial) {
      StatsQuery query = {instant() + absl::Microseconds(random() % 3), instant() + absl::Microseconds(random() % 3), "", ""};
      if (query.start > query.end) std::swap(query.start, query.end);
      if (trial % 3 == 1) query.device_id = devices[random() % 5];
      if (trial % 3 == 2) query.site_code = "LL";
      int count = 0, compliant = 0;
      double sum = 0;
      for (const SampleWrite& write : all) {
        const absl::Time time = ToTime(write.sample.sample_time());
        const std::string& device = write.sample.device_id();
        if (time < query.start || time >= query.end || (!query.device_id.empty() && device != query.device_id)) continue;
        if (!query.site_code.empty() && device.find("_LL_") == std::string::npos) continue;
        ++count;
        sum += write.verdict.result.final_score();
        compliant += write.verdict.result.is_compliant() ? 1 : 0;
      }
      SCOPED_TRACE(absl::StrCat(absl::FormatTime(query.start, absl::UTCTimeZone()), " to ", absl::FormatTime(query.end, absl::UTCTimeZone()), " ",
                                query.device_id, query.site_code));
      const auto stats = Sites(query);
      ASSERT_EQ(stats.total_samples(), count);
      int graded = 0, hourly = 0;
      for (const auto& grade : Grades(query)) graded += grade.second;
      for (const HourlyStat& hour : Hours(query)) hourly += hour.sample_count();
      EXPECT_EQ(graded, count);
      EXPECT_EQ(hourly, count);
      if (count == 0) continue;
      EXPECT_NEAR(stats.avg_quality_score().value(), sum / count, kSame);
      EXPECT_NEAR(stats.compliance_rate_pct().value(), 100.0 * compliant / count, 100 * kSame);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fake, StatsContract, ::testing::Values(&MakeFakeBackend));
INSTANTIATE_TEST_SUITE_P(Postgres, StatsContract, ::testing::Values(&MakePostgresBackend));

}  // namespace
}  // namespace egi::storage
