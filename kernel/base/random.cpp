#include "kernel/base/random.hpp"

#include "kernel/base/panic.hpp"
#include "kernel/base/spinlock.hpp"

namespace baryon {
namespace {

constexpr u32 rotate(u32 value, int by) { return value << by | value >> (32 - by); }

void quarter_round(u32& a, u32& b, u32& c, u32& d) {
  a += b, d = rotate(d ^ a, 16);
  c += d, b = rotate(b ^ c, 12);
  a += b, d = rotate(d ^ a, 8);
  c += d, b = rotate(b ^ c, 7);
}

SpinLock key_lock;
u32 key[8];
u64 generation = 0;  // nonce of the key's replacement, so that a key never produces the same block twice
bool seeded = false;

// Replaces the key by output that nobody sees and hands out a fresh key for one request.
void next_key(u32 out[8]) {
  SpinGuard guard(key_lock);
  ENSURE(seeded);
  ++generation;
  const u32 nonce[3] = {static_cast<u32>(generation), static_cast<u32>(generation >> 32), 0x6b657921};
  u32 block[16];
  chacha20_block(key, 0, nonce, block);
  for (int i = 0; i < 8; ++i) key[i] = block[i], out[i] = block[8 + i];
}

void wipe(void* memory, std::size_t length) {
  __builtin_memset(memory, 0, length);
  asm volatile("" ::"r"(memory) : "memory");  // the compiler must not drop the store
}

}  // namespace

void chacha20_block(const u32 k[8], u32 counter, const u32 nonce[3], u32 out[16]) {
  const u32 input[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, k[0],    k[1],     k[2],     k[3],
                         k[4],       k[5],       k[6],       k[7],       counter, nonce[0], nonce[1], nonce[2]};
  u32 x[16];
  for (int i = 0; i < 16; ++i) x[i] = input[i];
  for (int round = 0; round < 10; ++round) {
    quarter_round(x[0], x[4], x[8], x[12]);
    quarter_round(x[1], x[5], x[9], x[13]);
    quarter_round(x[2], x[6], x[10], x[14]);
    quarter_round(x[3], x[7], x[11], x[15]);
    quarter_round(x[0], x[5], x[10], x[15]);
    quarter_round(x[1], x[6], x[11], x[12]);
    quarter_round(x[2], x[7], x[8], x[13]);
    quarter_round(x[3], x[4], x[9], x[14]);
  }
  for (int i = 0; i < 16; ++i) out[i] = x[i] + input[i];
}

void random_seed(const void* seed, std::size_t length) {
  SpinGuard guard(key_lock);
  const auto* bytes = static_cast<const u8*>(seed);
  // Absorbs 32 bytes at a time: key = first half of ChaCha20(key xor chunk).
  for (std::size_t offset = 0; offset < length; offset += sizeof key) {
    u8 chunk[sizeof key] = {};
    const std::size_t n = length - offset < sizeof chunk ? length - offset : sizeof chunk;
    __builtin_memcpy(chunk, bytes + offset, n);
    u32 words[8];
    __builtin_memcpy(words, chunk, sizeof words);
    for (int i = 0; i < 8; ++i) key[i] ^= words[i];
    const u32 nonce[3] = {static_cast<u32>(offset), 0, 0x73656564};
    u32 block[16];
    chacha20_block(key, 0, nonce, block);
    for (int i = 0; i < 8; ++i) key[i] = block[i];
  }
  seeded = true;
}

void random_bytes(void* out, std::size_t length) {
  u32 request_key[8];
  next_key(request_key);
  auto* bytes = static_cast<u8*>(out);
  const u32 nonce[3] = {0, 0, 0};
  u32 block[16];
  for (u32 counter = 0; length != 0; ++counter) {
    chacha20_block(request_key, counter, nonce, block);
    const std::size_t n = length < sizeof block ? length : sizeof block;
    __builtin_memcpy(bytes, block, n);
    bytes += n;
    length -= n;
  }
  wipe(block, sizeof block);
  wipe(request_key, sizeof request_key);
}

u64 random_u64() {
  u64 value;
  random_bytes(&value, sizeof value);
  return value;
}

}  // namespace baryon
