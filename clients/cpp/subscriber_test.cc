// The subscriber against streams completed by hand.
#include "clients/cpp/subscriber.h"

#include <deque>

#include "gtest/gtest.h"

namespace egi::client {
namespace {

using egi::realtime::v1::Event;
using egi::realtime::v1::SubscribeRequest;
using egi::realtime::v1::SubscribeResponse;

// A scripted server: each subscription plays one script, then ends with its status (or waits for Cancel when there is none).
class Script : public EventConnection {
 public:
  struct Play {
    std::vector<SubscribeResponse> messages;
    std::optional<absl::Status> end;
  };

  explicit Script(std::deque<Play> plays) : plays_(std::move(plays)) {}

  std::unique_ptr<EventStream> Subscribe(const SubscribeRequest& request) override {
    requests.push_back(request);
    Play play = plays_.empty() ? Play{} : std::move(plays_.front());
    if (!plays_.empty()) plays_.pop_front();
    return std::make_unique<Stream>(std::move(play));
  }

  std::vector<SubscribeRequest> requests;

 private:
  class Stream : public EventStream {
   public:
    explicit Stream(Play play) : play_(std::move(play)) {}
    bool Read(SubscribeResponse* response) override {
      if (next_ < play_.messages.size()) {
        *response = play_.messages[next_++];
        return true;
      }
      MutexLock lock(&mutex_);
      while (!play_.end && !cancelled_) changed_.Wait(&mutex_);
      return false;
    }
    void Cancel() override {
      MutexLock lock(&mutex_);
      cancelled_ = true;
      changed_.NotifyAll();
    }
    absl::Status Finish() override { return play_.end.value_or(absl::CancelledError("cancelled")); }

   private:
    const Play play_;
    size_t next_ = 0;
    Mutex mutex_;
    CondVar changed_;
    bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  };
  std::deque<Play> plays_;
};

class InstantSleeper : public Sleeper {
 public:
  void Sleep(absl::Duration) override {}
  void Wake() override {}
};

SubscribeResponse EventMessage(const std::string& token) {
  SubscribeResponse response;
  response.mutable_event()->set_resume_token(token);
  response.mutable_event()->mutable_meal()->set_gavage_id(1);
  return response;
}

SubscribeResponse CurrentMessage(const std::string& token) {
  SubscribeResponse response;
  response.mutable_current()->set_resume_token(token);
  return response;
}

struct Seen {
  std::vector<std::string> tokens;
  int currents = 0;
  absl::Status result;
  std::vector<SubscribeRequest> requests;
  std::string last_token;
};

Seen Play(std::deque<Script::Play> plays, SubscriberOptions options = {}) {
  options.sleeper = std::make_shared<InstantSleeper>();
  auto script = std::make_unique<Script>(std::move(plays));
  Script* kept = script.get();
  Seen seen;
  SubscriberCallbacks callbacks;
  callbacks.on_event = [&](const Event& event) { seen.tokens.push_back(event.resume_token()); };
  callbacks.on_current = [&] { ++seen.currents; };
  auto subscriber = Subscriber::Create(options, callbacks, std::move(script));
  seen.result = (*subscriber)->Wait();
  seen.requests = kept->requests;
  seen.last_token = (*subscriber)->resume_token();
  return seen;
}

TEST(SubscriberTest, ResumesAfterTheLastDeliveredEvent) {
  const Seen seen = Play({{{CurrentMessage("t0"), EventMessage("t1"), EventMessage("t2")}, absl::UnavailableError("draining")},
                          {{EventMessage("t3")}, absl::InternalError("connection reset")},
                          {{}, absl::PermissionDeniedError("revoked")}});
  EXPECT_EQ(seen.tokens, (std::vector<std::string>{"t1", "t2", "t3"}));
  ASSERT_EQ(seen.requests.size(), 3u);
  EXPECT_EQ(seen.requests[0].resume_token(), "");
  EXPECT_EQ(seen.requests[1].resume_token(), "t2");
  EXPECT_EQ(seen.requests[2].resume_token(), "t3");
  EXPECT_EQ(seen.result.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(seen.currents, 1);
}

TEST(SubscriberTest, HeartbeatMovesTheTokenPastEventsThatDoNotMatch) {
  SubscribeResponse heartbeat;
  heartbeat.mutable_heartbeat()->set_resume_token("t9");
  const Seen seen = Play({{{EventMessage("t1"), heartbeat}, absl::NotFoundError("end of the script")}});
  EXPECT_EQ(seen.last_token, "t9");
}

TEST(SubscriberTest, SnapshotEventsWithoutTokenLeaveThePositionAlone) {
  SubscriberOptions options;
  options.request.set_resume_token("given");
  const Seen seen = Play({{{EventMessage("")}, absl::UnavailableError("restart")}, {{}, absl::NotFoundError("end of the script")}}, options);
  ASSERT_EQ(seen.requests.size(), 2u);
  EXPECT_EQ(seen.requests[1].resume_token(), "given");
}

TEST(SubscriberTest, TokenTooOldEndsWithTheServersWords) {
  const Seen seen = Play({{{}, absl::OutOfRangeError("the earliest resumable token is t5")}});
  EXPECT_EQ(seen.result.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(seen.result.message(), "the earliest resumable token is t5");
}

TEST(SubscriberTest, WithoutReconnectTheFirstDisconnectionEndsIt) {
  SubscriberOptions options;
  options.reconnect = false;
  const Seen seen = Play({{{EventMessage("t1")}, absl::UnavailableError("draining")}}, options);
  EXPECT_EQ(seen.result.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(seen.requests.size(), 1u);
}

TEST(SubscriberTest, SilentServerIsDialledAgain) {
  SubscriberOptions options;
  options.silence = absl::Milliseconds(20);
  const Seen seen = Play({{{EventMessage("t1")}, std::nullopt}, {{}, absl::NotFoundError("end of the script")}}, options);
  ASSERT_EQ(seen.requests.size(), 2u);
  EXPECT_EQ(seen.requests[1].resume_token(), "t1");
}

TEST(SubscriberTest, StopEndsAWaitingSubscriberWithoutError) {
  SubscriberOptions options;
  SubscriberCallbacks callbacks;
  callbacks.on_event = [](const Event&) {};
  auto subscriber = Subscriber::Create(options, callbacks, std::make_unique<Script>(std::deque<Script::Play>{}));
  (*subscriber)->Stop();
  EXPECT_TRUE((*subscriber)->Wait().ok());
}

}  // namespace
}  // namespace egi::client
