// Factors of control charts for subgroups of 2 to 25 normal values.
#ifndef EGI_SERVER_ANALYTICS_SPC_CONSTANTS_H_
#define EGI_SERVER_ANALYTICS_SPC_CONSTANTS_H_

namespace egi::spc {

inline constexpr int kMinSubgroup = 2;
inline constexpr int kMaxSubgroup = 25;

// Source: Montgomery, Introduction to Statistical Quality Control, Appendix VI. d2 has the three decimals every printed reference divides
// by (1.128 for moving ranges); d3 and c4 are exact, the factors of the limits derive from them (docs/adr/0150).
struct Constants {
  double d2;  // mean of the range of n values, in standard deviations
  double d3;  // standard deviation of that range
  double c4;  // mean of the standard deviation (n - 1) of n values
  double A2;  // limits of the mean: A2 * mean range
  double A3;  // limits of the mean: A3 * mean standard deviation
  double B3;  // lower limit of the standard deviation, times its mean; >= 0
  double B4;  // upper limit of the standard deviation, times its mean
  double D3;  // lower limit of the range, times its mean; >= 0
  double D4;  // upper limit of the range, times its mean
};

// `n` outside 2..25 is an error of the program.
Constants ConstantsFor(int n);

}  // namespace egi::spc

#endif  // EGI_SERVER_ANALYTICS_SPC_CONSTANTS_H_
