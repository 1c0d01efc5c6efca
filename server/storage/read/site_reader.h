// Reads sites and the figures of the cooperative.
#ifndef EGI_SERVER_STORAGE_READ_SITE_READER_H_
#define EGI_SERVER_STORAGE_READ_SITE_READER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/site.pb.h"

namespace egi::storage::read {

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
//
// Figures: a lot is final when its ITM is known. Production of a lot (kg of liver) = birds hung * corn per duck (kg) / ITM;
// weighted ITM = corn eaten by the birds hung / liver; loss = (placed - hung) / placed. Cancelled lots count nowhere.
class SiteReader {
 public:
  virtual ~SiteReader() = default;

  // By code.
  virtual absl::StatusOr<std::vector<feeding::v1::Site>> ListSites() = 0;

  // Figures of every site, by code, of all lots or (month = YYYY-MM) of those whose gavage ended in that month.
  virtual absl::StatusOr<std::vector<feeding::v1::SiteStats>> ListSiteStats(const std::string& month) = 0;

  // The same of all sites together; code and name are empty.
  virtual absl::StatusOr<feeding::v1::SiteStats> ReadTotal(const std::string& month) = 0;

  // Key figures of the cooperative.
  virtual absl::StatusOr<feeding::v1::GetKpisResponse> ReadKpis() = 0;

  // Production by end day and site over the `days` days up to the newest end day; by date, then site.
  virtual absl::StatusOr<std::vector<feeding::v1::ProductionPoint>> ListProduction(int days) = 0;

  // Distribution of the ITM in the sites that have a final lot; by code.
  virtual absl::StatusOr<std::vector<feeding::v1::SiteItm>> ListItm() = 0;

  // Number of sites and of lots.
  struct Counts {
    int sites = 0;
    int lots = 0;
  };
  virtual absl::StatusOr<Counts> Count() = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SITE_READER_H_
