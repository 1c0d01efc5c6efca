// Register map of the AS7341 as its data sheet (DS000504) and application notes give it. Facts shared by the model of the part and the
// driver; neither includes the other.
#ifndef EGI_SIMULATORS_STATION_AS7341_REGISTERS_H_
#define EGI_SIMULATORS_STATION_AS7341_REGISTERS_H_

#include <array>
#include <cstdint>

namespace egi::station::as7341 {

inline constexpr uint8_t kAddress = 0x39;

// A register index has 8 bits. 0x00..0x13: the switch matrix (SMUX) while it is written.
inline constexpr int kSmuxBytes = 20;
inline constexpr uint8_t kConfig = 0x70;       // only with REG_BANK; bit 3 gives the LED to the part
inline constexpr uint8_t kLed = 0x74;          // only with REG_BANK; bit 7 on, bits 6:0 current = 4 + 2 n mA, 4..258
inline constexpr uint8_t kEnable = 0x80;       // PON b0, SP_EN b1, WEN b3, SMUXEN b4, FDEN b6
inline constexpr uint8_t kAtime = 0x81;
inline constexpr uint8_t kId = 0x92;           // 0b001001 in bits 7:2
inline constexpr uint8_t kAStatus = 0x94;      // reading it latches the data: saturation b7, gain code b3:0
inline constexpr uint8_t kData = 0x95;         // six channels, low byte first, to 0xA0
inline constexpr uint8_t kStatus2 = 0xA3;      // AVALID b6, digital saturation b4, analog saturation b3
inline constexpr uint8_t kCfg0 = 0xA9;         // REG_BANK b4
inline constexpr uint8_t kCfg1 = 0xAA;         // gain code, reset 9
inline constexpr uint8_t kCfg6 = 0xAF;         // SMUX command, bits 4:3; 2 = write the matrix
inline constexpr uint8_t kAstepLow = 0xCA, kAstepHigh = 0xCB;
inline constexpr uint8_t kAzConfig = 0xD6;     // auto-zero every n measurements, reset 255

inline constexpr uint8_t kPowerOn = 0x01, kSpectralOn = 0x02, kSmuxOn = 0x10;
inline constexpr uint8_t kIdValue = 0x09 << 2;
inline constexpr uint8_t kValid = 0x40, kDigitalSaturation = 0x10, kAnalogSaturation = 0x08;
inline constexpr uint8_t kRegBank = 0x10, kLedSelect = 0x08, kLedOn = 0x80, kSmuxWrite = 0x10;
inline constexpr uint8_t kResetGain = 9;

inline constexpr int kAdcs = 6;
inline constexpr double kStepMicroseconds = 2.78;

// Gain factors of codes 0 to 10, and what the part typically gives against code 7 (64).
inline constexpr int kGainCodes = 11;
inline constexpr std::array<double, kGainCodes> kGainFactor = {0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
inline constexpr std::array<double, kGainCodes> kTypicalRatioTo64 = {.008, .016, .032, .065, .125, .25, .5, 1, 2, 3.95, 7.75};

// Counts at which an integration of (atime + 1)(astep + 1) steps is full.
inline constexpr int FullScale(int atime, int astep) {
  const long steps = static_cast<long>(atime + 1) * (astep + 1);
  return steps < 65535 ? static_cast<int>(steps) : 65535;
}

// What the twelve photodiodes of one kind see.
enum class Band { kF1, kF2, kF3, kF4, kF5, kF6, kF7, kF8, kNir, kClear };
inline constexpr int kBands = 10;

// Two passes of the matrix: F1..F4, Clear, NIR on converters 0..5, then F5..F8, Clear, NIR (SMUX application note).
using SmuxMap = std::array<uint8_t, kSmuxBytes>;
inline constexpr SmuxMap kSmuxLow = {0x30, 0x01, 0x00, 0x00, 0x00, 0x42, 0x00, 0x00, 0x50, 0x00,
                                     0x00, 0x00, 0x20, 0x04, 0x00, 0x30, 0x01, 0x50, 0x00, 0x06};
inline constexpr SmuxMap kSmuxHigh = {0x00, 0x00, 0x00, 0x40, 0x02, 0x00, 0x10, 0x03, 0x50, 0x10,
                                      0x03, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x50, 0x00, 0x06};

}  // namespace egi::station::as7341

#endif  // EGI_SIMULATORS_STATION_AS7341_REGISTERS_H_
