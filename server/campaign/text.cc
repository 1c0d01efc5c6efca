#include "server/campaign/text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace egi::campaign {
namespace {

// Windows-1252, 0x80..0x9F (unicode.org, VENDORS/MICSFT/WINDOWS/CP1252.TXT); the five undefined bytes stay control characters.
constexpr char32_t kWindows1252[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                       0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                       0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// Length of the UTF-8 sequence at `i`, 0 when it is not valid (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
size_t Utf8Length(const std::string& s, size_t i) {
  const auto byte = [&](size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  const unsigned lead = byte(i);
  const auto follows = [&](size_t k) { return (byte(k) & 0xC0) == 0x80; };
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(i + 1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!follows(i + 1) || !follows(i + 2)) return 0;
    return (lead == 0xE0 && byte(i + 1) < 0xA0) || (lead == 0xED && byte(i + 1) > 0x9F) ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!follows(i + 1) || !follows(i + 2) || !follows(i + 3)) return 0;
    return (lead == 0xF0 && byte(i + 1) < 0x90) || (lead == 0xF4 && byte(i + 1) > 0x8F) ? 0 : 4;
  }
  return 0;
}

void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

// Digits only, exactly `width` of them.
std::optional<int> Digits(const std::string& text, size_t at, size_t width) {
  if (at + width > text.size()) return std::nullopt;
  int value = 0;
  for (size_t i = at; i < at + width; ++i) {
    if (!absl::ascii_isdigit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

DecodedText DecodeText(const std::string& bytes) {
  const size_t start = bytes.rfind("\xEF\xBB\xBF", 0) == 0 ? 3 : 0;
  bool utf8 = true;
  for (size_t i = start; i < bytes.size() && utf8;) {
    const size_t length = Utf8Length(bytes, i);
    utf8 = length > 0;
    i += length;
  }
  if (utf8) return {bytes.substr(start), "UTF-8"};
  DecodedText decoded{"", "Windows-1252"};
  for (size_t i = start; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    AppendUtf8(byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte, &decoded.text);
  }
  return decoded;
}

std::string EncodeWindows1252(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size();) {
    const size_t length = std::max<size_t>(1, Utf8Length(text, i));
    char32_t c = static_cast<unsigned char>(text[i]);
    if (length > 1) {
      c &= 0x3F >> (length - 1);
      for (size_t k = 1; k < length; ++k) c = (c << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    }
    const auto* high = std::find(std::begin(kWindows1252), std::end(kWindows1252), c);
    if (c < 0x80 || (c >= 0xA0 && c <= 0xFF)) {
      bytes.push_back(static_cast<char>(c));
    } else if (length > 1 && high != std::end(kWindows1252)) {
      bytes.push_back(static_cast<char>(0x80 + (high - kWindows1252)));
    } else {
      bytes.push_back('?');
    }
    i += length;
  }
  return bytes;
}

std::string NumberText(double value, int digits) { return absl::StrFormat("%.*g", digits, value == 0 ? 0.0 : value); }

char DetectSeparator(const std::string& text) {
  const std::string header = text.substr(0, text.find_first_of("\r\n"));
  char best = ';';
  for (const char c : {',', '\t'}) {
    if (std::count(header.begin(), header.end(), c) > std::count(header.begin(), header.end(), best)) best = c;
  }
  return best;
}

absl::StatusOr<std::vector<std::vector<std::string>>> ParseCells(const std::string& text, char separator) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false, was_quoted = false;
  int line = 1, quote_line = 0;
  const auto end_cell = [&] {
    row.push_back(std::move(cell));
    cell.clear();
    was_quoted = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        cell.push_back(c);
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell.push_back(text[++i]);
      } else {
        quoted = false;
      }
    } else if (c == '"' && cell.empty() && !was_quoted) {
      quoted = was_quoted = true;
      quote_line = line;
    } else if (c == separator) {
      end_cell();
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      end_cell();
      rows.push_back(std::move(row));
      row.clear();
    } else {
      cell.push_back(c);
    }
  }
  if (quoted) return absl::InvalidArgumentError(absl::StrCat("line ", quote_line, ": a quote is opened and never closed"));
  if (!cell.empty() || !row.empty() || was_quoted) {
    end_cell();
    rows.push_back(std::move(row));
  }
  while (!rows.empty() && rows.back().size() == 1 && Trim(rows.back()[0]).empty()) rows.pop_back();
  return rows;
}

namespace {

// Bytes of the space at `i`: ASCII, no-break, narrow no-break or thin; 0 when there is none.
size_t SpaceLength(const std::string& s, size_t i) {
  if (s[i] == ' ') return 1;
  if (s.compare(i, 2, "\xC2\xA0") == 0) return 2;
  return s.compare(i, 3, "\xE2\x80\xAF") == 0 || s.compare(i, 3, "\xE2\x80\x89") == 0 ? 3 : 0;
}

// "5 480,2" without the spaces between groups of thousands: one to three digits, then groups of exactly three.
std::string WithoutGroups(const std::string& text) {
  std::string joined;
  size_t i = 0, digits = 0;  // since the last space
  const auto take_digits = [&] {
    for (digits = 0; i < text.size() && absl::ascii_isdigit(text[i]); ++digits) joined.push_back(text[i++]);
  };
  while (i < text.size() && (text[i] == '+' || text[i] == '-')) joined.push_back(text[i++]);
  take_digits();
  while (digits >= 1 && digits <= 3 && i < text.size()) {
    const size_t space = SpaceLength(text, i);
    if (space == 0) break;
    i += space;
    take_digits();
    if (digits != 3) return text;  // no number: said by the caller
  }
  return joined + text.substr(i);
}

}  // namespace

std::string Trim(const std::string& text) {
  absl::string_view view = text;
  for (bool changed = true; changed;) {
    const size_t before = view.size();
    view = absl::StripAsciiWhitespace(view);
    for (const char* space : {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"}) {
      while (absl::ConsumePrefix(&view, space)) continue;
      while (absl::ConsumeSuffix(&view, space)) continue;
    }
    changed = view.size() != before;
  }
  return std::string(view);
}

std::optional<double> ParseNumber(const std::string& cell) {
  std::string text = WithoutGroups(Trim(cell));
  if (text.empty() || text.size() > 40 || text.find_first_not_of("0123456789+-.,eE") != std::string::npos) return std::nullopt;
  std::replace(text.begin(), text.end(), ',', '.');
  double value;
  if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<absl::CivilDay> ParseDay(const std::string& cell) {
  const std::string text = Trim(cell);
  if (text.size() != 10) return std::nullopt;
  const bool iso = text[4] == '-' && text[7] == '-';
  if (!iso && (text[2] != '/' || text[5] != '/')) return std::nullopt;
  const auto year = Digits(text, iso ? 0 : 6, 4), month = Digits(text, iso ? 5 : 3, 2), day = Digits(text, iso ? 8 : 0, 2);
  if (!year || !month || !day || *year < 1900 || *year > 2999) return std::nullopt;
  const absl::CivilDay result(*year, *month, *day);  // Normalises 31/02 to 02/03, which the comparison shows.
  if (result.year() != *year || result.month() != *month || result.day() != *day) return std::nullopt;
  return result;
}

}  // namespace egi::campaign
