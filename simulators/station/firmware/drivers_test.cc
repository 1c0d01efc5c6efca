// The drivers and what stands on them, against ports scripted byte by byte: what they do when the bus or a part misbehaves.
#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "simulators/station/firmware/frame_average.h"
#include "simulators/station/firmware/histogram_summary.h"
#include "simulators/station/firmware/instrument.h"

namespace egi::station::firmware {
namespace {

class CountingClock : public Clock {
 public:
  absl::Duration Uptime() const override { return now_; }
  void Wait(absl::Duration duration) override { now_ += duration; }

 private:
  absl::Duration now_ = absl::ZeroDuration();
};

// Refuses a number of transfers, then answers reads with a constant.
class StubbornPort : public i2c::Port {
 public:
  int refusals = 0;
  uint8_t answer = 0;
  int transfers = 0;

  absl::Status Write(i2c::Address, const uint8_t*, size_t) override {
    ++transfers;
    return refusals-- > 0 ? absl::UnavailableError("NACK") : absl::OkStatus();
  }
  absl::Status WriteRead(i2c::Address, const uint8_t*, size_t, uint8_t* bytes, size_t count) override {
    ++transfers;
    if (refusals-- > 0) return absl::UnavailableError("NACK");
    std::fill(bytes, bytes + count, answer);
    return absl::OkStatus();
  }
};

TEST(Transfers, ThreeRetriesAndNoMore) {
  StubbornPort port;
  Transfers transfers(port);
  port.refusals = 3;
  EXPECT_TRUE(transfers.Write(0x29, nullptr, 0).ok());
  EXPECT_EQ(transfers.nacks(), 3);
  EXPECT_EQ(transfers.given_up(), 0);
  port.refusals = 4;
  EXPECT_EQ(transfers.Write(0x29, nullptr, 0).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(transfers.nacks(), 7);
  EXPECT_EQ(transfers.given_up(), 1);
  EXPECT_EQ(port.transfers, 8);
}

TEST(TofDriver, OtherPartsAreNotBooted) {
  StubbornPort port;
  port.answer = 0xEA;
  CountingClock clock;
  Transfers transfers(port);
  EXPECT_EQ(TofDriver(transfers, clock).Boot().code(), absl::StatusCode::kNotFound);
}

TEST(TofDriver, FrameThatNeverComesEndsAtItsDeadline) {
  StubbornPort port;
  port.answer = 255;  // stream count: no frame
  CountingClock clock;
  Transfers transfers(port);
  EXPECT_EQ(TofDriver(transfers, clock).NextFrame(absl::Milliseconds(150)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(clock.Uptime(), absl::Milliseconds(150));
  EXPECT_LT(clock.Uptime(), absl::Milliseconds(200));
}

TEST(SpectralDriver, DataThatNeverComesEndsAfterTheIntegrationAndAGrace) {
  StubbornPort port;
  CountingClock clock;
  Transfers transfers(port);
  EXPECT_EQ(SpectralDriver(transfers, clock).Measure(100, 4).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(clock.Uptime(), absl::Milliseconds(300));
}

TEST(SpectralDriver, GainThePartDoesNotHaveIsAnError) {
  StubbornPort port;
  CountingClock clock;
  Transfers transfers(port);
  EXPECT_EQ(SpectralDriver(transfers, clock).Measure(100, 3).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(DecodeFrame, HeaderAndFooterMustAgree) {
  std::vector<uint8_t> bytes(64);
  bytes[8 + 2] = 1;  // word-swapped byte 9
  EXPECT_EQ(DecodeFrame(bytes).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeFrame(std::vector<uint8_t>(64)).status().code(), absl::StatusCode::kDataLoss);  // no blocks
  EXPECT_EQ(DecodeFrame({}).status().code(), absl::StatusCode::kDataLoss);
}

RawFrame FrameAt(double mm, uint8_t status) {
  RawFrame frame;
  frame.distance_mm.fill(mm);
  frame.signal_kcps.fill(1000);
  frame.reflectance_pct.fill(50);
  frame.status.fill(status);
  frame.temperature_c = 25;
  return frame;
}

TEST(FrameAverage, OnlyTrustedZonesCount) {
  FrameAverage average;
  average.Add(FrameAt(90, 5));
  average.Add(FrameAt(92, 5));
  average.Add(FrameAt(400, 4));  // consistency failed
  const quality::v1::TofFrame mean = average.Mean(0);
  EXPECT_EQ(mean.distance_mm(0), 91);
  EXPECT_EQ(mean.target_status(0), 5);
  EXPECT_EQ(mean.frames_averaged(), 3);
}

TEST(FrameAverage, ZoneThatIsMostlyUntrustedHasNoTarget) {
  FrameAverage average;
  average.Add(FrameAt(90, 5));
  average.Add(FrameAt(90, 1));
  average.Add(FrameAt(90, 3));
  EXPECT_EQ(average.Mean(0).target_status(0), 255);
}

TEST(FrameAverage, HalfTrustedStatusIsTold) {
  FrameAverage average;
  average.Add(FrameAt(90, 9));
  average.Add(FrameAt(90, 9));
  average.Add(FrameAt(90, 5));
  EXPECT_EQ(average.Mean(0).target_status(0), 9);
}

TEST(FrameAverage, OffsetIsSubtractedAndDistancesAreNeverNegative) {
  FrameAverage average;
  average.Add(FrameAt(2, 5));
  EXPECT_EQ(average.Mean(1.5).distance_mm(0), 0.5);
  EXPECT_EQ(average.Mean(5).distance_mm(0), 0);
}

std::vector<double> Pulses(std::initializer_list<std::pair<double, double>> centre_and_height) {
  std::vector<double> bins(128);
  for (const auto& [centre, height] : centre_and_height) {
    for (int i = 0; i < 128; ++i) bins[static_cast<size_t>(i)] += height * std::exp(-0.5 * (i - centre) * (i - centre) / 2.25);
  }
  return bins;
}

TEST(Histograms, PeaksAreCounted) {
  EXPECT_EQ(CountPeaks(Pulses({{60, 100}})), 1);
  EXPECT_EQ(CountPeaks(Pulses({{60, 100}, {80, 50}})), 2);
  EXPECT_EQ(CountPeaks(Pulses({{60, 100}, {80, 10}})), 1);  // below 0.18 of the greatest
  EXPECT_EQ(CountPeaks(std::vector<double>(128)), 0);
}

TEST(Histograms, SummaryTellsDistanceAndSecondEchoes) {
  std::vector<std::vector<double>> zones(64, Pulses({{75, 100}}));
  zones[3] = Pulses({{75, 100}, {100, 60}});
  const auto summary = SummariseHistograms(zones, 1.2);
  EXPECT_EQ(summary.fields().at("multi_peak_count").number_value(), 1);
  EXPECT_NEAR(summary.fields().at("peak_distance_mm").number_value(), 90, 1e-9);
  EXPECT_EQ(summary.fields().at("n_bins").number_value(), 128);
  // A Gaussian of 1.5 bins: maximum / sum = 1 / (1.5 * sqrt(2 pi)).
  EXPECT_NEAR(summary.fields().at("signal_quality").number_value(), 0.266, 0.003);
}

}  // namespace
}  // namespace egi::station::firmware
