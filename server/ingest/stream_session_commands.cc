// The session as a port for commands.
#include <memory>
#include <string>
#include <utility>

#include "server/ingest/stream_session.h"

namespace egi::ingest {
namespace {

// Replies that wait for a station that does not read; commands come again, so that none is lost.
constexpr size_t kMaxWaiting = 100;

}  // namespace

void StreamSession::Attach(const std::string& device_id) {
  if (env_.commands == nullptr || transport_ == "ws") return;
  env_.commands->Attach(device_id, std::static_pointer_cast<CommandPort>(shared_from_this()));
}

bool StreamSession::SendCommand(std::string command) {
  {
    MutexLock lock(&mutex_);
    if (state_ != State::kStreaming || cancelled_ || replies_.size() >= kMaxWaiting) return false;
    wire::Response response;
    response.set_command(std::move(command));
    replies_.push_back(std::move(response));
  }
  Pump();
  return true;
}

void StreamSession::Beat(const std::string& bytes) {
  const auto device_id = env_.lane->Heartbeat(bytes, env_.clock->Now());
  if (device_id.ok()) return Attach(*device_id);
  MutexLock lock(&mutex_);
  Close(device_id.status());
}

}  // namespace egi::ingest
