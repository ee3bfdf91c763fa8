// The C++ runtime works: exceptions through many frames, RTTI, static and thread-local objects, iostreams, locale-free
// formatting, memory exhaustion as bad_alloc.
// libc: glibc
// fast
#include "../../check.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

namespace {

int destroyed = 0;
struct Guard {
    ~Guard() { ++destroyed; }
};

struct Base {
    virtual ~Base() = default;
};
struct Derived : Base {
    int value = 5;
};

[[gnu::noinline]] void descend(int depth)
{
    Guard guard;
    if (depth == 0) throw std::runtime_error("bottom");
    descend(depth - 1);
    std::cout << std::flush;  // keeps the frame: no tail call
}

struct Static {
    std::vector<int> data = {1, 2, 3};
};
Static global;

}  // namespace

int main()
{
    CHECK_EQ(global.data.size(), 3);
    for (int i = 0; i < 50; ++i) {
        destroyed = 0;
        bool caught = false;
        try {
            descend(40);
        } catch (const std::exception& error) {
            caught = true;
            CHECK_STR(error.what(), "bottom");
        }
        CHECK(caught);
        CHECK_EQ(destroyed, 41);
    }
    std::unique_ptr<Base> base = std::make_unique<Derived>();
    CHECK_EQ(dynamic_cast<Derived&>(*base).value, 5);
    Base other;
    bool bad_cast = false;
    try {
        (void)dynamic_cast<Derived&>(other);
    } catch (const std::bad_cast&) {
        bad_cast = true;
    }
    CHECK(bad_cast);
    bool bad_alloc = false;
    try {
        void* volatile big = ::operator new(size_t{1} << 46);
        ::operator delete(big);
    } catch (const std::bad_alloc&) {
        bad_alloc = true;
    }
    CHECK(bad_alloc);
    {
        std::ofstream out("numbers");
        for (int i = 0; i < 10000; ++i) out << i << '\n';
    }
    std::ifstream in("numbers");
    std::vector<int> numbers;
    for (int n; in >> n;) numbers.push_back(n);
    CHECK_EQ(numbers.size(), 10000);
    CHECK_EQ(std::accumulate(numbers.begin(), numbers.end(), 0), 49995000);
    std::ostringstream text;
    text << 3.25 << ' ' << std::hex << 255 << ' ' << std::boolalpha << true;
    CHECK(text.str() == "3.25 ff true");
    std::map<std::string, int> words;
    std::istringstream line("b a b c b a");
    for (std::string word; line >> word;) ++words[word];
    CHECK_EQ(words["b"], 3);
    CHECK_EQ(words["a"], 2);
    return check_done();
}
