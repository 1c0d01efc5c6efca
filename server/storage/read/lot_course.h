// Reads lots as their curves see them.
#ifndef EGI_SERVER_STORAGE_READ_LOT_COURSE_H_
#define EGI_SERVER_STORAGE_READ_LOT_COURSE_H_

#include <string>
#include <vector>

#include "pqxx/pqxx"
#include "server/curves/course.h"

namespace egi::storage::read {

// The lots (alias l of lots_gavage) that `where` chooses, e.g. "WHERE l.id = $1::integer", in its order. Throws what libpqxx throws: call it inside Pool::Read or Write.
std::vector<curves::LotCourse> ReadCourses(pqxx::transaction_base& transaction, const std::string& where, const std::vector<std::string>& params);

// The numbers of a text of numbers with spaces between them, as array_to_string(..., ' ') makes it.
std::vector<double> NumbersOf(const std::string& text);

// The literal of an array of float8.
std::string ArrayOf(const std::vector<double>& numbers);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_COURSE_H_
