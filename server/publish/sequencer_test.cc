#include "server/publish/sequencer.h"

#include "gtest/gtest.h"

namespace egi::publish {
namespace {

std::shared_ptr<const persist::CommittedBatch> Batch(int64_t seq) {
  auto batch = std::make_shared<persist::CommittedBatch>();
  batch->commit_seq = seq;
  return batch;
}

TEST(SequencerTest, RestoresCommitOrder) {
  Sequencer sequencer(10, 100);
  sequencer.Offer(Batch(12));
  EXPECT_EQ(sequencer.Next(), nullptr);
  EXPECT_TRUE(sequencer.HasGap());
  sequencer.Offer(Batch(11));
  EXPECT_FALSE(sequencer.HasGap());
  EXPECT_EQ(sequencer.Next()->commit_seq, 11);
  EXPECT_EQ(sequencer.Next()->commit_seq, 12);
  EXPECT_EQ(sequencer.Next(), nullptr);
}

TEST(SequencerTest, PastAndRepeatedBatchesAreIgnored) {
  Sequencer sequencer(10, 100);
  sequencer.Offer(Batch(10));
  sequencer.Offer(Batch(11));
  sequencer.Offer(Batch(11));
  EXPECT_EQ(sequencer.Next()->commit_seq, 11);
  sequencer.Offer(Batch(11));
  EXPECT_EQ(sequencer.Next(), nullptr);
  EXPECT_FALSE(sequencer.HasGap());
}

TEST(SequencerTest, HearsayOfACommitIsAGap) {
  Sequencer sequencer(0, 100);
  EXPECT_FALSE(sequencer.HasGap());
  sequencer.NoteCommitted(1);
  EXPECT_TRUE(sequencer.HasGap());
}

TEST(SequencerTest, FullWaitingRoomDropsTheNewestAndStillKnowsOfThem) {
  Sequencer sequencer(0, 2);
  for (int64_t seq = 4; seq >= 2; --seq) sequencer.Offer(Batch(seq));
  sequencer.Offer(Batch(1));
  EXPECT_EQ(sequencer.Next()->commit_seq, 1);
  EXPECT_EQ(sequencer.Next()->commit_seq, 2);
  EXPECT_EQ(sequencer.Next(), nullptr);
  EXPECT_TRUE(sequencer.HasGap());
}

}  // namespace
}  // namespace egi::publish
