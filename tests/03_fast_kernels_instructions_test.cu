// The two instructions that chapter 03 has a name for: which lane holds which number, against NVIDIA's manual ("PTX ISA"). On a GPU
// this asks the instruction itself, elsewhere what stands in for it.
// orders: ascending descending shuffled
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/tensor_instructions.h"

namespace {

// Number (row, column) of the four matrices together is 32 row + column, the matrices side by side. They lie with 24 unused bytes
// between rows, in the order in which lanes name them.
__global__ void four_matrices_kernel(unsigned* parts) {
  __shared__ __align__(16) __nv_bfloat16 memory[32][20];
  const int lane = int(threadIdx.x);
  for (int column = 0; column < 8; ++column) memory[lane][column] = __float2bfloat16(float(32 * (lane % 8) + lane / 8 * 8 + column));
  __syncwarp();
  unsigned part[4];
  fast::load_four_matrices(part, memory[lane]);
  for (int i = 0; i < 4; ++i) parts[4 * lane + i] = part[i];
}

__global__ void multiply_kernel(float* sums, const unsigned* a, const unsigned* b) {
  const int lane = int(threadIdx.x);
  float sum[4];
  unsigned a_part[4], b_part[2];
  for (int i = 0; i < 4; ++i) sum[i] = sums[4 * lane + i], a_part[i] = a[4 * lane + i];
  for (int i = 0; i < 2; ++i) b_part[i] = b[2 * lane + i];
  fast::multiply_matrices(sum, a_part, b_part);
  for (int i = 0; i < 4; ++i) sums[4 * lane + i] = sum[i];
}

float number(unsigned two, int which) {
  const unsigned bits = which == 0 ? two << 16 : two & 0xffff0000;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
unsigned two_of(float first, float second) {
  unsigned low, high;
  memcpy(&low, &first, 4), memcpy(&high, &second, 4);
  return low >> 16 | (high & 0xffff0000);
}

struct Instructions : testing::Test {
  std::unique_ptr<CudaDevice> device;
  void SetUp() override {
    try {
      device = std::make_unique<CudaDevice>();
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
    CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
    if (major < 8) GTEST_SKIP() << "skipped: this GPU is older than bfloat16";
  }
  int major = 0;
  // sum + a · b, matrices given and taken lane by lane.
  std::vector<float> product(std::vector<float> sums, const std::vector<unsigned>& a, const std::vector<unsigned>& b) {
    const Buffer<> on_sums(*device, 128, Purpose::workspace);
    const Buffer<unsigned> on_a(*device, 128, Purpose::workspace), on_b(*device, 64, Purpose::workspace);
    device->copy_in(on_sums.data(), sums.data(), 128);
    device->copy_in(on_a.data(), a.data(), 128);
    device->copy_in(on_b.data(), b.data(), 64);
    multiply_kernel<<<1, 32, 0, device->stream()>>>(on_sums.data(), on_a.data(), on_b.data());
    CUDA_CHECK(cudaGetLastError());
    device->copy_out(sums.data(), on_sums.data(), 128);
    return sums;
  }
};

// From 8.0 on, which is what the twin says it is. Tests of steps that this GPU cannot run skip, and would not notice.
TEST_F(Instructions, AreThereForEveryStepOfTheProduct) {
  for (const fast::Step& step : fast::matmul_steps()) EXPECT_TRUE(fast::can_run(step)) << step.name << " on " << major << ".x";
}

TEST_F(Instructions, LoadGivesEachLaneTwoNeighboursOfEachMatrix) {
  const Buffer<unsigned> parts(*device, 128, Purpose::workspace);
  four_matrices_kernel<<<1, 32, 0, device->stream()>>>(parts.data());
  CUDA_CHECK(cudaGetLastError());
  std::vector<unsigned> got(128);
  device->copy_out(got.data(), parts.data(), 128);
  // By hand: lane 0 has the first two numbers of row 0, lane 6 the fifth and the sixth of row 1, lane 31 the last two of row 7.
  EXPECT_EQ(number(got[0], 0), 0);
  EXPECT_EQ(number(got[0], 1), 1);
  EXPECT_EQ(number(got[4 * 6 + 0], 0), 32 + 4);
  EXPECT_EQ(number(got[4 * 6 + 2], 1), 32 + 16 + 5);
  EXPECT_EQ(number(got[4 * 31 + 3], 1), 7 * 32 + 31);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      for (int which = 0; which < 2; ++which)
        EXPECT_EQ(number(got[size_t(4 * lane + i)], which), 32 * (lane / 4) + 8 * i + 2 * (lane % 4) + which) << lane << " " << i;
}

// One number of a is 1, the others 0: then a row of b comes out in a row of the sum. Which rows these are tells where the number is.
// The tables are the manual's: row and column of a lane's eight numbers of a, four of b, and four of the sum.
TEST_F(Instructions, MultiplicationHasTheManualsPlaces) {
  const auto a_place = [](int lane, int i) { return std::pair((i < 2 || (i >= 4 && i < 6)) ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8)); };
  const auto b_place = [](int lane, int i) { return std::pair(lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8), lane / 4); };
  const auto sum_place = [](int lane, int i) { return std::pair(i < 2 ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + (i & 1)); };
  std::vector<unsigned> b(64);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; i += 2) {
      const auto [row, column] = b_place(lane, i);
      b[size_t(2 * lane + i / 2)] = two_of(float(8 * row + column), float(8 * (row + 1) + column));
    }
  std::set<std::pair<int, int>> seen;
  for (int from = 0; from < 32; ++from)
    for (int number_of_a = 0; number_of_a < 8; ++number_of_a) {
      std::vector<unsigned> a(128, 0);
      a[size_t(4 * from + number_of_a / 2)] = number_of_a % 2 == 0 ? two_of(1, 0) : two_of(0, 1);
      const std::vector<float> sums = product(std::vector<float>(128, 1000), a, b);
      const auto [row, p] = a_place(from, number_of_a);
      seen.insert({row, p});
      for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 4; ++i) {
          const auto [r, column] = sum_place(lane, i);
          ASSERT_EQ(sums[size_t(4 * lane + i)], r == row ? 1000 + 8 * p + column : 1000) << from << " " << number_of_a << " " << lane << " " << i;
        }
    }
  EXPECT_EQ(seen.size(), 256u);
}

