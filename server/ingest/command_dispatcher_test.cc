#include "server/ingest/command_dispatcher.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "server/base/fake_clock.h"

namespace egi::ingest {
namespace {

using quality::v1::DeviceCommand;
using quality::v1::DeviceCommandRecord;

class FakePort : public CommandPort {
 public:
  bool SendCommand(std::string bytes) override {
    if (closed) return false;
    DeviceCommand command;
    EXPECT_TRUE(command.ParseFromString(bytes));
    ids.push_back(command.command_id());
    return true;
  }
  bool closed = false;
  std::vector<int32_t> ids;
};

class CommandDispatcherTest : public testing::Test {
 protected:
  CommandDispatcher::Options Options() {
    CommandDispatcher::Options options;
    options.clock = &clock_;
    options.open = [this](const std::vector<std::string>& device_ids) -> absl::StatusOr<std::vector<DeviceCommandRecord>> {
      ++asked_;
      if (!failure_.ok()) return failure_;
      std::vector<DeviceCommandRecord> open;
      for (const auto& record : open_) {
        if (std::count(device_ids.begin(), device_ids.end(), record.command().device_id()) > 0) open.push_back(record);
      }
      return open;
    };
    options.sent = [this](const std::vector<int32_t>& ids, absl::Time) { sent_.insert(sent_.end(), ids.begin(), ids.end()); };
    return options;
  }
  void Ask(int32_t id, const std::string& device_id, const std::string& state = "open") {
    DeviceCommandRecord& record = open_.emplace_back();
    record.mutable_command()->set_command_id(id);
    record.mutable_command()->set_device_id(device_id);
    record.set_state(state);
  }
  void Deliver() { EXPECT_TRUE(dispatcher_.Deliver().ok()); }

  FakeClock clock_{absl::FromUnixSeconds(1'770'000'000)};
  absl::Status failure_;
  int asked_ = 0;
  std::vector<DeviceCommandRecord> open_;
  std::vector<int32_t> sent_;
  std::shared_ptr<FakePort> port_ = std::make_shared<FakePort>();
  CommandDispatcher dispatcher_{Options()};
};

TEST_F(CommandDispatcherTest, NobodyIsAskedForWhileNoStreamIsOpen) {
  Ask(1, "A");
  Deliver();
  EXPECT_EQ(asked_, 0);
}

TEST_F(CommandDispatcherTest, EachStreamGetsTheCommandsOfItsDeviceOnce) {
  Ask(1, "A");
  Ask(2, "B");
  Ask(3, "A", "in_progress");
  auto other = std::make_shared<FakePort>();
  dispatcher_.Attach("A", port_);
  dispatcher_.Attach("B", other);
  Deliver();
  Deliver();
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(port_->ids, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(other->ids, std::vector<int32_t>{2});
  EXPECT_EQ(sent_, (std::vector<int32_t>{1, 2, 3}));
}

TEST_F(CommandDispatcherTest, NewStreamGetsEveryCommandWithoutFinalAnswerAgain) {
  Ask(1, "A");
  Ask(2, "A", "in_progress");
  dispatcher_.Attach("A", port_);
  Deliver();
  auto reopened = std::make_shared<FakePort>();
  dispatcher_.Attach("A", reopened);
  Deliver();
  EXPECT_EQ(reopened->ids, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(port_->ids, (std::vector<int32_t>{1, 2}));
}

TEST_F(CommandDispatcherTest, HeartbeatsOfTheSameStreamSendNothingAgain) {
  Ask(1, "A");
  dispatcher_.Attach("A", port_);
  Deliver();
  dispatcher_.Attach("A", port_);
  Deliver();
  EXPECT_EQ(port_->ids, std::vector<int32_t>{1});
}

TEST_F(CommandDispatcherTest, UnansweredCommandIsSentAgainAfterAMinuteButNotOneInProgress) {
  Ask(1, "A");
  Ask(2, "A", "in_progress");
  dispatcher_.Attach("A", port_);
  Deliver();
  clock_.Advance(absl::Seconds(59));
  Deliver();
  EXPECT_EQ(port_->ids, (std::vector<int32_t>{1, 2}));
  clock_.Advance(absl::Seconds(1));
  Deliver();
  EXPECT_EQ(port_->ids, (std::vector<int32_t>{1, 2, 1}));
}

TEST_F(CommandDispatcherTest, StreamThatIsGoneIsForgotten) {
  Ask(1, "A");
  dispatcher_.Attach("A", port_);
  port_.reset();
  Deliver();
  EXPECT_EQ(asked_, 0);
  EXPECT_TRUE(sent_.empty());
}

TEST_F(CommandDispatcherTest, CommandThatAStreamDidNotTakeIsOfferedInTheNextRound) {
  Ask(1, "A");
  Ask(2, "A", "in_progress");
  dispatcher_.Attach("A", port_);
  port_->closed = true;
  Deliver();
  EXPECT_TRUE(sent_.empty());
  port_->closed = false;
  Deliver();
  EXPECT_EQ(sent_, (std::vector<int32_t>{1, 2}));
}

TEST_F(CommandDispatcherTest, FailedQueryIsToldAndTheNextRoundDelivers) {
  Ask(1, "A");
  dispatcher_.Attach("A", port_);
  failure_ = absl::UnavailableError("no database");
  EXPECT_EQ(dispatcher_.Deliver().code(), absl::StatusCode::kUnavailable);
  failure_ = absl::OkStatus();
  Deliver();
  EXPECT_EQ(port_->ids, std::vector<int32_t>{1});
}

}  // namespace
}  // namespace egi::ingest
