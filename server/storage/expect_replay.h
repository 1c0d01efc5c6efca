// The check that what the event store reads back is what subscribers saw live.
#ifndef EGI_SERVER_STORAGE_EXPECT_REPLAY_H_
#define EGI_SERVER_STORAGE_EXPECT_REPLAY_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/persist/committed.h"
#include "server/storage/event_store.h"

namespace egi::storage {

// Everything committed, given in the order of commits, is read back as it was answered, at places 1, 2, 3, ...
inline void ExpectReplayEqualsLive(EventStore& events, const std::vector<std::shared_ptr<const persist::CommittedBatch>>& committed) {
  const auto replay = events.ReadAfter(0, 100'000);
  ASSERT_TRUE(replay.ok()) << replay.status();
  ASSERT_EQ(replay->size(), committed.size());
  for (size_t b = 0; b < committed.size(); ++b) {
    const persist::CommittedBatch& live = *committed[b];
    const persist::CommittedBatch& again = *(*replay)[b];
    EXPECT_EQ(live.commit_seq, static_cast<int64_t>(b) + 1);
    EXPECT_EQ(again.commit_seq, live.commit_seq);
    EXPECT_EQ(again.commit_time, live.commit_time);
    ASSERT_EQ(again.events.size(), live.events.size());
    for (size_t e = 0; e < live.events.size(); ++e) {
      std::string difference;
      google::protobuf::util::MessageDifferencer differencer;
      differencer.ReportDifferencesToString(&difference);
      EXPECT_TRUE(differencer.Compare(live.events[e], again.events[e])) << difference;
    }
  }
}

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_EXPECT_REPLAY_H_