// Products of bfloat16 are exact in float; of 17 numbers that are added, one rounds each addition by 2^-24 of its result at most, if they
// are added one by one as here. A GPU may cut off instead of rounding, and may align all to the largest: 2^-22 a number bounds both.
TEST_F(Instructions, SumsAreFloats) {
  std::vector<unsigned> a(128), b(64);
  for (unsigned& two : a) two = two_of(1 + 0x1p-7f, 1);
  for (unsigned& two : b) two = two_of(1 + 0x1p-7f, 0x1p-12f);
  const float exact = 5 + 8 * (1 + 0x1p-7f) * (1 + 0x1p-7f) + 8 * 0x1p-12f;
  for (float sum : product(std::vector<float>(128, 5), a, b)) EXPECT_NEAR(sum, exact, 17 * exact * 0x1p-22f);
}

// What only nvcc translates, as the manual writes it: four registers of a lane, an address; then d, a, b and c, where d lies in c's registers.
TEST(Assembly, NamesEachRegisterInItsPlace) {
  std::ifstream header("chapters/03_fast_kernels/tensor_instructions.h");
  const std::string text{std::istreambuf_iterator<char>(header), {}};
  std::vector<std::string> found;
  for (size_t at = 0; (at = text.find("asm volatile(", at)) != std::string::npos;) {
    const size_t end = text.find(");\n", at);
    std::string one;
    for (; at < end; ++at)
      if (text[at] != ' ' && text[at] != '\n') one += text[at];
    found.push_back(one.substr(std::string("asmvolatile(").size()));
  }
  EXPECT_EQ(found, (std::vector<std::string>{
                       R"("ldmatrix.sync.aligned.m8n8.x4.shared.b16{%0,%1,%2,%3},[%4];":"=r"(part[0]),"=r"(part[1]),"=r"(part[2]),"=r"(part[3]))"
                       R"(:"r"(unsigned(__cvta_generic_to_shared(row))):"memory")",
                       R"("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};")"
                       R"(:"+f"(sum[0]),"+f"(sum[1]),"+f"(sum[2]),"+f"(sum[3]):"r"(a[0]),"r"(a[1]),"r"(a[2]),"r"(a[3]),"r"(b[0]),"r"(b[1]))"}));
}

}  // namespace
