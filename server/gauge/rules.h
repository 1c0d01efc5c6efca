// Figures by which a station is judged as a measuring instrument.
#ifndef EGI_SERVER_GAUGE_RULES_H_
#define EGI_SERVER_GAUGE_RULES_H_

namespace egi::gauge {

// Plain data. Tolerances marked [A] are assumptions of this project (docs/adr/0140); they are set in the configuration of the server.
struct GaugeRules {
  // Deviation of each channel from the calibrated white reference, %. [A]: 5 % moves the ratios of channels by at most a tenth of a grade.
  double white_tolerance_pct = 5;
  // Standard deviation of the readings of a channel, % of the reference. [A]: the part itself has 0.005 % of full scale (DS000504).
  double white_repeatability_pct = 2;
  // Deviation of the mean volume of a golden sample, %: the volume error promised for livers.
  double golden_tolerance_pct = 5;
  // Standard deviation of the volumes, %. [A]: 64 zones of 5.6 mm (DS13754), 16 or more frames averaged, give 1.7 %.
  double golden_repeatability_pct = 3;
  // Standard deviation of a check around the centre of its drift chart, as a share of the tolerance. [A]: a gauge that keeps its tolerance
  // at 3 sigma.
  double drift_sigma_share = 1.0 / 3;
  // EWMA: weight of the newest check and width of the limits; an average run length of 370 without drift (Lucas and Saccucci, Technometrics
  // 32 (1990), table 3).
  double drift_lambda = 0.2;
  double drift_width = 2.86;
};

}  // namespace egi::gauge

#endif  // EGI_SERVER_GAUGE_RULES_H_
