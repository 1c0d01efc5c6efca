#include <optional>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/firmware.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"
#include "server/base/sha256.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/firmware_store.h"

namespace egi::api {
namespace {

using quality::v1::ChangeRolloutRequest;
using quality::v1::Firmware;
using quality::v1::FirmwareInfo;
using quality::v1::FirmwareService;
using quality::v1::GetRolloutResponse;
using quality::v1::Rollout;
using quality::v1::StartRolloutRequest;
using quality::v1::UploadFirmwareRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = FirmwareService::Stub;

std::string Image(size_t size) {
  std::string image(size, '\0');
  for (size_t i = 0; i < size; ++i) image[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
  return image;
}

FirmwareInfo InfoOf(const std::string& version, const std::string& image) {
  Sha256 sha256;
  sha256.Add(image);
  FirmwareInfo info;
  info.set_version(version);
  info.set_size_bytes(static_cast<int32_t>(image.size()));
  info.set_sha256(sha256.Hex());
  info.set_uploaded_by("user:3");
  return info;
}

class FirmwareServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = FirmwareService::NewStub(channel_);
    store_ = storage::write::NewPostgresFirmwareStore(*pool_);
    commands_ = storage::write::NewPostgresCommandStore(*pool_);
  }

  grpc::Status Upload(const std::optional<FirmwareInfo>& info, const std::string& image, Firmware* firmware) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    auto writer = stub_->UploadFirmware(&context, firmware);
    UploadFirmwareRequest request;
    if (info.has_value()) {
      *request.mutable_info() = *info;
      writer->Write(request);
    }
    for (size_t begin = 0; begin < image.size(); begin += 100'000) {
      request.set_chunk(image.substr(begin, 100'000));
      if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  void MustUpload(const std::string& version, size_t size = 1000) {
    Firmware firmware;
    const std::string image = Image(size);
    const grpc::Status status = Upload(InfoOf(version, image), image, &firmware);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  grpc::Status Download(const std::string& version, int64_t offset, std::string* bytes) {
    grpc::ClientContext context;
    quality::v1::DownloadFirmwareRequest request;
    request.set_version(version);
    request.set_offset(offset);
    auto reader = stub_->DownloadFirmware(&context, request);
    quality::v1::DownloadFirmwareResponse response;
    while (reader->Read(&response)) {
      EXPECT_EQ(response.offset(), offset + static_cast<int64_t>(bytes->size()));
      EXPECT_LE(response.data().size(), 65536U);
      *bytes += response.data();
    }
    return reader->Finish();
  }

  // Ten devices of the profile `line`.
  void AddDevices() {
    Sql("INSERT INTO sqal_devices (device_id, status, config_profile, firmware_version, site_code) "
        "SELECT 'STATION_' || i, 'active', 'line', 'v1', 'LL' FROM generate_series(1, 10) i");
  }

  grpc::Status Start(Rollout* rollout, const std::string& version = "v2") {
    StartRolloutRequest request;
    request.set_version(version);
    request.set_config_profile("line");
    request.set_started_by("user:3");
    request.set_max_failed_pct(20);
    for (const int stage : {20, 100}) request.add_stages_pct(stage);
    return Call(*stub_, &Stub::StartRollout, request, rollout);
  }

  GetRolloutResponse Read(int32_t rollout_id) {
    quality::v1::GetRolloutRequest request;
    request.set_rollout_id(rollout_id);
    GetRolloutResponse response;
    EXPECT_TRUE(Call(*stub_, &Stub::GetRollout, request, &response).ok());
    return response;
  }

  // Every device with an open offer answers.
  void Answer(quality::v1::CommandOutcome outcome, int at_most = 100) {
    for (int i = 1; i <= 10 && at_most > 0; ++i) {
      const auto open = commands_->Open({absl::StrCat("STATION_", i)});
      ASSERT_TRUE(open.ok());
      for (const auto& record : *open) {
        quality::v1::CommandResult result;
        result.set_command_id(record.command().command_id());
        result.set_device_id(record.command().device_id());
        result.set_outcome(outcome);
        result.set_bytes_received(500);
        ASSERT_TRUE(commands_->Record(result, clock_.Now()).ok());
        --at_most;
      }
    }
    ASSERT_TRUE(store_->AdvanceRollouts(clock_.Now()).ok());
  }

  grpc::Status Change(decltype(&Stub::PauseRollout) verb, int32_t rollout_id, Rollout* rollout) {
    ChangeRolloutRequest request;
    request.set_rollout_id(rollout_id);
    request.set_changed_by("user:4");
    request.set_reason("night shift");
    grpc::ClientContext context;
    return (stub_.get()->*verb)(&context, request, rollout);
  }

  std::unique_ptr<Stub> stub_;
  std::unique_ptr<storage::write::FirmwareStore> store_;
  std::unique_ptr<storage::write::CommandStore> commands_;
};

TEST_F(FirmwareServiceTest, UploadedBytesComeBackWholeAndFromAnyOffset) {
  const std::string image = Image(200'000);
  Firmware firmware;
  ASSERT_TRUE(Upload(InfoOf("v2.0.0", image), image, &firmware).ok());
  EXPECT_EQ(firmware.size_bytes(), 200'000);
  for (const int64_t offset : {0, 1, 65535, 65536, 131'072, 199'999, 200'000}) {
    std::string bytes;
    ASSERT_TRUE(Download("v2.0.0", offset, &bytes).ok());
    EXPECT_EQ(bytes, image.substr(offset)) << offset;
  }
  std::string bytes;
  EXPECT_EQ(Download("v2.0.0", 200'001, &bytes).error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(Download("v9", 0, &bytes).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Download("v2.0.0", -1, &bytes).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(FirmwareServiceTest, SameVersionAgainIsTheOneStoredAndOtherBytesAreRefused) {
  const std::string image = Image(1000);
  Firmware first, again;
  ASSERT_TRUE(Upload(InfoOf("v2", image), image, &first).ok());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Upload(InfoOf("v2", image), image, &again).ok());
  EXPECT_EQ(again.DebugString(), first.DebugString());
  const std::string other = Image(1001);
  EXPECT_EQ(Upload(InfoOf("v2", other), other, &again).error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(FirmwareServiceTest, BytesOtherThanAnnouncedAreNotStored) {
  const std::string image = Image(1000);
  Firmware firmware;
  FirmwareInfo info = InfoOf("v2", image);
  info.set_sha256(std::string(64, '0'));
  EXPECT_THAT(BadFields(Upload(info, image, &firmware)), ElementsAre("info.sha256"));
  info = InfoOf("v2", image);
  info.set_size_bytes(999);
  EXPECT_THAT(BadFields(Upload(info, image, &firmware)), ElementsAre("info.size_bytes"));
  info.set_size_bytes(1001);
  EXPECT_THAT(BadFields(Upload(info, image, &firmware)), ElementsAre("info.size_bytes"));
  EXPECT_THAT(BadFields(Upload(std::nullopt, image, &firmware)), ElementsAre("info"));
  info.set_version("v 2");
  info.set_size_bytes((16 << 20) + 1);
  info.clear_uploaded_by();
  EXPECT_THAT(BadFields(Upload(info, "", &firmware)), ElementsAre("info.version", "info.size_bytes", "info.uploaded_by"));
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_firmware"), "0");
}

TEST_F(FirmwareServiceTest, VersionsArePagedNewestFirst) {
  for (const char* version : {"v1", "v2", "v3"}) MustUpload(version);
  quality::v1::ListFirmwareRequest request;
  request.set_limit(2);
  quality::v1::ListFirmwareResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::ListFirmware, request, &response).ok());
  ASSERT_EQ(response.versions_size(), 2);
  EXPECT_EQ(response.versions(0).version(), "v3");
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(*stub_, &Stub::ListFirmware, request, &response).ok());
  ASSERT_EQ(response.versions_size(), 1);
  EXPECT_EQ(response.versions(0).version(), "v1");
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(FirmwareServiceTest, RolloutGoesStageByStageToTheEnd) {
  AddDevices();
  MustUpload("v2");
  Rollout rollout;
  ASSERT_TRUE(Start(&rollout).ok());
  EXPECT_EQ(rollout.devices(), 10);
  EXPECT_EQ(rollout.offered(), 2);
  ASSERT_TRUE(store_->AdvanceRollouts(clock_.Now()).ok());
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().stage(), 1);  // nobody answered
  Answer(quality::v1::COMMAND_OUTCOME_IN_PROGRESS);
  const GetRolloutResponse downloading = Read(rollout.rollout_id());
  EXPECT_EQ(downloading.rollout().stage(), 1);
  EXPECT_EQ(downloading.updates(0).state(), "downloading");
  EXPECT_EQ(downloading.updates(0).bytes_received(), 500);
  EXPECT_EQ(downloading.updates(9).state(), "waiting");
  Answer(quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().stage(), 2);
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().offered(), 10);
  Answer(quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().state(), "completed");
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().installed(), 10);
}

TEST_F(FirmwareServiceTest, TheSameDevicesComeFirstEveryTime) {
  AddDevices();
  MustUpload("v2");
  MustUpload("v3");
  std::vector<std::string> first[2];
  for (int round = 0; round < 2; ++round) {
    Rollout rollout;
    ASSERT_TRUE(Start(&rollout, round == 0 ? "v2" : "v3").ok());
    const GetRolloutResponse response = Read(rollout.rollout_id());
    for (const auto& update : response.updates()) {
      if (update.stage() == 1) first[round].push_back(update.device_id());
    }
    ASSERT_TRUE(Change(&Stub::AbortRollout, rollout.rollout_id(), &rollout).ok());
  }
  EXPECT_EQ(first[0].size(), 2U);
  EXPECT_EQ(first[0], first[1]);
}

TEST_F(FirmwareServiceTest, TooManyRollBacksPauseItAndResumingAcceptsThem) {
  AddDevices();
  MustUpload("v2");
  Rollout rollout;
  ASSERT_TRUE(Start(&rollout).ok());
  Answer(quality::v1::COMMAND_OUTCOME_ROLLED_BACK, 1);  // 1 of 2 is more than 20 %
  Rollout paused = Read(rollout.rollout_id()).rollout();
  EXPECT_EQ(paused.state(), "paused");
  EXPECT_EQ(paused.changed_by(), "egi-server");
  EXPECT_THAT(paused.reason(), HasSubstr("1 of 2 devices refused the version or rolled back (limit 20 %)"));
  Answer(quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().stage(), 1);  // paused: no next stage
  ASSERT_TRUE(Change(&Stub::ResumeRollout, rollout.rollout_id(), &rollout).ok());
  EXPECT_EQ(rollout.state(), "running");
  EXPECT_EQ(rollout.changed_by(), "user:4");
  ASSERT_TRUE(store_->AdvanceRollouts(clock_.Now()).ok());
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().stage(), 2);
  Answer(quality::v1::COMMAND_OUTCOME_REFUSED, 3);  // 3 new ones of 10
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().state(), "paused");
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().failed(), 3);
}

TEST_F(FirmwareServiceTest, AbortWithdrawsWhatNobodyAnswered) {
  AddDevices();
  MustUpload("v2");
  Rollout rollout;
  ASSERT_TRUE(Start(&rollout).ok());
  ASSERT_TRUE(Change(&Stub::PauseRollout, rollout.rollout_id(), &rollout).ok());
  EXPECT_EQ(rollout.state(), "paused");
  ASSERT_TRUE(Change(&Stub::AbortRollout, rollout.rollout_id(), &rollout).ok());
  EXPECT_EQ(rollout.state(), "aborted");
  EXPECT_EQ(rollout.reason(), "night shift");
  const GetRolloutResponse response = Read(rollout.rollout_id());
  for (const auto& update : response.updates()) EXPECT_EQ(update.state(), "withdrawn") << update.device_id();
  const grpc::Status ended = Change(&Stub::ResumeRollout, rollout.rollout_id(), &rollout);
  EXPECT_EQ(Reason(ended), "ROLLOUT_ENDED");
  EXPECT_EQ(Reason(Change(&Stub::PauseRollout, 99, &rollout)), "ROLLOUT_NOT_FOUND");
}

TEST_F(FirmwareServiceTest, StartIsRefusedWithItsReason) {
  Rollout rollout;
  EXPECT_EQ(Reason(Start(&rollout)), "FIRMWARE_NOT_FOUND");
  MustUpload("v2");
  EXPECT_EQ(Reason(Start(&rollout)), "NO_DEVICES");
  AddDevices();
  ASSERT_TRUE(Start(&rollout).ok());
  MustUpload("v3");
  EXPECT_EQ(Reason(Start(&rollout, "v3")), "ROLLOUT_RUNNING");
  StartRolloutRequest request;
  request.set_site_code("XX");
  request.set_max_failed_pct(101);
  for (const int stage : {50, 20}) request.add_stages_pct(stage);
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::StartRollout, request, &rollout)),
              ElementsAre("version", "site_code", "started_by", "max_failed_pct", "stages_pct"));
}

TEST_F(FirmwareServiceTest, RetiredDeviceLeavesTheRollout) {
  AddDevices();
  MustUpload("v2");
  Rollout rollout;
  ASSERT_TRUE(Start(&rollout).ok());
  Sql("UPDATE sqal_devices SET status = 'retired' WHERE device_id IN (SELECT device_id FROM sqal_firmware_updates WHERE command_id IS NULL)");
  Answer(quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().state(), "completed");
  EXPECT_EQ(Read(rollout.rollout_id()).rollout().devices(), 2);
}

}  // namespace
}  // namespace egi::api
