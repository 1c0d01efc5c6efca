#include "server/api/quality/sample_file.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace egi::api {
namespace {

using quality::v1::SampleRecord;
using ::testing::HasSubstr;

SampleRecord MakeSample() {
  SampleRecord sample;
  sample.mutable_time()->set_seconds(1770109200);
  sample.mutable_time()->set_nanos(250'000'000);
  sample.set_sample_id("S-1, \"second\"");
  sample.mutable_lot_id()->set_value(311);
  sample.mutable_vl53l8ch_volume_mm3()->set_value(0.1);
  (*sample.mutable_as7341_channels())["F1_415nm"] = 402;
  sample.set_fusion_is_compliant(true);
  for (int row = 0; row < 2; ++row) {
    sample.add_vl53l8ch_distance_matrix()->add_values()->set_number_value(95.5 + row);
  }
  return sample;
}

// Cells of a line without quoted commas.
size_t Cells(const std::string& line) { return std::count(line.begin(), line.end(), ',') + 1; }

std::string Csv(const SampleRecord& sample, bool with_matrices) {
  std::string file;
  AppendSampleLine(sample, SampleFormat::kCsv, with_matrices, &file);
  return file;
}

TEST(SampleFile, CellsAreQuotedAsRfc4180AsksAndNullsAreEmpty) {
  EXPECT_THAT(Csv(MakeSample(), false), ::testing::StartsWith("2026-02-03T09:00:00.250Z,\"S-1, \"\"second\"\"\",,311,,,,,0.1,"));
}

TEST(SampleFile, EveryLineHasAsManyCellsAsTheHeader) {
  SampleRecord plain;
  EXPECT_EQ(Cells(SampleFileHeader(SampleFormat::kCsv, false)), Cells(Csv(plain, false)));
  EXPECT_EQ(Cells(SampleFileHeader(SampleFormat::kCsv, true)), Cells(Csv(plain, true)));
  EXPECT_EQ(Csv(plain, true).back(), '\n');
}

TEST(SampleFile, ChannelsAreColumnsAndMatricesJson) {
  const std::string header = SampleFileHeader(SampleFormat::kCsv, true);
  EXPECT_THAT(header, HasSubstr(",F1_415nm,F2_445nm,"));
  EXPECT_THAT(header, HasSubstr("vl53l8ch_distance_matrix"));
  EXPECT_THAT(SampleFileHeader(SampleFormat::kCsv, false), Not(HasSubstr("matrix")));
  EXPECT_THAT(Csv(MakeSample(), true), HasSubstr(",\"[[95.5],[96.5]]\","));
}

TEST(SampleFile, NdjsonLineReadsBackAsTheSample) {
  std::string file;
  AppendSampleLine(MakeSample(), SampleFormat::kNdjson, true, &file);
  AppendSampleLine(MakeSample(), SampleFormat::kNdjson, true, &file);
  const std::vector<std::string> lines = absl::StrSplit(file, '\n');
  ASSERT_EQ(lines.size(), 3u);
  SampleRecord read;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(lines[1], &read).ok());
  EXPECT_EQ(read.SerializeAsString(), MakeSample().SerializeAsString());
  EXPECT_EQ(SampleFileHeader(SampleFormat::kNdjson, true), "");
}

}  // namespace
}  // namespace egi::api
