// What a measurement yields, and how it is printed.
#ifndef EGI_TESTS_LOAD_RESULT_H_
#define EGI_TESTS_LOAD_RESULT_H_

#include <string>
#include <vector>

namespace egi::load {

// One line of the bench. With several runs `value` is their median.
struct Result {
  std::string name;   // e.g. "ingest_batched"
  double value = 0;
  std::string unit = {};  // e.g. "samples/s"
  double p50_ms = 0;  // latency of one acknowledgement or operation; 0 = not measured
  double p99_ms = 0;
  int runs = 0;
};

// The q-quantile of `latencies_ms`, 0 when there is none. Sorts its argument.
double Quantile(std::vector<double>& latencies_ms, double q);

// The run with the median value, with `runs` set. `runs` must not be empty.
Result MedianOf(std::vector<Result> runs);

// {"results":[{"name","value","unit","p50_ms","p99_ms","runs"}...]}
std::string ToJson(const std::vector<Result>& results);

// A table for people, with the ratio of durable batched ingest to the raw COPY rate when both are there.
std::string ToTable(const std::vector<Result>& results);

}  // namespace egi::load

#endif  // EGI_TESTS_LOAD_RESULT_H_
