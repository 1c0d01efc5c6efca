// Reads feeders and what they achieve. No personal data: names are pseudonyms.
#ifndef EGI_SERVER_STORAGE_READ_GAVEUR_READER_H_
#define EGI_SERVER_STORAGE_READ_GAVEUR_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "egi/feeding/v1/gaveur.pb.h"

namespace egi::storage::read {

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer. Lots count as SiteReader says: final when their ITM
// is known, never when cancelled.
class GaveurReader {
 public:
  virtual ~GaveurReader() = default;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::Gaveur> FindGaveur(int32_t id) = 0;

  // Feeders that belong to a site or have a lot there, by id.
  virtual absl::StatusOr<std::vector<feeding::v1::SiteGaveur>> ListSiteGaveurs(const std::string& site_code) = 0;

  // Every feeder (of a site), lowest ITM first, those without a final lot last. Clusters are left empty.
  virtual absl::StatusOr<std::vector<feeding::v1::GaveurPerformance>> ListPerformances(const std::string& site_code) = 0;

  // Clusters are left empty. Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::GaveurAnalytics> ReadAnalytics(int32_t id) = 0;

  // Newest first. Errors: NOT_FOUND.
  virtual absl::StatusOr<std::vector<feeding::v1::PerformanceLot>> ListLots(int32_t id, int limit) = 0;

  // Of the lots that began from `from` to `to`, both inclusive where given. The score is left empty. Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::GaveurStats> ReadStats(int32_t id, const std::optional<absl::CivilDay>& from,
                                                             const std::optional<absl::CivilDay>& to) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_GAVEUR_READER_H_
