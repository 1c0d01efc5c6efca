#include "server/lots/lot_life.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/rich_status.h"

namespace egi::lots {
namespace {

bool IsAllowed(State state, Transition transition) {
  return transition == Transition::kRestore ? state == State::kAnnule : TryNext(state, transition).has_value();
}

}  // namespace

std::optional<State> TryNext(State state, Transition transition) {
  switch (transition) {
    case Transition::kStart:
      if (state == State::kEnPreparation) return State::kEnGavage;
      break;
    case Transition::kFinish:
      if (state == State::kEnGavage) return State::kTermine;
      break;
    case Transition::kSlaughter:
      if (state == State::kTermine || state == State::kAbattu) return State::kAbattu;
      break;
    case Transition::kCancel:
      if (state != State::kAbattu && state != State::kAnnule) return State::kAnnule;
      break;
    case Transition::kRestore:
      break;
  }
  return std::nullopt;
}

const char* Name(State state) {
  switch (state) {
    case State::kEnPreparation:
      return "en_preparation";
    case State::kEnGavage:
      return "en_gavage";
    case State::kTermine:
      return "termine";
    case State::kAbattu:
      return "abattu";
    case State::kAnnule:
      return "annule";
  }
  return "";
}

const char* Name(Transition transition) {
  switch (transition) {
    case Transition::kStart:
      return "start";
    case Transition::kFinish:
      return "finish";
    case Transition::kSlaughter:
      return "slaughter";
    case Transition::kCancel:
      return "cancel";
    case Transition::kRestore:
      return "restore";
  }
  return "";
}

std::optional<State> ParseState(const std::string& name) {
  for (const State state : kStates) {
    if (name == Name(state)) return state;
  }
  return std::nullopt;
}

std::vector<Transition> Allowed(State state) {
  std::vector<Transition> allowed;
  for (const Transition transition : kTransitions) {
    if (IsAllowed(state, transition)) allowed.push_back(transition);
  }
  return allowed;
}

absl::StatusOr<State> Next(State state, Transition transition, const std::string& code, std::optional<State> before_cancel) {
  if (transition == Transition::kRestore && state == State::kAnnule && before_cancel.has_value() && *before_cancel != State::kAnnule) {
    return *before_cancel;
  }
  if (const auto next = TryNext(state, transition); next.has_value()) return *next;
  const std::string allowed = absl::StrJoin(Allowed(state), ", ", [](std::string* out, Transition t) { out->append(Name(t)); });
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", code, " is ", Name(state), ": ", Name(transition),
                                                                  " is not possible; possible: ", allowed)),
                       "LOT_STATE", {{"lot", code}, {"state", Name(state)}, {"transition", Name(transition)}});
}

}  // namespace egi::lots
