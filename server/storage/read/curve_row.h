// Theoretical curves as rows.
#ifndef EGI_SERVER_STORAGE_READ_CURVE_ROW_H_
#define EGI_SERVER_STORAGE_READ_CURVE_ROW_H_

#include <vector>

#include "egi/feeding/v1/curve.pb.h"
#include "egi/feeding/v1/curve_record.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// SELECT ... FROM of the columns that ToCurve wants: courbes_theoriques c, its lot l (may be null), its feeder g (may be null).
extern const char kCurve[];
feeding::v1::TheoreticalCurve ToCurve(RowCursor row);

// The days of a curve: doses and weights (or none) two a day, from day 0.
google::protobuf::RepeatedPtrField<feeding::v1::CurvePoint> PointsOf(const std::vector<double>& doses_g, const std::vector<double>& weights_g);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_CURVE_ROW_H_
