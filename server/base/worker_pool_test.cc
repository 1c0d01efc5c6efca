#include "server/base/worker_pool.h"

#include <atomic>
#include <future>

#include "gtest/gtest.h"

namespace egi {
namespace {

TEST(WorkerPoolTest, DestructorFinishesWhatWasPosted) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2, 100);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.Post([&done] { ++done; }));
  }
  EXPECT_EQ(done, 100);
}

TEST(WorkerPoolTest, FullQueueRefusesTheTask) {
  std::promise<void> started, release;
  std::atomic<int> done = 0;
  {
    WorkerPool pool(1, 1);
    ASSERT_TRUE(pool.Post([&] {
      started.set_value();
      release.get_future().wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(pool.Post([&done] { ++done; }));
    EXPECT_FALSE(pool.Post([&done] { ++done; }));
    release.set_value();
  }
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace egi
