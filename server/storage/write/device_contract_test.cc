// What the registry of stations and the queue of their commands promise (device_store.h, command_store.h, device_watch.h).
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/device_store.h"
#include "server/storage/write/device_watch.h"
#include "server/storage/write/write_contract.h"

namespace egi::storage::write {
namespace {

using quality::v1::CommandOutcome;
using quality::v1::DeviceCommandRecord;
using quality::v1::DeviceConfiguration;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeviceContract : public WriteContract {
 protected:
  void SetUp() override {
    WriteContract::SetUp();
    if (HasFatalFailure()) return;
    devices_ = NewPostgresDeviceStore(*pool_);
    commands_ = NewPostgresCommandStore(*pool_);
  }

  RecordedHeartbeat Beat(const std::string& device, int nacks = 0, absl::Duration later = absl::ZeroDuration()) {
    quality::v1::DeviceHeartbeat heartbeat;
    heartbeat.set_device_id(device);
    heartbeat.set_nack_count(nacks);
    auto recorded = devices_->RecordHeartbeat(heartbeat, now_ + later);
    EXPECT_TRUE(recorded.ok()) << recorded.status();
    return recorded.ok() ? *std::move(recorded) : RecordedHeartbeat();
  }

  std::string SetStatus(const std::string& status) {
    const auto device = devices_->SetStatus(kDevice, status, {"marie", ""}, now_);
    return device.ok() ? device->status() : device.status().ToString();
  }

  absl::StatusOr<DeviceCommandRecord> Configure(int interval_ms) {
    DeviceConfiguration change;
    change.set_measurement_interval_ms(interval_ms);
    return devices_->Configure(kDevice, change, {"marie", ""}, now_);
  }

  absl::StatusOr<DeviceCommandRecord> Answer(int command_id, CommandOutcome outcome, const std::string& device = kDevice) {
    quality::v1::CommandResult result;
    result.set_device_id(device);
    result.set_command_id(command_id);
    result.set_outcome(outcome);
    return commands_->Record(result, now_);
  }

  std::vector<int> Open(const std::string& device = kDevice) {
    std::vector<int> ids;
    const auto open = commands_->Open({device});
    EXPECT_TRUE(open.ok()) << open.status();
    if (open.ok()) {
      for (const auto& record : *open) ids.push_back(record.command().command_id());
    }
    return ids;
  }

  std::unique_ptr<DeviceStore> devices_;
  std::unique_ptr<CommandStore> commands_;
};

TEST_F(DeviceContract, UnknownDeviceIsPendingUntilAUserApprovesIt) {
  EXPECT_EQ(Beat("ESP32_LS_77").device.status(), "pending");
  EXPECT_EQ(Beat("ESP32_LS_77").device.site_code(), "LS");
  const auto approved = devices_->SetStatus("ESP32_LS_77", "active", {"marie", "seen on site"}, now_);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(Beat("ESP32_LS_77").device.status(), "active");
  const auto changes = devices_->ListChanges(Newest<HistoryQuery>("ESP32_LS_77"));
  ASSERT_TRUE(changes.ok() && changes->size() == 1) << changes.status();
  EXPECT_EQ(changes->front().message.changed_by(), "marie");
}

TEST_F(DeviceContract, SameStatusAgainLeavesNoTrace) {
  for (const char* status : {"retired", "retired", "active", "active"}) EXPECT_EQ(SetStatus(status), status);
  EXPECT_EQ(devices_->ListChanges(Newest<HistoryQuery>(kDevice))->size(), 2u);
}

TEST_F(DeviceContract, RetiredDeviceTakesNoCommandUntilItIsApprovedAgain) {
  const auto before = Configure(1000);
  ASSERT_TRUE(before.ok()) << before.status();
  SetStatus("retired");
  EXPECT_THAT(Open(), IsEmpty());
  EXPECT_EQ(commands_->List(Newest<CommandQuery>(kDevice))->front().state(), "withdrawn");
  EXPECT_EQ(Configure(2000).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Beat(kDevice).device.status(), "retired") << "a sign of life approves nothing";
  SetStatus("active");
  EXPECT_TRUE(Configure(2000).ok());
  EXPECT_EQ(Open().size(), 1u);
}

TEST_F(DeviceContract, NewerCommandOfTheSameKindSupersedesTheOpenOne) {
  const auto first = Configure(1000), second = Configure(2000);
  ASSERT_TRUE(first.ok() && second.ok());
  quality::v1::DeviceCommand grading;
  grading.set_device_id(kDevice);
  grading.mutable_grading()->set_allowed(true);
  const auto other_kind = commands_->Enqueue(grading, "egi-server", now_);
  ASSERT_TRUE(other_kind.ok()) << other_kind.status();
  EXPECT_THAT(Open(), ElementsAre(second->command().command_id(), other_kind->command().command_id()));
  EXPECT_EQ(commands_->List(Newest<CommandQuery>(kDevice))->back().state(), "superseded");
  EXPECT_GT(second->command().configuration().revision(), first->command().configuration().revision());
}

TEST_F(DeviceContract, TwoServersThatConfigureAtOnceLeaveOneOpenCommandAndNoRevisionTwice) {
  const auto other = NewPostgresDeviceStore(*other_);
  std::vector<absl::StatusOr<DeviceCommandRecord>> answers(6, absl::UnknownError("not asked"));
  AtOnce(6, [&](int i) {
    DeviceConfiguration change;
    change.set_measurement_interval_ms(1000 + i);
    answers[i] = (i % 2 == 0 ? *devices_ : *other).Configure(kDevice, change, {"marie", ""}, now_);
  });
  std::set<int> revisions;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    revisions.insert(answer->command().configuration().revision());
  }
  EXPECT_EQ(revisions.size(), 6u);
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(devices_->ReadConfiguration(kDevice)->desired->revision(), *revisions.rbegin());
}

TEST_F(DeviceContract, DatabaseAllowsOneOpenCommandOfAKind) {
  const std::string insert =
      "INSERT INTO sqal_device_commands (device_id, kind, payload, created_at, created_by, outcome) VALUES ('ESP32_LL_01', 'configuration', "
      "'{}', now(), 'x', ";
  EXPECT_EQ(Refusal(insert + "'open')"), "");
  EXPECT_EQ(Refusal(insert + "'in_progress')"), kUniqueViolation);
  EXPECT_EQ(Refusal(insert + "'applied')"), "");
}

TEST_F(DeviceContract, CommandsOutliveTheServerUntilTheirFinalAnswer) {
  const int id = Configure(1000)->command().command_id();
  ASSERT_TRUE(commands_->MarkSent({id}, now_).ok());
  commands_ = NewPostgresCommandStore(*other_);
  EXPECT_THAT(Open(), ElementsAre(id)) << "handed to a stream is not answered";
  ASSERT_TRUE(Answer(id, quality::v1::COMMAND_OUTCOME_IN_PROGRESS).ok());
  EXPECT_THAT(Open(), ElementsAre(id)) << "the station may have lost power";
  EXPECT_EQ(Answer(id, quality::v1::COMMAND_OUTCOME_APPLIED)->state(), "applied");
  EXPECT_THAT(Open(), IsEmpty());
}

TEST_F(DeviceContract, FirstFinalAnswerStandsAlsoOverSupersededAndWithdrawn) {
  const int first = Configure(1000)->command().command_id(), second = Configure(2000)->command().command_id();
  EXPECT_EQ(Answer(first, quality::v1::COMMAND_OUTCOME_IN_PROGRESS)->state(), "superseded");
  EXPECT_EQ(Answer(first, quality::v1::COMMAND_OUTCOME_APPLIED)->state(), "applied");
  ASSERT_TRUE(commands_->Withdraw(second, "not needed", now_).ok());
  EXPECT_EQ(Answer(second, quality::v1::COMMAND_OUTCOME_REFUSED)->state(), "refused");
  EXPECT_EQ(Answer(second, quality::v1::COMMAND_OUTCOME_APPLIED)->state(), "refused");
  ASSERT_TRUE(commands_->Withdraw(second, "late", now_).ok());
  EXPECT_EQ(commands_->List(Newest<CommandQuery>(kDevice))->front().state(), "refused");
  EXPECT_EQ(Answer(second, quality::v1::COMMAND_OUTCOME_APPLIED, "ESP32_LS_01").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Answer(second, quality::v1::COMMAND_OUTCOME_UNSPECIFIED).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(DeviceContract, RefusedConfigurationIsNotWanted) {
  ASSERT_TRUE(Configure(1000).ok());
  ASSERT_TRUE(Answer(Configure(2000)->command().command_id(), quality::v1::COMMAND_OUTCOME_REFUSED).ok());
  const auto configuration = devices_->ReadConfiguration(kDevice);
  ASSERT_TRUE(configuration.ok()) << configuration.status();
  EXPECT_EQ(configuration->newest->state(), "refused");
  EXPECT_EQ(configuration->desired->measurement_interval_ms(), 1000);
}

TEST_F(DeviceContract, HeartbeatThatCameLateChangesNoCounterAndAFallenOneBeganAnew) {
  EXPECT_EQ(Beat(kDevice, 5).steps.nacks, 0) << "the first one has nothing before it";
  EXPECT_EQ(Beat(kDevice, 8, absl::Seconds(10)).steps.nacks, 3);
  const auto late = Beat(kDevice, 6, absl::Seconds(5));
  EXPECT_EQ(late.steps.nacks, 0);
  EXPECT_EQ(late.device.nack_count(), 8);
  EXPECT_EQ(Beat(kDevice, 2, absl::Seconds(20)).steps.nacks, 2);
}

TEST_F(DeviceContract, TwoServersThatWatchOpenOneAlertOfSilence) {
  Beat(kDevice);
  const auto one = NewPostgresDeviceWatch(*pool_), two = NewPostgresDeviceWatch(*other_);
  const auto look = [&](absl::Duration later) {
    AtOnce(4, [&](int i) {
      const auto counts = (i % 2 == 0 ? *one : *two).Look(now_ + later, absl::Hours(1), absl::Minutes(5));
      EXPECT_TRUE(counts.ok()) << counts.status();
    });
    return Sql("SELECT count(*) FILTER (WHERE closed_at IS NULL) || ' of ' || count(*) FROM sqal_alerts WHERE alert_type = 'device_silent'");
  };
  EXPECT_EQ(look(absl::Minutes(4)), "0 of 0");
  EXPECT_EQ(look(absl::Minutes(6)), "1 of 1");
  EXPECT_EQ(look(absl::Minutes(7)), "1 of 1");
  Beat(kDevice, 0, absl::Minutes(8));
  EXPECT_EQ(look(absl::Minutes(8)), "0 of 1");
}

TEST_F(DeviceContract, UnknownDeviceIsNotFound) {
  const std::string nobody = "nobody";
  quality::v1::DeviceCommand command;
  command.set_device_id(nobody);
  command.mutable_grading()->set_allowed(true);
  for (const absl::Status& status :
       {devices_->Update(nobody, {}, {"marie", ""}, now_).status(), devices_->SetStatus(nobody, "active", {"marie", ""}, now_).status(),
        devices_->Configure(nobody, {}, {"marie", ""}, now_).status(), devices_->ListChanges(Newest<HistoryQuery>(nobody)).status(),
        devices_->ListPresence(Newest<HistoryQuery>(nobody)).status(), devices_->ListCounters(Newest<HistoryQuery>(nobody)).status(),
        commands_->Enqueue(command, "marie", now_).status(), commands_->List(Newest<CommandQuery>(nobody)).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  }
}

}  // namespace
}  // namespace egi::storage::write
