// Statistics of the events of a store, worked out by looking at every sample: the reference of the statistics contract.
#ifndef EGI_SERVER_STORAGE_FAKE_FAKE_STATS_READER_H_
#define EGI_SERVER_STORAGE_FAKE_FAKE_STATS_READER_H_

#include <string>
#include <utility>
#include <vector>

#include "server/storage/event_store.h"
#include "server/storage/read/stats_reader.h"

namespace egi::storage {

// `events` must outlive the reader and keep every event. Thread-safe.
class FakeStatsReader final : public read::StatsReader {
 public:
  explicit FakeStatsReader(EventStore* events) : events_(events) {}

  absl::StatusOr<std::vector<quality::v1::HourlyStat>> ListHourlyStats(const read::StatsQuery& query) override;
  absl::StatusOr<quality::v1::GetSiteStatsResponse> ReadSiteStats(const read::StatsQuery& query) override;
  absl::StatusOr<std::vector<std::pair<std::string, int>>> CountGrades(const read::StatsQuery& query) override;

 private:
  // The samples that a query means, in commit order.
  absl::StatusOr<std::vector<quality::v1::GradedSample>> Find(const read::StatsQuery& query);

  EventStore* const events_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_FAKE_FAKE_STATS_READER_H_
