// Does what the server asks of a station: applies commands, fetches firmware, sends answers.
#ifndef EGI_SIMULATORS_STATION_PROGRAM_COMMAND_DESK_H_
#define EGI_SIMULATORS_STATION_PROGRAM_COMMAND_DESK_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "clients/cpp/producer.h"
#include "simulators/station/program/command_inbox.h"
#include "simulators/station/station.h"

namespace egi::station {

// Not thread-safe. What it is given by reference must live longer.
class CommandDesk {
 public:
  // Told of commands ("command"), of firmware that runs and of updates that wait ("update"), each with one line of text.
  using Tell = std::function<void(const char* event, const std::string& text)>;

  CommandDesk(Station& station, client::SampleProducer& producer, CommandInbox& inbox, firmware::FetchImage fetch, Tell tell)
      : station_(station), producer_(producer), inbox_(inbox), fetch_(std::move(fetch)), tell_(std::move(tell)) {}

  // Handles what has come, goes one piece further with an update, sends every answer that has not been sent. Errors: those of the flash; a server that cannot
  // be reached is none.
  absl::Status Serve(absl::Time now);

 private:
  absl::Status HandleCommands();
  absl::Status StepUpdate(absl::Time now);

  Station& station_;
  client::SampleProducer& producer_;
  CommandInbox& inbox_;
  const firmware::FetchImage fetch_;
  const Tell tell_;
  absl::Time next_step_ = absl::InfinitePast();
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROGRAM_COMMAND_DESK_H_
