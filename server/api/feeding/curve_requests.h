// Requests about curves: every bad field noted, the rest as the stores want it.
#ifndef EGI_SERVER_API_FEEDING_CURVE_REQUESTS_H_
#define EGI_SERVER_API_FEEDING_CURVE_REQUESTS_H_

#include <string>
#include <vector>

#include "egi/feeding/v1/curve.pb.h"
#include "google/protobuf/struct.pb.h"
#include "server/api/fields.h"
#include "server/curves/draft.h"
#include "server/storage/write/curve_store.h"

namespace egi::api {

// A lot named by a number or a text.
storage::read::LotKey LotOfValue(const std::string& field, const google::protobuf::Value& value, Fields& fields);

// Doses and weights (empty when none were told), two a day. Weights of mornings lie half way between the evenings.
struct WrittenCurve {
  std::vector<double> doses_g, weights_g;
};
WrittenCurve ReadCurveDays(const std::string& field, const google::protobuf::RepeatedPtrField<feeding::v1::CurveDay>& days, Fields& fields);

// `lot` is filled besides.
storage::write::CurveProposal ReadNewCurve(const feeding::v1::CreateCurveRequest& request, Fields& fields, storage::read::LotKey* lot);
storage::write::CurveDecision ReadDecision(const feeding::v1::DecideCurveRequest& request, Fields& fields);
storage::write::DayEntry ReadRealDose(const feeding::v1::EnterRealDoseRequest& request, Fields& fields);
curves::DraftWish ReadWish(const feeding::v1::GeneratePysrCurveRequest& request, Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_CURVE_REQUESTS_H_
