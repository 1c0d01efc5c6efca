// The states of a lot and the transitions between them (domain.md section 6). Pure.
#ifndef EGI_SERVER_LOTS_LOT_LIFE_H_
#define EGI_SERVER_LOTS_LOT_LIFE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::lots {

enum class State { kEnPreparation, kEnGavage, kTermine, kAbattu, kAnnule };
inline constexpr State kStates[] = {State::kEnPreparation, State::kEnGavage, State::kTermine, State::kAbattu, State::kAnnule};

enum class Transition {
  kStart,      // first meal
  kFinish,     // last meal, or by hand
  kSlaughter,  // figures of the slaughter; again: their correction
  kCancel,     // soft delete
  kRestore,    // of a cancelled lot
};
inline constexpr Transition kTransitions[] = {Transition::kStart, Transition::kFinish, Transition::kSlaughter, Transition::kCancel,
                                              Transition::kRestore};

// As stored and sent: en_preparation, en_gavage, termine, abattu, annule; start, finish, slaughter, cancel, restore.
const char* Name(State state);
const char* Name(Transition transition);
// nullopt for any other word.
std::optional<State> ParseState(const std::string& name);

// The state `transition` leads to. `before_cancel`: the state a cancelled lot had, for kRestore. Errors: FAILED_PRECONDITION naming lot `code`, its state and the
// transitions it allows.
absl::StatusOr<State> Next(State state, Transition transition, const std::string& code, std::optional<State> before_cancel = std::nullopt);

// The same for transitions that the course of the feeding brings along, where a refusal is no error; nullopt where `transition` is not allowed, and for kRestore.
std::optional<State> TryNext(State state, Transition transition);

// Those that Next allows.
std::vector<Transition> Allowed(State state);

// A lot that is fed or will be.
inline bool IsActive(State state) { return state == State::kEnPreparation || state == State::kEnGavage; }

}  // namespace egi::lots

#endif  // EGI_SERVER_LOTS_LOT_LIFE_H_
