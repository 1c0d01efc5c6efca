// Text as a text column and a protobuf string can hold it.
#ifndef EGI_SERVER_BASE_STORABLE_TEXT_H_
#define EGI_SERVER_BASE_STORABLE_TEXT_H_

#include <string>

namespace egi {

// True for well-formed UTF-8 (RFC 3629) without NUL.
bool IsStorableText(const std::string& bytes);

// `bytes` with every byte that does not belong as '?', cut between characters to at most `max_bytes`.
std::string ToStorableText(const std::string& bytes, size_t max_bytes = std::string::npos);

}  // namespace egi

#endif  // EGI_SERVER_BASE_STORABLE_TEXT_H_
