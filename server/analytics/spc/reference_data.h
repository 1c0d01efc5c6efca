// Measurements that textbooks and handbooks print, with their source.
#ifndef EGI_SERVER_ANALYTICS_SPC_REFERENCE_DATA_H_
#define EGI_SERVER_ANALYTICS_SPC_REFERENCE_DATA_H_

#include <vector>

namespace egi::spc {

// Inside diameters of piston rings, mm, 40 samples of 5: Montgomery, Introduction to Statistical Quality Control (1991), tables 5.1 and
// 5.2, as given with the R package qcc (Scrucca, R News 4/1, 2004); the first 25 samples are the baseline.
inline const std::vector<std::vector<double>>& PistonRings() {
  static const auto& rings = *new std::vector<std::vector<double>>{
      {74.030, 74.002, 74.019, 73.992, 74.008}, {73.995, 73.992, 74.001, 74.011, 74.004},
      {73.988, 74.024, 74.021, 74.005, 74.002}, {74.002, 73.996, 73.993, 74.015, 74.009},
      {73.992, 74.007, 74.015, 73.989, 74.014}, {74.009, 73.994, 73.997, 73.985, 73.993},
      {73.995, 74.006, 73.994, 74.000, 74.005}, {73.985, 74.003, 73.993, 74.015, 73.988},
      {74.008, 73.995, 74.009, 74.005, 74.004}, {73.998, 74.000, 73.990, 74.007, 73.995},
      {73.994, 73.998, 73.994, 73.995, 73.990}, {74.004, 74.000, 74.007, 74.000, 73.996},
      {73.983, 74.002, 73.998, 73.997, 74.012}, {74.006, 73.967, 73.994, 74.000, 73.984},
      {74.012, 74.014, 73.998, 73.999, 74.007}, {74.000, 73.984, 74.005, 73.998, 73.996},
      {73.994, 74.012, 73.986, 74.005, 74.007}, {74.006, 74.010, 74.018, 74.003, 74.000},
      {73.984, 74.002, 74.003, 74.005, 73.997}, {74.000, 74.010, 74.013, 74.020, 74.003},
      {73.988, 74.001, 74.009, 74.005, 73.996}, {74.004, 73.999, 73.990, 74.006, 74.009},
      {74.010, 73.989, 73.990, 74.009, 74.014}, {74.015, 74.008, 73.993, 74.000, 74.010},
      {73.982, 73.984, 73.995, 74.017, 74.013}, {74.012, 74.015, 74.030, 73.986, 74.000},
      {73.995, 74.010, 73.990, 74.015, 74.001}, {73.987, 73.999, 73.985, 74.000, 73.990},
      {74.008, 74.010, 74.003, 73.991, 74.006}, {74.003, 74.000, 74.001, 73.986, 73.997},
      {73.994, 74.003, 74.015, 74.020, 74.004}, {74.008, 74.002, 74.018, 73.995, 74.005},
      {74.001, 74.004, 73.990, 73.996, 73.998}, {74.015, 74.000, 74.016, 74.025, 74.000},
      {74.030, 74.005, 74.000, 74.016, 74.012}, {74.001, 73.990, 73.995, 74.010, 74.024},
      {74.015, 74.020, 74.024, 74.005, 74.019}, {74.035, 74.010, 74.012, 74.015, 74.026},
      {74.017, 74.013, 74.036, 74.025, 74.026}, {74.010, 74.005, 74.029, 74.000, 74.020},
  };
  return rings;
}

// Viscosity of 35 batches: Montgomery, same book, pages 242 and 245, as given with qcc; the first 20 batches are the baseline.
inline const std::vector<double>& Viscosity() {
  static const auto& batches = *new std::vector<double>{
      34.05, 34.40, 33.59, 35.96, 34.70, 33.51, 33.79, 34.04, 34.52, 33.75, 33.27, 33.71, 34.03, 34.58, 34.02, 33.97,
      34.05, 34.04, 33.73, 34.05, 34.39, 33.75, 33.40, 33.27, 34.65, 34.80, 34.55, 35.40, 34.75, 34.50, 34.70, 34.29,
      34.61, 34.49, 35.03,
  };
  return batches;
}

// 30 values, the mean shifts from 10 to 11 after the first 20: Montgomery, 6th edition, table 9.1.
inline const std::vector<double>& ShiftedMean() {
  static const auto& values = *new std::vector<double>{
      9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62,
      10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
  };
  return values;
}

// Widths of gaps, mm, 21 samples of 5: SAS/QC User's Guide, SHEWHART procedure, "Creating Charts for Means from Raw Data".
inline const std::vector<std::vector<double>>& GapWidths() {
  static const auto& widths = *new std::vector<std::vector<double>>{
      {255, 270, 268, 290, 267}, {260, 240, 265, 262, 263}, {238, 236, 260, 250, 256}, {260, 242, 281, 254, 263},
      {268, 260, 279, 289, 269}, {270, 249, 265, 253, 263}, {280, 260, 256, 256, 243}, {229, 266, 250, 243, 252},
      {250, 270, 245, 273, 262}, {248, 258, 247, 266, 256}, {280, 251, 252, 270, 287}, {245, 253, 243, 279, 245},
      {268, 260, 289, 275, 273}, {264, 286, 275, 271, 279}, {271, 257, 263, 247, 247}, {291, 250, 273, 265, 266},
      {228, 253, 240, 260, 264}, {270, 260, 269, 245, 276}, {259, 257, 246, 271, 257}, {252, 244, 230, 266, 248},
      {254, 251, 239, 233, 263},
  };
  return widths;
}

// Mean offsets of 30 samples: same guide, "Requesting Standard Tests"; known process: mean 20, standard deviation 2.24, samples of 5.
inline const std::vector<double>& AssemblyOffsets() {
  static const auto& means = *new std::vector<double>{
      19.80, 17.16, 20.11, 20.89, 20.83, 18.87, 20.84, 23.33, 19.21, 20.48, 22.05, 20.02, 17.58, 19.11, 20.03,
      20.56, 20.86, 21.10, 19.05, 21.76, 21.76, 20.54, 20.04, 19.94, 20.70, 21.40, 21.32, 20.03, 22.02, 21.32,
  };
  return means;
}

// NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.4; the last ten are the flow rates of section 6.3.2.2.
inline const std::vector<double>& NistEwma() {
  static const auto& values = *new std::vector<double>{
      52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4,
      53.6, 52.1,
  };
  return values;
}

// NIST/SEMATECH e-Handbook, section 6.3.2.3.
inline const std::vector<double>& NistCusum() {
  static const auto& values = *new std::vector<double>{
      324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600, 324.625, 325.150,
      328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
  };
  return values;
}

// 10 parts, 3 appraisers, 3 trials: AIAG, Measurement Systems Analysis, 4th edition, figure III-B 15.
inline const std::vector<std::vector<std::vector<double>>>& AiagStudy() {
  static const auto& parts = *new std::vector<std::vector<std::vector<double>>>{
      {{0.29, 0.41, 0.64}, {0.08, 0.25, 0.07}, {0.04, -0.11, -0.15}},
      {{-0.56, -0.68, -0.58}, {-0.47, -1.22, -0.68}, {-1.38, -1.13, -0.96}},
      {{1.34, 1.17, 1.27}, {1.19, 0.94, 1.34}, {0.88, 1.09, 0.67}},
      {{0.47, 0.50, 0.64}, {0.01, 1.03, 0.20}, {0.14, 0.20, 0.11}},
      {{-0.80, -0.92, -0.84}, {-0.56, -1.20, -1.28}, {-1.46, -1.07, -1.45}},
      {{0.02, -0.11, -0.21}, {-0.20, 0.22, 0.06}, {-0.29, -0.67, -0.49}},
      {{0.59, 0.75, 0.66}, {0.47, 0.55, 0.83}, {0.02, 0.01, 0.21}},
      {{-0.31, -0.20, -0.17}, {-0.63, 0.08, -0.34}, {-0.46, -0.56, -0.49}},
      {{2.26, 1.99, 2.01}, {1.80, 2.12, 2.19}, {1.77, 1.45, 1.87}},
      {{-1.36, -1.25, -1.31}, {-1.68, -1.62, -1.50}, {-1.49, -1.77, -2.16}},
  };
  return parts;
}

}  // namespace egi::spc

#endif  // EGI_SERVER_ANALYTICS_SPC_REFERENCE_DATA_H_
