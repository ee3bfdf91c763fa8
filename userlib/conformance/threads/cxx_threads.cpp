// std::thread, mutex, condition_variable, future, thread_local and exceptions across threads work together. threads(7)
// libc: glibc
// needs: cpus=2
#include "../../check.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<int> tls_alive{0};
struct Local {
    int value = 7;
    Local() { ++tls_alive; }
    ~Local() { --tls_alive; }
};
thread_local Local local;

class Queue {
public:
    void push(int value)
    {
        std::unique_lock lock(mutex_);
        not_full_.wait(lock, [&] { return items_.size() < 4; });
        items_.push_back(value);
        not_empty_.notify_one();
    }
    int pop()
    {
        std::unique_lock lock(mutex_);
        not_empty_.wait(lock, [&] { return !items_.empty(); });
        int value = items_.front();
        items_.pop_front();
        not_full_.notify_one();
        return value;
    }

private:
    std::mutex mutex_;
    std::condition_variable not_empty_, not_full_;
    std::deque<int> items_;
};

}  // namespace

int main()
{
    Queue queue;
    std::atomic<long> sum{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&, i] {
                for (int j = 0; j < 1000; ++j) queue.push(i * 1000 + j);
            });
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&] {
                CHECK_EQ(local.value, 7);
                for (int j = 0; j < 1000; ++j) sum += queue.pop();
            });
    }
    CHECK_EQ(sum, 2999L * 3000 / 2);
    CHECK_EQ(tls_alive, 0);

    auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("from the other side"); });
    bool caught = false;
    try {
        failing.get();
    } catch (const std::runtime_error& error) {
        caught = std::string(error.what()) == "from the other side";
    }
    CHECK(caught);

    std::promise<int> promise;
    auto future = promise.get_future();
    CHECK(future.wait_for(std::chrono::milliseconds(2)) == std::future_status::timeout);
    std::thread setter([&] { promise.set_value(11); });
    CHECK_EQ(future.get(), 11);
    setter.join();

    // Many exceptions thrown in parallel: the unwinder's own locks and caches.
    std::vector<std::thread> throwers;
    std::atomic<int> thrown{0};
    for (int i = 0; i < 4; ++i)
        throwers.emplace_back([&] {
            for (int j = 0; j < 200; ++j) {
                try {
                    throw j;
                } catch (int value) {
                    thrown += value == j;
                }
            }
        });
    for (auto& thread : throwers) thread.join();
    CHECK_EQ(thrown, 800);
    CHECK(std::thread::hardware_concurrency() >= 1);
    return check_done();
}
