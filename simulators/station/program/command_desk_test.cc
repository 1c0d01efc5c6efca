// Commands from a server in memory, over the producer's stream, to the station and back.
#include "simulators/station/program/command_desk.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "clients/cpp/fake_ingest.h"
#include "gtest/gtest.h"
#include "simulators/station/firmware/image.h"
#include "simulators/station/profile_loader.h"

namespace egi::station {
namespace {

using quality::v1::CommandResult;
using quality::v1::DeviceCommand;

absl::Time Noon() { return absl::FromUnixSeconds(1770120000); }
constexpr absl::Duration kSoon = absl::Seconds(10);

class CommandDeskTest : public ::testing::Test {
 protected:
  CommandDeskTest() {
    client::SampleProducer::Options options;
    options.producer_id = "ESP32_LL_01";
    options.when_full = client::WhenFull::kRefuseNewest;
    options.backoff.initial = absl::Milliseconds(1);
    options.backoff.max = absl::Milliseconds(20);
    client::SampleProducer::Callbacks callbacks;
    callbacks.on_command = [this](const DeviceCommand& command) { inbox_.Put(command); };
    producer_ = std::move(*client::SampleProducer::Create(options, std::move(callbacks), server_.Connect()));
    Station::Options station;
    station.identity = {"ESP32_LL_01", "Ligne A"};
    station.profile = *ProfileBook::BuiltIn()->Find("");
    station.start = Noon();
    station_ = *Station::Create(station, *Numbering::Create({}), [this](const quality::v1::Sample& sample) { return producer_->Send(sample).status(); });
    desk_ = std::make_unique<CommandDesk>(
        *station_, *producer_, inbox_, [this](const std::string&, int64_t offset) { return Fetch(offset); },
        [this](const char*, const std::string& text) { told_.push_back(text); });
  }
  ~CommandDeskTest() override { producer_.reset(); }

  absl::StatusOr<std::string> Fetch(int64_t offset) {
    if (image_.empty()) return absl::UnavailableError("away");
    return image_.substr(static_cast<size_t>(offset), 40);
  }

  // Connected once a sample is acknowledged.
  void Connect() {
    ASSERT_TRUE(station_->Measure(Noon()).ok());
    ASSERT_TRUE(producer_->Flush(kSoon).ok());
  }
  void Ask(const DeviceCommand& command) {
    ASSERT_EQ(server_.SendCommand(command.SerializeAsString()), 1);
    ASSERT_TRUE(inbox_.Wait(kSoon));
  }
  CommandResult Answer(size_t number) {
    EXPECT_TRUE(server_.WaitForCommandResults(number));
    CommandResult result;
    result.ParseFromString(server_.command_results()[number - 1]);
    return result;
  }
  static DeviceCommand Forbid(int id) {
    DeviceCommand command;
    command.set_command_id(id);
    command.set_device_id("ESP32_LL_01");
    command.mutable_grading()->set_reason("out of calibration");
    return command;
  }
  DeviceCommand Offer(const std::string& image) {
    DeviceCommand command;
    command.set_command_id(5);
    command.set_device_id("ESP32_LL_01");
    command.mutable_firmware()->set_version("v1.3.0");
    command.mutable_firmware()->set_size_bytes(static_cast<int64_t>(image.size()));
    command.mutable_firmware()->set_sha256(firmware::Sha256Hex(image));
    return command;
  }

  client::FakeIngestServer server_;
  CommandInbox inbox_;
  std::unique_ptr<client::SampleProducer> producer_;
  std::unique_ptr<Station> station_;
  std::unique_ptr<CommandDesk> desk_;
  std::vector<std::string> told_;
  std::string image_;
};

TEST_F(CommandDeskTest, CommandIsAppliedAndAnsweredOnce) {
  Connect();
  Ask(Forbid(1));
  ASSERT_TRUE(desk_->Serve(Noon()).ok());
  EXPECT_EQ(Answer(1).outcome(), quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(station_->controller().RefusesToGrade(Noon()), "out of calibration");
  ASSERT_TRUE(desk_->Serve(Noon()).ok());
  EXPECT_EQ(server_.command_results().size(), 1u);
  EXPECT_EQ(told_, std::vector<std::string>{"command 1: COMMAND_OUTCOME_APPLIED"});
}

TEST_F(CommandDeskTest, AnswerThatFoundNoConnectionIsSentAtTheNext) {
  Connect();
  Ask(Forbid(1));
  server_.SetReachable(false);
  while (producer_->SendCommandResult({}).ok()) producer_->Flush(absl::Milliseconds(1)).IgnoreError();  // until the producer has seen it
  const size_t before = server_.command_results().size();
  ASSERT_TRUE(desk_->Serve(Noon()).ok());
  EXPECT_EQ(station_->controller().UnsentResults().size(), 1u);
  server_.SetReachable(true);
  ASSERT_FALSE(station_->Measure(Noon()).ok());  // the command is in force
  quality::v1::Sample sample;
  ASSERT_TRUE(producer_->Send(sample).ok());
  ASSERT_TRUE(producer_->Flush(kSoon).ok());
  ASSERT_TRUE(desk_->Serve(Noon()).ok());
  EXPECT_EQ(Answer(before + 1).command_id(), 1);
}

TEST_F(CommandDeskTest, FirmwareIsFetchedInstalledAndReported) {
  Connect();
  image_ = *firmware::MakeImage("v1.3.0", std::string(100, 'x'), true);
  Ask(Offer(image_));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(desk_->Serve(Noon()).ok());
  EXPECT_EQ(station_->controller().version(), "v1.3.0");
  EXPECT_EQ(Answer(1).outcome(), quality::v1::COMMAND_OUTCOME_IN_PROGRESS);
  size_t last = 1;
  while (Answer(last).outcome() == quality::v1::COMMAND_OUTCOME_IN_PROGRESS) ++last;
  EXPECT_EQ(Answer(last).outcome(), quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(told_.back(), "runs firmware v1.3.0");
}

TEST_F(CommandDeskTest, UpdateWaitsForAServerThatIsAway) {
  Connect();
  const std::string image = *firmware::MakeImage("v1.3.0", "", true);
  Ask(Offer(image));
  ASSERT_TRUE(desk_->Serve(Noon()).ok());
  EXPECT_EQ(told_.back(), "update waits for the server: away");
  image_ = image;
  ASSERT_TRUE(desk_->Serve(Noon() + absl::Seconds(1)).ok());  // not yet
  EXPECT_EQ(station_->controller().version(), "v1.2.3");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(desk_->Serve(Noon() + absl::Seconds(6)).ok());
  EXPECT_EQ(station_->controller().version(), "v1.3.0");
}

}  // namespace
}  // namespace egi::station
