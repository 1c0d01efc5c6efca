// Firmware updates: slots, trial, rollback, and a power cut at any byte that is written.
#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulators/station/firmware/controller.h"
#include "simulators/station/firmware/image.h"

namespace egi::station::firmware {
namespace {

using ::testing::HasSubstr;
using quality::v1::CommandResult;
using quality::v1::DeviceCommand;

constexpr int kCommand = 7;
constexpr char kDevice[] = "ESP32_LL_01";

// A flash whose power fails after a number of bytes and stays off until it is restored.
class FailingFlash : public MemoryFlash {
 public:
  void FailAfter(int64_t bytes) { left_ = bytes; }
  void Restore() { left_.reset(); }
  int64_t written() const { return written_; }

  absl::StatusOr<std::string> Read(const std::string& name) override { return off_() ? Off() : MemoryFlash::Read(name); }
  absl::StatusOr<int64_t> Size(const std::string& name) override {
    if (off_()) return Off();
    return MemoryFlash::Size(name);
  }
  absl::Status Append(const std::string& name, const std::string& bytes) override {
    const std::string kept = bytes.substr(0, Take(bytes.size()));
    if (absl::Status status = MemoryFlash::Append(name, kept); !status.ok()) return status;
    return kept.size() == bytes.size() ? absl::OkStatus() : Off();
  }
  absl::Status Replace(const std::string& name, const std::string& bytes) override {
    return Take(bytes.size()) == bytes.size() ? MemoryFlash::Replace(name, bytes) : Off();
  }
  absl::Status Remove(const std::string& name) override { return Take(1) == 1 ? MemoryFlash::Remove(name) : Off(); }

 private:
  static absl::Status Off() { return absl::InternalError("no power"); }
  bool off_() const { return left_ && *left_ <= 0; }
  size_t Take(size_t wanted) {
    const size_t taken = left_ ? std::min(wanted, static_cast<size_t>(std::max<int64_t>(0, *left_))) : wanted;
    written_ += static_cast<int64_t>(taken);
    if (left_) *left_ = taken < wanted ? 0 : *left_ - static_cast<int64_t>(taken);
    return taken;
  }

