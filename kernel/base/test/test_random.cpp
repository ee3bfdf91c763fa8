// ChaCha20 and the generator on top.
#include <catch2/catch.hpp>
#include <cstring>

#include "kernel/base/random.hpp"

using namespace baryon;

TEST_CASE("chacha20: the block function's test vector (RFC 8439, 2.3.2)") {
  u32 key[8];
  for (u32 i = 0; i < 8; ++i) key[i] = (4 * i) | (4 * i + 1) << 8 | (4 * i + 2) << 16 | (4 * i + 3) << 24;
  const u32 nonce[3] = {0x09000000, 0x4a000000, 0x00000000};
  const u32 expected[16] = {0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
                            0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
                            0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2};
  u32 out[16];
  chacha20_block(key, 1, nonce, out);
  CHECK(std::memcmp(out, expected, sizeof out) == 0);
}

TEST_CASE("random: outputs differ and fill every byte") {
  const char seed[] = "a seed of some length that is no multiple of thirty-two";
  random_seed(seed, sizeof seed);
  unsigned char a[200] = {}, b[200] = {};
  random_bytes(a, sizeof a);
  random_bytes(b, sizeof b);
  CHECK(std::memcmp(a, b, sizeof a) != 0);
  CHECK(std::memcmp(a, a + 100, 100) != 0);
  unsigned char any[200] = {};
  for (int round = 0; round < 64; ++round) {
    random_bytes(a, sizeof a);
    for (unsigned i = 0; i < sizeof a; ++i) any[i] |= a[i];
  }
  for (unsigned char byte : any) CHECK(byte == 0xff);
}
