#include "hypervisor/qcall/core.hpp"

#include <bit>
#include <cerrno>

namespace baryon::host {
namespace {

using State = Operation::State;

Token token_of(std::uint8_t queue, std::uint8_t slot, std::uint32_t generation) {
  return {Token::Kind::operation, queue, slot, generation};
}

std::int64_t cancelled_result(const Operation& operation) {
  const bool moves = operation.request.op == abi::QCallOp::read || operation.request.op == abi::QCallOp::write;
  if (moves && operation.transfer.moved != 0) return operation.transfer.moved;
  return -ECANCELED;
}

}  // namespace

Core::Core(const GuestMemory& memory, VcpuControl& control, std::byte* queues, std::uint32_t count,
           abi::Gpa release_floor)
    : control_(control), services_(memory, control, count, release_floor) {
  lanes_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i)
    lanes_.emplace_back(*reinterpret_cast<abi::QCallQueue*>(queues + i * abi::kQueueSize));
}

bool Core::any_pending(std::memory_order order) const noexcept {
  for (const Lane& lane : lanes_)
    if (lane.queue.pending(order)) return true;
  return false;
}

std::uint32_t Core::drain(std::uint32_t index) {
  std::uint32_t taken = 0;
  while (taken < abi::kQueueSlots && !dead_) {
    const auto slot = lanes_[index].queue.take();
    if (!slot) {
      lied(slot.error());
      break;
    }
    if (!slot->has_value()) break;
    ++taken;
    submit(index, **slot);
  }
  // The vCPU whose requests these were has been told of their completion, and looks at its sockets as well.
  tell_untold(index);
  return taken;
}

void Core::submit(std::uint32_t queue, std::uint16_t slot) {
  Lane& lane = lanes_[queue];
  Operation& operation = lane.operations[slot];
  if (operation.state != State::idle) return lied("QCall slot submitted while in flight");
  const abi::QCallDescriptor copy = copy_descriptor(lane.queue.descriptor(slot));
  if (const std::int64_t error = validate(copy, services_.memory(), operation.request); error != 0) {
    ++stats_.rejected;
    return complete(queue, slot, error);
  }
  operation.request.vcpu = queue;
  ++stats_.by_op[static_cast<std::size_t>(operation.request.op)];
  ++operation.generation;
  operation.cancelled = false;
  if (operation.request.op == abi::QCallOp::cancel)
    return complete(queue, slot, cancel(queue, operation.request.arg[0]));
  settle(queue, slot, operation, services_.serve(operation));
}

void Core::settle(std::uint32_t queue, std::uint16_t slot, Operation& operation, const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::done: operation.state = State::idle; return complete(queue, slot, outcome.value);
    case Outcome::Kind::poll: operation.state = State::wants_poll; break;
    case Outcome::Kind::ring: operation.state = State::wants_ring; break;
    case Outcome::Kind::timer: operation.state = State::wants_timer; break;
  }
  operation.wait_value = outcome.value;
  ++stats_.waited;
  waiting_.push_back({static_cast<std::uint8_t>(queue), static_cast<std::uint8_t>(slot), operation.generation});
}

void Core::complete(std::uint32_t queue, std::uint16_t slot, std::int64_t result) {
  Lane& lane = lanes_[queue];
  lane.queue.complete(slot, result);
  ++lane.completed;
  control_.notify_vcpu(queue);
}

std::int64_t Core::cancel(std::uint32_t queue, std::uint64_t slot) {
  if (slot >= abi::kQueueSlots) return -EINVAL;
  Operation& operation = lanes_[queue].operations[slot];
  const Token token = token_of(static_cast<std::uint8_t>(queue), static_cast<std::uint8_t>(slot), operation.generation);
  switch (operation.state) {
    case State::idle: return -ENOENT;
    case State::in_ring:
      // The kernel may be writing into the guest's buffers: the answer waits until it has let go.
      operation.cancelled = true;
      cancels_.push_back(token);
      return 0;
    case State::in_poll:
    case State::in_timer: cancels_.push_back(token); break;
    case State::wants_poll:
    case State::wants_ring:
    case State::wants_timer: break;  // hand_over() skips it: no longer waiting
  }
  operation.state = State::idle;
  complete(queue, static_cast<std::uint16_t>(slot), cancelled_result(operation));
  return 0;
}

