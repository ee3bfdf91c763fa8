#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "hypervisor/qcall/descriptor.hpp"
#include "hypervisor/qcall/stats.hpp"

using namespace baryon;
using namespace baryon::host;
using abi::QCallOp;

namespace {

constexpr std::uint64_t kSize = 4ull << 20;

struct Fixture {
  GuestMemory memory = *GuestMemory::create(kSize);
  Request request;

  std::int64_t check(QCallOp op, std::initializer_list<abi::Segment> segments) {
    abi::QCallDescriptor descriptor = {};
    descriptor.op = op;
    for (const auto& segment : segments) descriptor.segments[descriptor.segment_count++] = segment;
    return validate(descriptor, memory, request);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "unknown operations are refused by number") {
  for (const unsigned op : {static_cast<unsigned>(QCallOp::count_), 0x100u, 0xffffu}) {
    abi::QCallDescriptor descriptor = {};
    descriptor.op = static_cast<QCallOp>(op);
    CHECK(validate(descriptor, memory, request) == -ENOSYS);
  }
}

TEST_CASE_METHOD(Fixture, "every operation has a name and a number of segments") {
  for (unsigned op = 0; op < kQCallOps; ++op) {
    abi::QCallDescriptor descriptor = {};
    descriptor.op = static_cast<QCallOp>(op);
    CHECK(std::string(qcall_name(descriptor.op)) != "unknown");
    descriptor.segment_count = abi::kMaxSegments + 1;
    CHECK(validate(descriptor, memory, request) == -EINVAL);
    descriptor.segment_count = 0xffff;
    CHECK(validate(descriptor, memory, request) == -EINVAL);
  }
  CHECK(std::string(qcall_name(QCallOp::release)) == "release");
  CHECK(std::string(qcall_name(QCallOp::terminal_set)) == "terminal_set");
  CHECK(std::string(qcall_name(QCallOp::count_)) == "unknown");
}

TEST_CASE_METHOD(Fixture, "segments lie inside RAM") {
  CHECK(check(QCallOp::read, {{0, 16, 0}}) == 0);
  CHECK(request.segments[0].iov_base == memory.base());
  CHECK(check(QCallOp::read, {{kSize - 16, 16, 0}}) == 0);
  CHECK(check(QCallOp::read, {{kSize - 16, 17, 0}}) == -EFAULT);
  CHECK(check(QCallOp::read, {{kSize, 1, 0}}) == -EFAULT);
  CHECK(check(QCallOp::read, {{~0ull, 1, 0}}) == -EFAULT);
  CHECK(check(QCallOp::read, {{~0ull - 15, 32, 0}}) == -EFAULT);
  CHECK(check(QCallOp::read, {{0, 16, 0}, {kSize, 16, 0}}) == -EFAULT);
  CHECK(check(QCallOp::read, {{~0ull, 0, 0}}) == 0);  // nothing is nowhere
}

TEST_CASE_METHOD(Fixture, "transfers are bounded") {
  CHECK(check(QCallOp::write, {{0, abi::kMaxTransfer, 0}}) == 0);
  CHECK(request.total == abi::kMaxTransfer);
  CHECK(check(QCallOp::write, {{0, abi::kMaxTransfer, 0}, {0, 1, 0}}) == -EINVAL);
  CHECK(check(QCallOp::write, {{0, 0xffffffff, 0}}) == -EINVAL);
  CHECK(check(QCallOp::write, {{0, 0xffffffff, 0}, {0, 0xffffffff, 0}, {0, 2, 0}}) == -EINVAL);
}

TEST_CASE_METHOD(Fixture, "records and paths have their sizes") {
  CHECK(check(QCallOp::stat, {{0, 4, 0}, {64, sizeof(abi::FileStat), 0}}) == 0);
  CHECK(check(QCallOp::stat, {{0, 4, 0}, {64, sizeof(abi::FileStat) - 1, 0}}) == -EINVAL);
  CHECK(check(QCallOp::stat, {{0, 4, 0}}) == -EINVAL);
  CHECK(check(QCallOp::stat_handle, {{64, sizeof(abi::FileStat), 0}}) == 0);
  CHECK(check(QCallOp::stat_handle, {{64, sizeof(abi::FileStat) - 1, 0}}) == -EINVAL);
  CHECK(check(QCallOp::stat_handle, {}) == -EINVAL);
  CHECK(check(QCallOp::open, {{0, abi::kMaxPath, 0}}) == 0);
  CHECK(check(QCallOp::open, {{0, abi::kMaxPath + 1, 0}}) == -ENAMETOOLONG);
  CHECK(check(QCallOp::rename, {{0, 4, 0}, {0, abi::kMaxPath + 1, 0}}) == -ENAMETOOLONG);
  CHECK(check(QCallOp::statfs, {{0, 8, 0}}) == -EINVAL);
  CHECK(check(QCallOp::terminal_get, {{0, 35, 0}}) == -EINVAL);
  CHECK(check(QCallOp::nop, {{0, 8, 0}}) == -EINVAL);
}
