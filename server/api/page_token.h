// Opaque page tokens: the place to go on from, bound to the filter it was made for.
#ifndef EGI_SERVER_API_PAGE_TOKEN_H_
#define EGI_SERVER_API_PAGE_TOKEN_H_

#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "server/api/fields.h"

namespace egi::api {

// A token for the page after `place` (any texts without '\x1f') of the listing that `request` asks for. It is bound to all fields but those
// that may change between pages: page_token, page_size, limit and offset.
std::string MakePageToken(const google::protobuf::Message& request, const std::vector<std::string>& place);

// The place in `token`, of exactly `parts` texts; absent for an empty token. Notes a violation of `page_token` when it was not made for
// such a request.
std::optional<std::vector<std::string>> ReadPageToken(const google::protobuf::Message& request, const std::string& token, size_t parts,
                                                      Fields& fields);

// The same as whole numbers.
std::optional<std::vector<int64_t>> ReadPageNumbers(const google::protobuf::Message& request, const std::string& token, size_t parts,
                                                    Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_PAGE_TOKEN_H_
