// A campaign file before it is written: which rows can be imported, and what there is to tell about all of them. Pure.
#ifndef EGI_SERVER_IMPORTS_ASSESS_H_
#define EGI_SERVER_IMPORTS_ASSESS_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/import.pb.h"
#include "egi/feeding/v1/meal.pb.h"
#include "server/campaign/campaign_file.h"

namespace egi::imports {

// At most so many anomalies of a file are kept, errors first, then warnings; the report counts them all.
inline constexpr size_t kMostAnomalies = 20'000;

// A row that can be imported.
struct AcceptedRow {
  campaign::CampaignLot lot;
  std::vector<feeding::v1::Meal> meals;  // normalised and valid
};

struct Assessment {
  std::vector<AcceptedRow> rows;  // in the order of the file
  int rows_total = 0;
  // Columns of the file that are read, by canonical name; all of them, canonical and as written, in the order of the file.
  std::set<std::string> names;
  std::vector<std::pair<std::string, std::string>> header;
  // Meals of the rows that are left out, as far as they are legible.
  int meals_refused = 0;
  feeding::v1::ImportReport report;  // of the good rows
  std::vector<feeding::v1::ImportAnomaly> anomalies;
  // Code and feeder of the good rows, as ImportStore::Conflicts asks for them.
  std::vector<std::pair<std::string, std::string>> Lots() const;
  int refused() const { return rows_total - static_cast<int>(rows.size()); }
  // Of those, the ones up to line `row` of the file.
  int refused_until(int row) const;
};

// Reads and reviews the file; a row with a meal that no stream would be allowed to send is refused too. Errors: those of ReadCampaign.
absl::StatusOr<Assessment> Assess(const std::string& bytes, absl::Time now);

// Takes the rows behind line `done_row` that contradict what is stored out of `assessment`. `reasons` by code.
void TakeOut(const std::map<std::string, std::string>& reasons, int done_row, Assessment* assessment);

// An anomaly of kind `conflict`.
feeding::v1::ImportAnomaly Conflict(const campaign::CampaignLot& lot, int meal, const std::string& reason);

}  // namespace egi::imports

#endif  // EGI_SERVER_IMPORTS_ASSESS_H_
