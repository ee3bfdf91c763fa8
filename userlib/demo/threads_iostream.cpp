// C++ iostreams and threads: four workers count primes in ranges that they take from a shared queue, the main thread
// prints the sorted results. The output does not depend on scheduling.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Range {
    int begin;
    int end;
};

struct Result {
    Range range;
    int primes;
};

// A closed queue gives nullopt once it is empty.
class WorkQueue {
public:
    void push(Range range)
    {
        std::lock_guard lock(mutex_);
        ranges_.push_back(range);
        available_.notify_one();
    }

    void close()
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
        available_.notify_all();
    }

    std::optional<Range> pop()
    {
        std::unique_lock lock(mutex_);
        available_.wait(lock, [this] { return closed_ || !ranges_.empty(); });
        if (ranges_.empty()) return std::nullopt;
        Range range = ranges_.front();
        ranges_.pop_front();
        return range;
    }

private:
    std::mutex mutex_;
    std::condition_variable available_;
    std::deque<Range> ranges_;
    bool closed_ = false;
};

bool is_prime(int n)
{
    if (n < 2) return false;
    for (int d = 2; d * d <= n; ++d)
        if (n % d == 0) return false;
    return true;
}

}  // namespace

int main()
{
    WorkQueue queue;
    std::mutex results_mutex;
    std::vector<Result> results;
    thread_local int handled_here = 0;
    int handled_total = 0;

    std::vector<std::thread> workers;
    for (int i = 0; i < 4; ++i)
        workers.emplace_back([&] {
            while (auto range = queue.pop()) {
                int primes = 0;
                for (int n = range->begin; n < range->end; ++n) primes += is_prime(n);
                ++handled_here;
                std::lock_guard lock(results_mutex);
                results.push_back({*range, primes});
            }
            std::lock_guard lock(results_mutex);
            handled_total += handled_here;
        });
    for (int begin = 0; begin < 20000; begin += 2500) queue.push({begin, begin + 2500});
    queue.close();
    for (auto& worker : workers) worker.join();

    std::sort(results.begin(), results.end(), [](auto& a, auto& b) { return a.range.begin < b.range.begin; });
    int sum = 0;
    for (const auto& [range, primes] : results) {
        std::cout << "primes in [" << std::setw(5) << range.begin << ", " << std::setw(5) << range.end
                  << "): " << std::setw(3) << primes << '\n';
        sum += primes;
    }
    std::cout << "sum " << sum << " in " << handled_total << " ranges, mean " << std::fixed << std::setprecision(3)
              << static_cast<double>(sum) / handled_total << '\n';

    try {
        std::exception_ptr carried;
        std::thread thrower([&] {
            try {
                throw std::runtime_error("an exception carried between threads");
            } catch (...) {
                carried = std::current_exception();
            }
        });
        thrower.join();
        std::rethrow_exception(carried);
    } catch (const std::runtime_error& error) {
        std::cout << "caught: " << error.what() << std::endl;
    }

    std::string word;
    int words = 0;
    for (std::istringstream text("the quick brown fox"); text >> word;) ++words;
    std::cout << words << " words, last \"" << word << "\"" << std::endl;
    return sum == 2262 ? 0 : 1;
}
