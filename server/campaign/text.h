// The bytes of a campaign file as text: encoding, separator, numbers, dates.
#ifndef EGI_SERVER_CAMPAIGN_TEXT_H_
#define EGI_SERVER_CAMPAIGN_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace egi::campaign {

// Text in UTF-8 and the encoding it came in: "UTF-8" (with or without byte order mark) or "Windows-1252" (which contains ISO-8859-1).
struct DecodedText {
  std::string text;
  std::string encoding;
};

// Decodes a file: valid UTF-8 is UTF-8, everything else Windows-1252.
DecodedText DecodeText(const std::string& bytes);

// UTF-8 as Windows-1252; a character that has no place there becomes '?'.
std::string EncodeWindows1252(const std::string& text);

// A number as the files write it: decimal point, no trailing zeros, at most `digits` significant digits.
std::string NumberText(double value, int digits = 10);

// The separator of a header line: the one of `;`, `,` and tab that occurs most often.
char DetectSeparator(const std::string& text);

// Cells by row. Quotes as in RFC 4180; LF, CRLF or CR end a row; empty last lines are dropped. Errors: INVALID_ARGUMENT (a quote is never
// closed; the line is named).
absl::StatusOr<std::vector<std::vector<std::string>>> ParseCells(const std::string& text, char separator);

// Without white space at both ends, no-break spaces (U+00A0, U+202F) included.
std::string Trim(const std::string& text);

// A finite number with decimal point or comma, nothing before or after it; nullopt otherwise.
std::optional<double> ParseNumber(const std::string& cell);

// A day written dd/mm/yyyy (never mm/dd) or yyyy-mm-dd that exists; nullopt otherwise.
std::optional<absl::CivilDay> ParseDay(const std::string& cell);

}  // namespace egi::campaign

#endif  // EGI_SERVER_CAMPAIGN_TEXT_H_
