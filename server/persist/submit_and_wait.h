// Lets a test submit to a sink as if the answer came at once.
#ifndef EGI_SERVER_PERSIST_SUBMIT_AND_WAIT_H_
#define EGI_SERVER_PERSIST_SUBMIT_AND_WAIT_H_

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "server/persist/write.h"

namespace egi::persist {

// The answer to come. A sink that never answers makes get() wait for ever: tests have a time limit.
template <typename Write>
std::future<GroupOutcome> SubmitLater(Sink<Write>* sink, std::vector<Write> group) {
  auto promise = std::make_shared<std::promise<GroupOutcome>>();
  auto future = promise->get_future();
  sink->Submit(std::move(group), [promise](GroupOutcome outcome) { promise->set_value(std::move(outcome)); });
  return future;
}

template <typename Write>
GroupOutcome SubmitAndWait(Sink<Write>* sink, std::vector<Write> group) {
  return SubmitLater(sink, std::move(group)).get();
}

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_SUBMIT_AND_WAIT_H_
