// Register map and frame layout of the VL53L8CH as its data sheet (DS13754), user manuals (UM2884, UM3109) and open drivers give them. Facts shared by
// the model of the part and the driver; neither includes the other.
#ifndef EGI_SIMULATORS_STATION_VL53L8CH_REGISTERS_H_
#define EGI_SIMULATORS_STATION_VL53L8CH_REGISTERS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace egi::station::vl53l8ch {

inline constexpr uint8_t kAddress = 0x29;  // 0x52 in 8 bits
inline constexpr int kZones = 64;

// A register index has 16 bits, high byte first; the page register stands on every page.
inline constexpr uint16_t kPage = 0x7FFF;

// Page 0.
inline constexpr uint16_t kDeviceId = 0x00;    // 0xF0
inline constexpr uint16_t kRevisionId = 0x01;  // 0x0C on the L8, 0x02 on the L5
inline constexpr uint16_t kGo2Status0 = 0x06;  // bit 7: the processor has answered
inline constexpr uint16_t kGo2Status1 = 0x07;  // bit 0: it runs
inline constexpr uint16_t kPower = 0x09;       // 0x04 idle, 0x05 ranging allowed
inline constexpr uint16_t kMcuRun = 0x0B;      // 0 holds the processor, 1 lets it boot
inline constexpr uint16_t kHostAccess = 0x0C;
inline constexpr uint16_t kStopArm = 0x15, kStop = 0x14;  // 0x16 then 0x01 stop the ranging
inline constexpr uint8_t kDeviceIdValue = 0xF0, kRevisionIdValue = 0x0C;

// The firmware: pages 9, 10 and 11, from register 0.
inline constexpr std::array<size_t, 3> kFirmwarePages = {0x8000, 0x8000, 0x5000};
inline constexpr int kFirstFirmwarePage = 0x09;
inline constexpr size_t kFirmwareBytes = 0x8000 + 0x8000 + 0x5000;  // 84 KiB

// Page 2: the running firmware.
inline constexpr uint16_t kFrame = 0x0000;      // stream count, then the whole frame
inline constexpr uint16_t kCommandStatus = 0x2C00;
inline constexpr uint16_t kCommandData = 0x2C04;
inline constexpr uint16_t kConfiguration = 0x2C34;
inline constexpr uint16_t kCrosstalk = 0x2CF8;
inline constexpr uint16_t kOffsets = 0x2E18;
inline constexpr uint16_t kReadNvm = 0x2FD8;
inline constexpr uint16_t kCommandEnd = 0x2FFF;  // commands are written so that they end here
inline constexpr size_t kConfigurationBytes = 972, kCrosstalkBytes = 776, kOffsetBytes = 488, kNvmBytes = 492, kNvmCommandBytes = 40;
inline constexpr uint8_t kNvmDone = 0x02, kCommandDone = 0x03;

// Device configuration items, by index.
inline constexpr uint16_t kZoneConfig = 0x5450;       // bytes 0 and 1: columns and rows
inline constexpr uint16_t kFrequency = 0x5458;        // byte 1: frames a second, 1..15 at 8x8
inline constexpr uint16_t kIntegrationTime = 0x545C;  // microseconds, 2000..1000000
inline constexpr uint16_t kHistogram = 0xC048;        // CNH

// A frame: 16 bytes, blocks, 4 bytes of footer; every 32-bit word comes with its bytes reversed. A block begins with
// {type : 4, size : 12, index : 16}; it holds type * size bytes when 1 < type < 13, else size bytes.
inline constexpr size_t kFrameHeaderBytes = 16, kFrameFooterBytes = 4;
inline constexpr uint16_t kMetadata = 0x54B4, kAmbient = 0x54D0, kSpads = 0x55D0, kTargets = 0xDB84, kSignal = 0xDBC4, kSigma = 0xDEC4,
                          kDistance = 0xDF44, kReflectance = 0xE044, kStatus = 0xE084;
inline constexpr size_t kMetadataBytes = 12;
inline constexpr size_t kTemperatureAt = 8;  // in the metadata: degrees Celsius, int8
inline constexpr size_t kFrameBytes = kFrameHeaderBytes + (4 + kMetadataBytes) + 3 * (4 + 4 * kZones) + 2 * (4 + 2 * kZones) +
                                      3 * (4 + kZones) + kFrameFooterBytes;

// Steps of the figures in a frame.
inline constexpr double kDistanceSteps = 4, kSigmaSteps = 128, kSignalSteps = 2048, kAmbientSteps = 2048, kReflectanceSteps = 2;

// Target status codes (UM3109).
inline constexpr uint8_t kStatusSignalLow = 1, kStatusConsistency = 4, kStatusValid = 5, kStatusNoWrapCheck = 6, kStatusLargePulse = 9,
                         kStatusNoneBefore = 10, kStatusNoTarget = 255;

// Histograms: at most this many bytes a block, at most 64 aggregates; native bins are 37.5348 mm wide.
inline constexpr size_t kHistogramBytes = 6160;
inline constexpr double kNativeBinMm = 37.5348;
inline constexpr int kNativeBins = 18;  // what fits for 64 aggregates

}  // namespace egi::station::vl53l8ch

#endif  // EGI_SIMULATORS_STATION_VL53L8CH_REGISTERS_H_