void Core::hand_over(IoRing& ring) {
  // Cancellations first: they are about requests of earlier rounds.
  for (const Token& token : cancels_) ring.cancel(token);
  cancels_.clear();
  // A closed handle completes an operation here, which adds nothing to the list.
  for (const Place& place : waiting_) {
    Operation& operation = lanes_[place.queue].operations[place.slot];
    if (operation.generation != place.generation) continue;
    const Token token = token_of(place.queue, place.slot, place.generation);
    const int descriptor = services_.descriptor_of(operation);
    switch (operation.state) {
      case State::wants_poll:
      case State::wants_ring:
      case State::wants_timer:
        if (descriptor < 0) {
          operation.state = State::idle;
          complete(place.queue, place.slot, -EBADF);
          continue;
        }
        break;
      default: continue;
    }
    if (operation.state == State::wants_poll) {
      operation.state = State::in_poll;
      ring.poll(descriptor, static_cast<std::uint32_t>(static_cast<std::uint16_t>(operation.wait_value)), token);
    } else if (operation.state == State::wants_timer) {
      operation.state = State::in_timer;
      operation.delay = {operation.wait_value / 1000, operation.wait_value % 1000 * 1'000'000};
      ring.timer(operation.delay, token);
    } else {
      operation.state = State::in_ring;
      if (operation.request.op == abi::QCallOp::sync) ring.sync(descriptor, operation.request.arg[0] == 1, token);
      else ring.transfer(descriptor, operation.transfer, token);
    }
  }
  waiting_.clear();
  ring.submit();
}

void Core::ring_completion(const RingCompletion& completion) {
  const Token& token = completion.token;
  Operation& operation = lanes_[token.queue].operations[token.slot];
  if (operation.generation != token.generation) return;  // cancelled; the slot has moved on
  if (dead_) {
    operation.state = State::idle;
    return;
  }
  switch (operation.state) {
    case State::in_ring:
      if (operation.cancelled && completion.result <= 0) {
        const bool interrupted = completion.result == -EINTR || completion.result == -ECANCELED;
        operation.state = State::idle;
        return complete(token.queue, token.slot, interrupted ? cancelled_result(operation) : completion.result);
      }
      return settle(token.queue, token.slot, operation, services_.ring_result(operation, completion.result));
    case State::in_poll:
      if (completion.result < 0) {
        operation.state = State::idle;
        return complete(token.queue, token.slot, completion.result);
      }
      operation.transfer.ready = true;
      break;
    case State::in_timer: break;
    default: return;  // cancelled, not yet reused
  }
  settle(token.queue, token.slot, operation, services_.serve(operation));
}

void Core::abandon(IoRing& ring) {
  dead_ = true;
  for (const Place& place : waiting_) {
    Operation& operation = lanes_[place.queue].operations[place.slot];
    if (operation.generation == place.generation) operation.state = State::idle;
  }
  waiting_.clear();
  for (std::uint32_t queue = 0; queue < lanes_.size(); ++queue)
    for (std::uint32_t slot = 0; slot < abi::kQueueSlots; ++slot) {
      const Operation& operation = lanes_[queue].operations[slot];
      if (operation.state != State::idle)
        cancels_.push_back(
            token_of(static_cast<std::uint8_t>(queue), static_cast<std::uint8_t>(slot), operation.generation));
    }
  hand_over(ring);
}

bool Core::tell_readiness(std::uint32_t looking) {
  if (!dead_) services_.sockets().collect();
  return tell_untold(looking);
}

bool Core::tell_untold(std::uint32_t looking) {
  const std::uint64_t vcpus = dead_ ? 0 : services_.sockets().take_untold();
  for (std::uint64_t left = vcpus; left != 0; left &= left - 1)
    if (const auto vcpu = static_cast<std::uint32_t>(std::countr_zero(left)); vcpu != looking)
      control_.notify_vcpu(vcpu);
  return vcpus != 0;
}

void Core::lied(const char* what) {
  if (dead_) return;
  dead_ = true;
  control_.guest_lied(what);
}

}  // namespace baryon::host
