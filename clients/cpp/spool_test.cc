// The disk spool: what survives truncation at every byte, damage, and kill -9.
#include "clients/cpp/spool.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "clients/cpp/spool_record.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::client {
namespace {

using ::testing::HasSubstr;

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = ::testing::TempDir() + "/spool.XXXXXX";
    dir_ = mkdtemp(pattern.data());
    options_ = {dir_ + "/s", "station-1", "sample", 1 << 20, SyncPolicy::kBeforeSend};
  }
  ~SpoolTest() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<Spool> Open() {
    auto spool = Spool::Create(options_);
    EXPECT_TRUE(spool.ok()) << spool.status();
    return spool.ok() ? std::move(*spool) : nullptr;
  }

  static std::vector<std::string> ReadAll(Spool* spool, int at_once = 7) {
    std::vector<std::string> all, some;
    for (int64_t index = spool->first_index(); index <= spool->last_index(); index += static_cast<int64_t>(some.size())) {
      EXPECT_TRUE(spool->Read(index, at_once, 1 << 20, &some).ok());
      if (some.empty()) break;
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  std::string SegmentPath(int64_t first) const { return absl::StrCat(options_.dir, "/", absl::Dec(first, absl::kZeroPad20), ".seg"); }

  static void WriteTo(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

  std::string dir_;
  Spool::Options options_;
};

TEST_F(SpoolTest, NumbersItemsFromOneAndReadsThemBack) {
  auto spool = Open();
  EXPECT_EQ(spool->last_index(), 0);
  EXPECT_EQ(*spool->Append("a"), 1);
  EXPECT_EQ(*spool->Append(""), 2);
  EXPECT_EQ(*spool->Append(std::string(5000, 'z')), 3);
  EXPECT_EQ(ReadAll(spool.get()), (std::vector<std::string>{"a", "", std::string(5000, 'z')}));
}

TEST_F(SpoolTest, ReopenedSpoolGoesOnWithItsNumbersAndBase) {
  {
    auto spool = Open();
    ASSERT_TRUE(spool->Append("a").ok());
    ASSERT_TRUE(spool->Bind(17).ok());
  }
  auto spool = Open();
  EXPECT_EQ(spool->base(), 17);
  EXPECT_EQ(*spool->Append("b"), 2);
  EXPECT_EQ(ReadAll(spool.get()), (std::vector<std::string>{"a", "b"}));
}

TEST_F(SpoolTest, SpoolOfAnotherProducerOrKindIsRefused) {
  { Open(); }
  options_.producer_id = "station-2";
  absl::Status status = Spool::Create(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("station-1"));
  options_.producer_id = "station-1";
  options_.kind = "meal";
  EXPECT_EQ(Spool::Create(options_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SpoolTest, SecondUserOfAFolderIsRefused) {
  auto spool = Open();
  const absl::Status status = Spool::Create(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("in use"));
}

TEST_F(SpoolTest, SegmentsAreDeletedWhenAcknowledgedAndTheNumberingSurvives) {
  options_.limit_bytes = 64 << 10;
  {
    auto spool = Open();
    for (int round = 0; round < 200; ++round) {
      const auto index = spool->Append(std::string(4000, 'x'));
      ASSERT_TRUE(index.ok()) << index.status();
      ASSERT_TRUE(spool->DropThrough(*index).ok());
      ASSERT_LE(spool->bytes(), 64 << 10);
    }
    EXPECT_GT(spool->first_index(), 190);
  }
  EXPECT_EQ(*Open()->Append("y"), 201);
}

TEST_F(SpoolTest, FullSpoolRefusesAndKeepsWhatItHas) {
  options_.limit_bytes = 64 << 10;
  auto spool = Open();
  int accepted = 0;
  while (spool->Append(std::string(1000, 'x')).ok()) ++accepted;
  EXPECT_EQ(spool->Append(std::string(1000, 'x')).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(spool->last_index(), accepted);
  EXPECT_EQ(ReadAll(spool.get()).size(), accepted);
  EXPECT_EQ(spool->Append(std::string(64 << 10, 'x')).status().code(), absl::StatusCode::kInvalidArgument) << "never fits";
}

TEST_F(SpoolTest, DroppedItemCannotBeReadSilently) {
  options_.limit_bytes = 64 << 10;
  auto spool = Open();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(spool->Append(std::string(4000, 'x')).ok());
  ASSERT_TRUE(spool->DropThrough(8).ok());
  ASSERT_GT(spool->first_index(), 1);
  std::vector<std::string> items;
  EXPECT_EQ(spool->Read(1, 1, 1000, &items).code(), absl::StatusCode::kDataLoss);
}

// Property: cut after any byte, the spool holds exactly the records that were complete, and goes on behind them.
TEST_F(SpoolTest, TruncationAtEveryByteKeepsExactlyTheCompleteRecords) {
  std::vector<std::string> items;
  std::vector<size_t> ends = {0};
  std::string whole;
  std::mt19937 random(7);
  for (int i = 1; i <= 12; ++i) {
    std::string item(random() % 40, '\0');
    for (char& c : item) c = static_cast<char>(random() % 4);  // Many zero bytes, as in a real header.
    items.push_back(item);
    whole += EncodeRecord(i, item);
    ends.push_back(whole.size());
  }
  { Open(); }
  for (size_t length = 0; length <= whole.size(); ++length) {
    WriteTo(SegmentPath(1), whole.substr(0, length));
    const size_t complete = std::upper_bound(ends.begin(), ends.end(), length) - ends.begin() - 1;
    auto spool = Open();
    ASSERT_NE(spool, nullptr) << "cut at " << length;
    ASSERT_EQ(spool->last_index(), static_cast<int64_t>(complete)) << "cut at " << length;
    ASSERT_EQ(*spool->Append("next"), static_cast<int64_t>(complete) + 1);
    std::vector<std::string> expected(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(complete));
    expected.push_back("next");
    ASSERT_EQ(ReadAll(spool.get(), 1 + static_cast<int>(length % 5)), expected) << "cut at " << length;
  }
}

// Property: a changed bit before the last record is never taken for a torn end.
TEST_F(SpoolTest, DamageBeforeIntactRecordsIsDataLossAtEveryByte) {
  std::string whole;
  size_t last = 0;
  for (int i = 1; i <= 6; ++i) {
    last = whole.size();
    whole += EncodeRecord(i, absl::StrCat("item number ", i));
  }
  { Open(); }
  for (size_t at = 0; at < last; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    WriteTo(SegmentPath(1), damaged);
    ASSERT_EQ(Spool::Create(options_).status().code(), absl::StatusCode::kDataLoss) << "damaged at " << at;
    ASSERT_EQ(std::filesystem::file_size(SegmentPath(1)), whole.size()) << "nothing may be cut";
  }
}

TEST_F(SpoolTest, MissingSegmentIsDataLoss) {
  options_.limit_bytes = 64 << 10;
  {
    auto spool = Open();
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(spool->Append(std::string(4000, 'x')).ok());
  }
  std::filesystem::remove(SegmentPath(5));
  const absl::Status status = Spool::Create(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("items 5 to 8 are missing"));
}

// A child appends and tells each number it was given; killed at any moment, nothing it told may be missing.
TEST_F(SpoolTest, KilledProcessLosesNothingItWasTold) {
  { Open(); }
  int64_t told_before = 0;
  for (int round = 0; round < 10; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_ends[0]);
      auto spool = Spool::Create(options_);
      if (!spool.ok()) _exit(3);
      for (;;) {
        const auto index = (*spool)->Append(absl::StrCat("item ", (*spool)->last_index() + 1));
        const int64_t told = index.ok() ? *index : -1;
        if (write(pipe_ends[1], &told, sizeof(told)) != sizeof(told) || told < 0) _exit(4);
      }
    }
    close(pipe_ends[1]);
    int64_t told = 0;
    for (int i = 0; i < 50 + 37 * round; ++i) ASSERT_EQ(read(pipe_ends[0], &told, sizeof(told)), static_cast<ssize_t>(sizeof(told)));
    kill(child, SIGKILL);
    for (int64_t more; read(pipe_ends[0], &more, sizeof(more)) == static_cast<ssize_t>(sizeof(more));) told = more;
    close(pipe_ends[0]);
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFSIGNALED(state));

    auto spool = Open();
    ASSERT_GE(spool->last_index(), told);
    ASSERT_LE(spool->last_index(), told + 1) << "at most the one it had not told yet";
    ASSERT_GT(told, told_before);
    const std::vector<std::string> items = ReadAll(spool.get(), 100);
    ASSERT_EQ(static_cast<int64_t>(items.size()), spool->last_index());
    for (size_t i = 0; i < items.size(); ++i) ASSERT_EQ(items[i], absl::StrCat("item ", i + 1));
    told_before = told;
  }
}

}  // namespace
}  // namespace egi::client
