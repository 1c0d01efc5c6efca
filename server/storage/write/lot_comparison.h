// What a row of a campaign file says otherwise than the lot that is stored. Pure.
#ifndef EGI_SERVER_STORAGE_WRITE_LOT_COMPARISON_H_
#define EGI_SERVER_STORAGE_WRITE_LOT_COMPARISON_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "egi/feeding/v1/lot.pb.h"

namespace egi::storage::write {

// Places of the columns of lots_gavage that a file brings along, by the column of the file.
enum LotColumn {
  kGaveur,
  kEleveur,
  kLotPag,
  kSouche,
  kAge,
  kDebut,
  kDuree,
  kItm,
  kSigma,
  kPlaced,
  kCollected,
  kHung,
  kCorn,
  kLoss,
  kLiver,
  kCornTarget,
  kLotColumns
};

// Their values as text, empty = none; numbers with a decimal point, days ISO.
using LotValues = std::array<std::string, kLotColumns>;

// The values of a row; who feeds and who reared the birds is known to the caller.
LotValues ValuesOf(const feeding::v1::ImportedLot& lot, const std::string& gaveur_id, const std::string& eleveur_id);

struct LotComparison {
  LotValues values;                  // that hold after the import
  std::vector<std::string> changed;  // columns of the file, by their names in the 174-column file
};

// Compares by meaning: spellings of a number or a day are one value, and a number that a layout prints shortened is the one it was printed from. What the file does
// not tell stays as it is: a column it does not have, and a derived one, which is computed anew wherever it is shown. A column it has with an empty cell tells that
// there is nothing. `source`: the cells the lot was imported with; absent when it came another way (its descriptive cells are taken only along with other changes).
LotComparison CompareLot(const feeding::v1::ImportedLot& lot, const LotValues& told, const LotValues& stored,
                         const std::optional<std::map<std::string, std::string>>& source);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_LOT_COMPARISON_H_
