#include "server/curves/curve_life.h"

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"

namespace egi::curves {

const char* Name(CurveState state) {
  switch (state) {
    case CurveState::kWaiting:
      return "EN_ATTENTE";
    case CurveState::kAccepted:
      return "VALIDEE";
    case CurveState::kModified:
      return "MODIFIEE";
    case CurveState::kRejected:
      return "REJETEE";
  }
  return "";
}

std::optional<CurveState> ParseCurveState(const std::string& name) {
  for (const CurveState state : kCurveStates) {
    if (name == Name(state)) return state;
  }
  return std::nullopt;
}

absl::StatusOr<CurveState> Decide(CurveState state, Decision decision, int id) {
  if (state == CurveState::kRejected && decision != Decision::kReject) {
    return WithErrorInfo(
        absl::FailedPreconditionError(absl::StrCat("curve ", id, " is REJETEE, which is final; propose another curve and decide about that one")),
        "CURVE_STATE", {{"curve", absl::StrCat(id)}, {"state", Name(state)}});
  }
  switch (decision) {
    case Decision::kAccept:
      return state == CurveState::kModified ? CurveState::kModified : CurveState::kAccepted;
    case Decision::kModify:
      return CurveState::kModified;
    case Decision::kReject:
      return CurveState::kRejected;
  }
  return absl::InternalError("unknown decision");
}

}  // namespace egi::curves
