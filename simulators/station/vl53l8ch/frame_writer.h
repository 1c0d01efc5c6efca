// Lays out the frames of the VL53L8CH: block headers, little-endian figures, and at the end the reversal of every 32-bit word.
#ifndef EGI_SIMULATORS_STATION_VL53L8CH_FRAME_WRITER_H_
#define EGI_SIMULATORS_STATION_VL53L8CH_FRAME_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace egi::station::vl53l8ch {

// Reverses the bytes of every 32-bit word; `count` is a multiple of 4.
void SwapWords(uint8_t* bytes, size_t count);

class FrameWriter {
 public:
  FrameWriter();
  // A block of `size` figures of `type` bytes; type 0: `size` bytes.
  void Begin(uint16_t index, int type, int size);
  // One figure, little-endian, in `bytes` bytes.
  void Put(uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  // The frame as it crosses the bus; header and footer carry its number.
  std::vector<uint8_t> Finish(uint8_t stream_count);

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace egi::station::vl53l8ch

#endif  // EGI_SIMULATORS_STATION_VL53L8CH_FRAME_WRITER_H_
