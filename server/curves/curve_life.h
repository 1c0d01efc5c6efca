// The states of a theoretical curve and what supervisors decide about it (api.md C.2). Pure.
#ifndef EGI_SERVER_CURVES_CURVE_LIFE_H_
#define EGI_SERVER_CURVES_CURVE_LIFE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace egi::curves {

enum class CurveState { kWaiting, kAccepted, kModified, kRejected };
inline constexpr CurveState kCurveStates[] = {CurveState::kWaiting, CurveState::kAccepted, CurveState::kModified, CurveState::kRejected};

// As stored and sent: EN_ATTENTE, VALIDEE, MODIFIEE, REJETEE.
const char* Name(CurveState state);
// nullopt for any other word.
std::optional<CurveState> ParseCurveState(const std::string& name);

// Accept as it is, accept with other doses, reject.
enum class Decision { kAccept, kModify, kReject };
inline constexpr Decision kDecisions[] = {Decision::kAccept, Decision::kModify, Decision::kReject};

// The state that `decision` leads to; the same state when it was taken before. A rejected curve stays so, an accepted one may still be modified or rejected. Errors:
// FAILED_PRECONDITION naming curve `id` and its state.
absl::StatusOr<CurveState> Decide(CurveState state, Decision decision, int id);

// Meals may be judged against it.
inline bool MayHold(CurveState state) { return state == CurveState::kAccepted || state == CurveState::kModified; }

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_CURVE_LIFE_H_
