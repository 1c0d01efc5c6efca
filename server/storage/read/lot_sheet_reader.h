// Lots with their meals and the row they were imported from: what a campaign file says of them.
#ifndef EGI_SERVER_STORAGE_READ_LOT_SHEET_READER_H_
#define EGI_SERVER_STORAGE_READ_LOT_SHEET_READER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/lot.pb.h"

namespace egi::storage::read {

// A page of lots. Empty strings and zeros do not restrict.
struct LotSheetQuery {
  std::string site_code;   // LL, LS or MT
  std::string statut;      // empty = all but annule
  int32_t gaveur_id = 0;   // feeder
  std::string from, to;    // first day of the lot, ISO dates, inclusive
  std::string after_code;  // only lots with a greater code
  int limit = 50;          // > 0
};

// No personal data.
struct CampaignSheet {
  feeding::v1::Lot lot;
  std::vector<feeding::v1::Dose> doses;        // in meal order
  std::map<std::string, std::string> source;   // the imported row by column, without personal columns; empty for other lots
  std::string rearing_lot;
  int age_days = 0;                            // of the birds at the start; 0 = unknown
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE.
class LotSheetReader {
 public:
  virtual ~LotSheetReader() = default;

  // In the order of their codes.
  virtual absl::StatusOr<std::vector<CampaignSheet>> ListSheets(const LotSheetQuery& query) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_SHEET_READER_H_
