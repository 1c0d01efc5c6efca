// CIE colour of a liver from the eight visible channels of the AS7341, against a white reference. Pure functions.
//
// Reflectance between the centres of the channels is taken as straight lines. The weights of a channel are then the integrals over 380..780 nm,
// in steps of 1 nm, of D65 times the CIE 1931 2 degree colour matching functions times the channel's share of the line, divided by
// the integral for Y (CIE 015:2018; tables as published by the CIE). They add up to the white point of D65. On the 24 patches of the
// ColorChecker (spectra of N. Ohta, 1997) they are 2.6 dE*ab off the full spectra on average, 6.8 at most (saturated greens); AN000633 of
// the maker expects 1.9 on average and 3.9 at most with a calibration of each part.
#ifndef EGI_SERVER_ANALYSE_COLOUR_H_
#define EGI_SERVER_ANALYSE_COLOUR_H_

#include <array>

namespace egi::analyse {

inline constexpr int kVisible = 8;  // F1..F8

// Weights of the channels 415, 445, 480, 515, 555, 590, 630 and 680 nm.
struct ColourWeights {
  std::array<double, kVisible> x = {0.03218, 0.10000, 0.04659, 0.03391, 0.17706, 0.30826, 0.21655, 0.03588};
  std::array<double, kVisible> y = {0.00126, 0.01309, 0.06123, 0.23406, 0.34203, 0.23666, 0.09820, 0.01345};
  std::array<double, kVisible> z = {0.15636, 0.53160, 0.33889, 0.05635, 0.00495, 0.00040, 0.00005, 0.00000};
};

// CIELAB under D65.
struct Lab {
  double l = 0, a = 0, b = 0;
};

// Colour of eight reflectances (1 = the white reference). White is L* 100, a* 0, b* 0.
Lab LabOf(const std::array<double, kVisible>& reflectance, const ColourWeights& weights = {});

// Colour difference of 1976: the distance in CIELAB.
double DeltaE76(const Lab& x, const Lab& y);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_COLOUR_H_
