// Stored samples as lines of a CSV or NDJSON file.
#ifndef EGI_SERVER_API_QUALITY_SAMPLE_FILE_H_
#define EGI_SERVER_API_QUALITY_SAMPLE_FILE_H_

#include <string>

#include "egi/quality/v1/record.pb.h"

namespace egi::api {

enum class SampleFormat { kCsv, kNdjson };

// The column names of a CSV file and a line feed; empty for NDJSON. The matrices are columns only `with_matrices`; the ten spectral
// channels are a column each.
std::string SampleFileHeader(SampleFormat format, bool with_matrices);

// Appends one line: RFC 4180 (a null is an empty cell, lists are JSON text, times RFC 3339 UTC) or a SampleRecord in JSON with proto names.
void AppendSampleLine(const quality::v1::SampleRecord& sample, SampleFormat format, bool with_matrices, std::string* file);

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_SAMPLE_FILE_H_
