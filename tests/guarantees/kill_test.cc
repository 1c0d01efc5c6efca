// Durable, Unique, Ordered, Complete: server, gateway and database are killed in turn while samples stream in and subscribers follow.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "clients/cpp/producer.h"
#include "gtest/gtest.h"
#include "tests/guarantees/follower.h"
#include "tests/guarantees/platform.h"
#include "tests/load/sample_pool.h"

namespace egi::guarantees {
namespace {

constexpr int kProducers = 3;
constexpr int kKills = 21;
constexpr int64_t kItemsPerProducer = 8000;
constexpr absl::Duration kRecovery = absl::Seconds(60);

// A station that sends its samples 1 .. kItemsPerProducer through the client library, spool and all.
class Station {
 public:
  Station(const Platform& platform, int number) : device_(absl::StrFormat("ESP32_LL_K%d", number)), batch_(device_, 1) {
    client::SampleProducer::Options options;
    options.server = platform.server();
    options.producer_id = device_;
    options.spool_dir = absl::StrCat(platform.directory(), "/spool-", device_);
    options.when_full = client::WhenFull::kBlock;
    options.backoff.initial = absl::Milliseconds(50);
    options.backoff.max = absl::Seconds(1);
    auto producer = client::SampleProducer::Create(options, {.on_rejected = [this](int64_t, const quality::v1::Sample& sample, const absl::Status& why) {
                                                     ADD_FAILURE() << sample.sample_id() << " refused: " << why;
                                                     ++rejected_;
                                                   }});
    EXPECT_TRUE(producer.ok()) << producer.status();
    producer_ = *std::move(producer);
  }

  // Sends item after item so that `progress` (0..1) of them are sent when that much of the kills is done.
  void Run(const std::atomic<int>& kills) {
    for (int64_t sequence = 1; sequence <= kItemsPerProducer; ++sequence) {
      while (sequence > kItemsPerProducer * (kills + 1) / (kKills + 1)) absl::SleepFor(absl::Milliseconds(2));
      const auto sent = producer_->Send(batch_.Renew(sequence, absl::Now()).batch().samples(0));
      ASSERT_TRUE(sent.ok()) << sent.status();
    }
  }

  absl::Status Flush() { return producer_->Flush(kRecovery); }
  int64_t acked() const { return producer_->stats().acked; }
  const std::string& device() const { return device_; }

 private:
  const std::string device_;
  load::ReusableBatch batch_;
  std::atomic<int> rejected_ = 0;
  std::unique_ptr<client::SampleProducer> producer_;
};

std::vector<std::string> ReadFollowed(const std::string& file) {
  std::vector<std::string> samples;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::pair<std::string, std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (absl::StartsWith(words.second, "ESP32_LL_K")) samples.push_back(words.second);
  }
  return samples;
}

// Every producer's samples 1 .. kItemsPerProducer, each once and in order.
void ExpectCompleteAndOrdered(const std::vector<std::string>& samples, const std::string& who) {
  std::map<std::string, int64_t> last;
  int disorders = 0;
  for (const std::string& id : samples) {
    const size_t cut = id.rfind('_');
    int64_t sequence = 0;
    ASSERT_TRUE(absl::SimpleAtoi(id.substr(cut + 1), &sequence)) << id;
    int64_t& before = last[id.substr(0, cut)];
    if (sequence != before + 1 && ++disorders < 10) ADD_FAILURE() << who << " saw " << id << " after sequence " << before;
    before = sequence;
  }
  EXPECT_EQ(disorders, 0) << who;
  EXPECT_EQ(last.size(), static_cast<size_t>(kProducers)) << who;
  for (const auto& [device, sequence] : last) EXPECT_EQ(sequence, kItemsPerProducer) << who << " " << device;
  EXPECT_EQ(static_cast<int64_t>(samples.size()), kProducers * kItemsPerProducer) << who;
}

bool WaitUntil(absl::Duration timeout, const std::function<bool()>& condition) {
  for (const absl::Time deadline = absl::Now() + timeout; absl::Now() < deadline; absl::SleepFor(absl::Milliseconds(10))) {
    if (condition()) return true;
  }
  return condition();
}

TEST(KillTest, NothingAcknowledgedIsLostStoredTwiceOrMissedByAResumingSubscriber) {
  auto created = Platform::Create();
  ASSERT_TRUE(created.ok()) << created.status();
  Platform& platform = **created;

  Follower follower(platform.server());
  const std::string followed = platform.directory() + "/wsfollow.out";
  auto socket = testing::ChildProcess::Create(
      {.command = {"sh", "-c", absl::StrCat("exec ", testing::Runfile("tests/sockets/wsfollow"), " --gateway ", platform.gateway(), " 2>", followed, ".err")}, .log_file = followed});
  ASSERT_TRUE(socket.ok()) << socket.status();
  ASSERT_TRUE(WaitUntil(absl::Seconds(10), [&] { return testing::RunCommand(absl::StrCat("grep -q connected ", followed, ".err")).ok(); })) << "wsfollow did not connect";

  std::vector<std::unique_ptr<Station>> stations;
  for (int i = 0; i < kProducers; ++i) stations.push_back(std::make_unique<Station>(platform, i));
  std::atomic<int> kills = 0;
  std::vector<std::thread> threads;
  for (auto& station : stations) threads.emplace_back([&kills, station = station.get()] { station->Run(kills); });

  const auto acked = [&] {
    int64_t sum = 0;
    for (const auto& station : stations) sum += station->acked();
    return sum;
  };
  // A part dies only when samples flow, so that every kill hits something in flight.
  for (; kills < kKills; ++kills) {
    const int64_t before = acked();
    const Part part = static_cast<Part>(kills % 3);
    EXPECT_TRUE(WaitUntil(kRecovery, [&] { return acked() > before + 100; })) << "no progress before kill " << kills << " of the " << PartName(part);
    const absl::Status killed = platform.KillAndRestart(part);
    EXPECT_TRUE(killed.ok()) << killed;
  }
  for (std::thread& thread : threads) thread.join();
  for (auto& station : stations) EXPECT_TRUE(station->Flush().ok()) << station->device();

  constexpr int64_t kTotal = kProducers * kItemsPerProducer;
  EXPECT_EQ(acked(), kTotal);
  ASSERT_TRUE(platform.WaitUntilReady(kRecovery).ok());
  EXPECT_EQ(platform.Query("SELECT count(*), count(DISTINCT (device_id, sample_id)) FROM sqal_sensor_samples WHERE device_id LIKE 'ESP32_LL_K%'").value_or("?"),
            absl::StrCat(kTotal, "|", kTotal));
  EXPECT_EQ(platform.Query("SELECT sum(sample_count) FROM sqal_hourly_stats WHERE device_id LIKE 'ESP32_LL_K%'").value_or("?"), absl::StrCat(kTotal));
  EXPECT_EQ(platform.Query("SELECT count(*) FROM rejected_messages").value_or("?"), "0");

  WaitUntil(kRecovery, [&] { return static_cast<int64_t>(follower.count()) >= kTotal; });
  ExpectCompleteAndOrdered(follower.samples(), "gRPC subscriber");
  EXPECT_GE(follower.reconnects(), kKills / 3) << "the server was killed, so the subscriber must have reconnected";
  WaitUntil(kRecovery, [&] { return static_cast<int64_t>(ReadFollowed(followed).size()) >= kTotal; });
  ExpectCompleteAndOrdered(ReadFollowed(followed), "WebSocket subscriber");
  RecordProperty("kills", kKills);
  RecordProperty("items", static_cast<int>(kTotal));
}

}  // namespace
}  // namespace egi::guarantees
