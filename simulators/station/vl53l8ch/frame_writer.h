// Lays out the frames of the VL53L8CH: block headers, little-endian figures, and at the end the reversal of every 32-bit word.
#ifndef EGI_SIMULATORS_STATION_VL53L8CH_FRAME_WRITER_H_
#define EGI_SIMULATORS_STATION_VL53L8CH_FRAME_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace egi::station::vl53l8ch {

// Reverses the bytes of every 32-bit word; `count` is a multiple of 4.
void SwapWords(uint8_t* bytes, size_t count);

class FrameWriter {
 public:
  FrameWriter();
  // A block of figures of `type` bytes each; type 0: as many bytes as there are figures. Little-endian, as this machine's own.
  template <typename Figures>
  void Block(uint16_t index, int type, const Figures& figures) {
    Begin(index, type, static_cast<int>(figures.size()));
    const size_t at = bytes_.size(), count = figures.size() * sizeof(figures[0]);
    bytes_.resize(at + count);
    std::memcpy(&bytes_[at], figures.data(), count);
  }
  // The frame as it crosses the bus; header and footer carry its number.
  std::vector<uint8_t> Finish(uint8_t stream_count);

 private:
  void Begin(uint16_t index, int type, int size);
  void Put(uint32_t value);

  std::vector<uint8_t> bytes_;
};

}  // namespace egi::station::vl53l8ch

#endif  // EGI_SIMULATORS_STATION_VL53L8CH_FRAME_WRITER_H_
