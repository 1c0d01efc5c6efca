// ITM and quality of a lot, as a row.
#ifndef EGI_SERVER_STORAGE_READ_LOT_PAIR_ROW_H_
#define EGI_SERVER_STORAGE_READ_LOT_PAIR_ROW_H_

#include "egi/quality/v1/integration.pb.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// Lots with an ITM and more than $2 samples, highest ITM first. $1: site, empty = all.
inline constexpr char kLotPairsSql[] =
    "SELECT l.id, l.code_lot, l.site_code, l.itm, avg(s.fusion_final_score), count(*) FROM lots_gavage l JOIN sqal_samples s ON s.lot_id = l.id "
    "WHERE l.itm IS NOT NULL AND l.statut <> 'annule' AND ($1 = '' OR l.site_code = $1) GROUP BY l.id HAVING count(*) > $2::integer "
    "ORDER BY l.itm DESC, l.code_lot";

// A row of it.
inline quality::v1::LotPair ToLotPair(RowCursor row) {
  quality::v1::LotPair pair;
  pair.set_lot_id(row.Int());
  pair.set_code_lot(row.Text());
  pair.set_site_code(row.Text());
  pair.set_itm(row.Double());
  pair.set_avg_quality_score(row.Double());
  pair.set_sample_count(row.Int());
  return pair;
}

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_PAIR_ROW_H_