  std::optional<int64_t> left_;
  int64_t written_ = 0;
};

std::string Factory() { return *MakeImage("v1.2.3", "factory", true); }
std::string Payload() {
  std::string payload;
  for (int i = 0; i < 300; ++i) payload += static_cast<char>(i * 37);
  return payload;
}

DeviceCommand Offer(const std::string& image, const std::string& version, int command_id = kCommand) {
  DeviceCommand command;
  command.set_command_id(command_id);
  command.set_device_id(kDevice);
  command.mutable_firmware()->set_version(version);
  command.mutable_firmware()->set_size_bytes(static_cast<int64_t>(image.size()));
  command.mutable_firmware()->set_sha256(Sha256Hex(image));
  return command;
}

absl::StatusOr<std::unique_ptr<Controller>> Power(Flash& flash, std::function<absl::Status()> self_test = [] { return absl::OkStatus(); }) {
  return Controller::Create({.device_id = kDevice, .factory_image = Factory(), .knows_profile = [](const std::string&) { return true; }, .self_test = std::move(self_test)},
                            flash);
}

// Serves an image in pieces of 50 bytes and remembers the offsets asked for.
struct Server {
  std::string image;
  std::vector<int64_t> offsets = {};
  FetchImage Fetch() {
    return [this](const std::string&, int64_t offset) -> absl::StatusOr<std::string> {
      offsets.push_back(offset);
      return image.substr(static_cast<size_t>(offset), 50);
    };
  }
};

absl::Status RunUpdate(Controller& controller, const FetchImage& fetch) {
  for (int i = 0; i < 100 && controller.updating(); ++i) {
    if (auto stepped = controller.StepUpdate(fetch); !stepped.ok()) return stepped.status();
  }
  return absl::OkStatus();
}

CommandResult ResultOf(Controller& controller, const DeviceCommand& command) { return *controller.Handle(command); }

TEST(Image, HeaderIsReadBack) {
  const auto header = ReadImage(*MakeImage("v1.3.0", "payload", true));
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->version, "v1.3.0");
  EXPECT_TRUE(header->boots);
  EXPECT_FALSE(ReadImage(*MakeImage("v1.3.0", "", false))->boots);
}

TEST(Image, DamageIsNamed) {
  const std::string image = *MakeImage("v1.3.0", "payload", true);
  EXPECT_THAT(std::string(ReadImage("x" + image).status().message()), HasSubstr("EGIF"));
  EXPECT_THAT(std::string(ReadImage(image.substr(0, image.size() - 1)).status().message()), HasSubstr("6 bytes of payload"));
  EXPECT_FALSE(MakeImage("v 1", "", true).ok());
  EXPECT_FALSE(MakeImage(std::string(21, 'v'), "", true).ok());
}

TEST(Image, Sha256IsThatOfFips180) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Update, NewVersionRunsAfterItsTrial) {
  MemoryFlash flash;
  auto station = *Power(flash);
  EXPECT_EQ(station->version(), "v1.2.3");
  Server server{*MakeImage("v1.3.0", Payload(), true)};
  EXPECT_EQ(ResultOf(*station, Offer(server.image, "v1.3.0")).outcome(), quality::v1::COMMAND_OUTCOME_IN_PROGRESS);
  ASSERT_TRUE(RunUpdate(*station, server.Fetch()).ok());
  EXPECT_EQ(station->version(), "v1.3.0");
  EXPECT_EQ(ResultOf(*station, Offer(server.image, "v1.3.0")).outcome(), quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ((*Power(flash))->version(), "v1.3.0");  // and after the next power-on
}

TEST(Update, ProgressTellsTheBytes) {
  MemoryFlash flash;
  auto station = *Power(flash);
  Server server{*MakeImage("v1.3.0", Payload(), true)};
  ResultOf(*station, Offer(server.image, "v1.3.0"));
  ASSERT_TRUE(station->StepUpdate(server.Fetch()).ok());
  EXPECT_EQ(ResultOf(*station, Offer(server.image, "v1.3.0")).bytes_received(), 50);
}

TEST(Update, ImageThatDoesNotBootIsRolledBack) {
  MemoryFlash flash;
  auto station = *Power(flash);
  Server server{*MakeImage("v1.3.0", Payload(), false)};
  ResultOf(*station, Offer(server.image, "v1.3.0"));
  ASSERT_TRUE(RunUpdate(*station, server.Fetch()).ok());
  EXPECT_EQ(station->version(), "v1.2.3");
  const CommandResult result = ResultOf(*station, Offer(server.image, "v1.3.0"));
  EXPECT_EQ(result.outcome(), quality::v1::COMMAND_OUTCOME_ROLLED_BACK);
  EXPECT_THAT(result.message(), HasSubstr("does not boot"));
  EXPECT_EQ((*Power(flash))->version(), "v1.2.3");
}

TEST(Update, FirmwareUnderWhichTheSensorsFailIsRolledBack) {
  MemoryFlash flash;
  bool fail_next = false;
  auto station = *Power(flash, [&fail_next] {
    if (!std::exchange(fail_next, false)) return absl::OkStatus();
    return absl::NotFoundError("no AS7341 on the I2C bus");
  });
  Server server{*MakeImage("v1.3.0", Payload(), true)};
  ResultOf(*station, Offer(server.image, "v1.3.0"));
  fail_next = true;
  ASSERT_TRUE(RunUpdate(*station, server.Fetch()).ok());
  EXPECT_EQ(station->version(), "v1.2.3");
  EXPECT_THAT(ResultOf(*station, Offer(server.image, "v1.3.0")).message(), HasSubstr("AS7341"));
}

TEST(Update, OtherBytesThanOfferedAreRefused) {
  MemoryFlash flash;
  auto station = *Power(flash);
  Server server{*MakeImage("v1.3.0", Payload(), true)};
  const DeviceCommand offer = Offer(server.image, "v1.3.0");
  server.image.back() ^= 1;
  ResultOf(*station, offer);
  ASSERT_TRUE(RunUpdate(*station, server.Fetch()).ok());
  const CommandResult result = ResultOf(*station, offer);
  EXPECT_EQ(result.outcome(), quality::v1::COMMAND_OUTCOME_REFUSED);
  EXPECT_THAT(result.message(), HasSubstr("SHA-256"));
  EXPECT_EQ(station->version(), "v1.2.3");
}

TEST(Update, ImageOfAnotherVersionOrNoImageIsRefused) {
  MemoryFlash flash;
  auto station = *Power(flash);
  Server other{*MakeImage("v9", Payload(), true)}, text{"just a text"};
  ResultOf(*station, Offer(other.image, "v1.3.0", 1));
  ASSERT_TRUE(RunUpdate(*station, other.Fetch()).ok());
  EXPECT_THAT(ResultOf(*station, Offer(other.image, "v1.3.0", 1)).message(), HasSubstr("v9"));
  ResultOf(*station, Offer(text.image, "v1.3.0", 2));
  ASSERT_TRUE(RunUpdate(*station, text.Fetch()).ok());
  EXPECT_EQ(ResultOf(*station, Offer(text.image, "v1.3.0", 2)).outcome(), quality::v1::COMMAND_OUTCOME_REFUSED);
}

TEST(Update, VersionTheServerDoesNotKnowEndsTheUpdateAndAnUnreachableServerDoesNot) {
  MemoryFlash flash;
  auto station = *Power(flash);
  const DeviceCommand offer = Offer(*MakeImage("v1.3.0", "", true), "v1.3.0");
  ResultOf(*station, offer);
  EXPECT_FALSE(station->StepUpdate([](const std::string&, int64_t) { return absl::UnavailableError("away"); }).ok());
  EXPECT_TRUE(station->updating());
  EXPECT_TRUE(station->StepUpdate([](const std::string&, int64_t) { return absl::NotFoundError("no version v1.3.0"); }).ok());
  EXPECT_FALSE(station->updating());
  EXPECT_EQ(ResultOf(*station, offer).outcome(), quality::v1::COMMAND_OUTCOME_REFUSED);
}

TEST(Update, PowerCutDuringTheDownloadResumesWhereItEnded) {
  MemoryFlash flash;
  Server server{*MakeImage("v1.3.0", Payload(), true)};
  {
    auto station = *Power(flash);
    ResultOf(*station, Offer(server.image, "v1.3.0"));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(station->StepUpdate(server.Fetch()).ok());
  }
  server.offsets.clear();
  auto station = *Power(flash);
  EXPECT_TRUE(station->updating());
  ASSERT_TRUE(RunUpdate(*station, server.Fetch()).ok());
  EXPECT_EQ(server.offsets.front(), 150);
  EXPECT_EQ(station->version(), "v1.3.0");
}

// The whole life of an update with the power failing after every possible number of bytes: the station always starts again, with one of the two
// versions, and the update always ends: installed, except where the power failed in every trial boot (it cannot here: it fails once).
TEST(Update, PowerCutAtAnyByteNeverBricksTheStationAndNeverLosesTheUpdate) {
  const std::string image = *MakeImage("v1.3.0", Payload(), true);
  const DeviceCommand offer = Offer(image, "v1.3.0");
  int64_t total = 0;
  {
    FailingFlash flash;
    auto station = *Power(flash);
    const int64_t before = flash.written();
    Server server{image};
    ResultOf(*station, offer);
    ASSERT_TRUE(RunUpdate(*station, server.Fetch()).ok());
    total = flash.written() - before;
  }
  ASSERT_GT(total, static_cast<int64_t>(2 * image.size()));
  for (int64_t cut = 0; cut < total; ++cut) {
    FailingFlash flash;
    Server server{image};
    {
      auto station = *Power(flash);
      flash.FailAfter(cut);
      if (station->Handle(offer).ok()) RunUpdate(*station, server.Fetch()).IgnoreError();
    }
    flash.Restore();
    auto station = Power(flash);
    ASSERT_TRUE(station.ok()) << cut << " " << station.status();
    ASSERT_THAT((*station)->version(), ::testing::AnyOf("v1.2.3", "v1.3.0")) << cut;
    ASSERT_TRUE((*station)->Handle(offer).ok()) << cut;  // the server sends again what was not answered
    ASSERT_TRUE(RunUpdate(**station, server.Fetch()).ok()) << cut;
    ASSERT_EQ((*station)->version(), "v1.3.0") << cut;
    ASSERT_EQ(ResultOf(**station, offer).outcome(), quality::v1::COMMAND_OUTCOME_APPLIED) << cut;
  }
}

}  // namespace
}  // namespace egi::station::firmware
