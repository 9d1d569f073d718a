// What chapter 12 claims of pictures: IDX and PGM files are read as they are meant, anything else is named in one line, and a picture is
// drawn with the ink that it has.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "chapters/12_restart/pictures.h"
#include "tests/data_sets.h"
#include "tests/mpi_expect.h"

namespace {

using data_sets::big_endian;

const std::string file = testing::TempDir() + "picture_" + std::to_string(getpid());

Dataset read(const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
  const Dataset d = read_pictures(file);
  std::filesystem::remove(file);
  return d;
}
// What is said of a file with these bytes, without the file's name.
std::string refusal(const std::string& bytes) {
  const std::string error = error_of([&] { read(bytes); });
  std::filesystem::remove(file);
  EXPECT_EQ(error.substr(0, file.size()), file);
  return error.substr(std::min(error.size(), file.size()));
}

std::string idx(uint32_t count, uint32_t height, uint32_t width, const std::string& pixels) {
  return big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width) + pixels;
}

using Pixels = std::vector<uint8_t>;

}  // namespace

TEST(Idx, IsReadAsItIs) {
  const Dataset d = read(idx(2, 2, 3, std::string("\0\1\2\xff\4\5\6\7\x80\x09\x0a\x0b", 12)));
  EXPECT_EQ(d.count, 2u);
  EXPECT_EQ(d.height, 2u);
  EXPECT_EQ(d.width, 3u);
  EXPECT_EQ(d.pixels, (Pixels{0, 1, 2, 255, 4, 5, 6, 7, 128, 9, 10, 11}));
  const Dataset wide = read(idx(1, 1, 4096, std::string(4096, '\3'))), high = read(idx(1, 4096, 1, std::string(4096, '\4')));
  EXPECT_EQ(wide.width, 4096u);
  EXPECT_EQ(high.height, 4096u);
}

TEST(Idx, OfAnotherLengthOrSizeIsRefused) {
  EXPECT_EQ(refusal(idx(2, 2, 3, std::string(11, 'x'))), ": cut short: 27 bytes, expected 28");
  EXPECT_EQ(refusal(idx(2, 2, 3, std::string(13, 'x'))), ": too long: 29 bytes, expected 28");
  EXPECT_EQ(refusal(idx(2, 2, 3, "").substr(0, 15)), ": cut short: 15 bytes, expected 16");
  EXPECT_EQ(refusal(idx(1, 1, 1, "")), ": cut short: 16 bytes, expected 17");
  EXPECT_EQ(refusal(idx(0, 1, 1, "")), ": 0 pictures of 1 x 1 pixels");
  EXPECT_EQ(refusal(idx(1, 0, 1, "")), ": 1 pictures of 1 x 0 pixels");
  EXPECT_EQ(refusal(idx(1, 1, 0, "")), ": 1 pictures of 0 x 1 pixels");
  EXPECT_EQ(refusal(idx(1, 4097, 1, "")), ": 1 pictures of 1 x 4097 pixels");
  EXPECT_EQ(refusal(idx(1, 1, 4097, "")), ": 1 pictures of 4097 x 1 pixels");
  EXPECT_EQ(refusal(idx(100'000'001, 1, 1, "")), ": 100000001 pictures of 1 x 1 pixels");
  EXPECT_EQ(refusal(idx(100'000'000, 1, 1, "")), ": cut short: 16 bytes, expected 100000016");
  EXPECT_EQ(refusal(idx(0x01020304, 4096, 1, "")), ": cut short: 16 bytes, expected 69259509776");
  EXPECT_EQ(refusal("GIF89a"), ": neither an IDX file of images nor a PGM picture");
  EXPECT_EQ(refusal("P"), ": neither an IDX file of images nor a PGM picture");
  EXPECT_EQ(error_of([] { read_pictures("/no/such/file"); }), "/no/such/file: cannot open: No such file or directory");
  EXPECT_EQ(error_of([] { read_pictures("/"); }), "/: cannot read: Is a directory");
}

// White is the largest number of the file, and becomes 255; others become the nearest of 0 to 255.
TEST(Pgm, IsScaledToItsWhite) {
  const Dataset d = read("P2\n# by hand\n3 2 # width, height\n100\n0 1 2\n50 99 100");
  EXPECT_EQ(d.count, 1u);
  EXPECT_EQ(d.width, 3u);
  EXPECT_EQ(d.height, 2u);
  EXPECT_EQ(d.pixels, (Pixels{0, 3, 5, 128, 252, 255}));  // 255 times 0.01 is 2.55, 0.02 is 5.1, 0.5 is 127.5, 0.99 is 252.45
  EXPECT_EQ(read("P2 2 1 1 0 1#").pixels, (Pixels{0, 255}));
  EXPECT_EQ(read("P2 1 1 65535 32768").pixels, (Pixels{128}));
  EXPECT_EQ(read("P2 1 1 255 #\n#\n\t7").pixels, (Pixels{7}));

  EXPECT_EQ(read("P5 3 1 255\n\x07\x80\xff").pixels, (Pixels{7, 128, 255}));
  EXPECT_EQ(read("P5 2 1 51\n\x33\x0a").pixels, (Pixels{255, 50}));
  EXPECT_EQ(read(std::string("P5 2 1 256\n\1\0\0\x80", 15)).pixels, (Pixels{255, 128}));  // two bytes a pixel, the high one first
  EXPECT_EQ(read(std::string("P5 1 1 65535\n\xff\xff", 15)).pixels, (Pixels{255}));
}

TEST(Pgm, ThatIsNoneIsRefused) {
  EXPECT_EQ(refusal("P5 2 2 255\nabc"), ": cut short: 14 bytes, expected 15");
  EXPECT_EQ(refusal("P5 2 2 255\nabcde"), ": too long: 16 bytes, expected 15");
  EXPECT_EQ(refusal("P5 2 2 256\nabcd"), ": cut short: 15 bytes, expected 19");
  EXPECT_EQ(refusal("P5 2 2 255"), ": cut short: 10 bytes, expected 15");
  EXPECT_EQ(refusal("P2 1 1 0 0"), ": white is 0, expected 1 to 65535");
  EXPECT_EQ(refusal("P2 1 1 65536 0"), ": white is 65536, expected 1 to 65535");
  EXPECT_EQ(refusal("P2 1 1 9 10"), ": a pixel of 10, white is 9");
  EXPECT_EQ(refusal("P5 1 1 9\n\x0a"), ": a pixel of 10, white is 9");
  EXPECT_EQ(refusal("P2 4097 1 1"), ": 1 pictures of 4097 x 1 pixels");
  EXPECT_EQ(refusal("P2 123456789012 1 1"), ": 1 pictures of 123456789 x 12 pixels");  // nine digits are the most
  EXPECT_EQ(refusal("P2 a"), ": byte 3: expected the width");
  EXPECT_EQ(refusal("P2 1 -1"), ": byte 5: expected the height");
  EXPECT_EQ(refusal("P2 1 1 "), ": byte 7: expected the value of white");
  EXPECT_EQ(refusal("P2 2 1 1 0 # no more"), ": byte 20: expected the pixel");
  EXPECT_EQ(refusal("P2"), ": byte 2: expected the width");
}

TEST(Pictures, AreInverted) {
  Dataset d;
  d.pixels = {0, 1, 200, 255};
  invert(d);
  EXPECT_EQ(d.pixels, (Pixels{255, 254, 55, 0}));
}

// Two characters a pixel, one empty line and column around the ink where the picture has them; the bars beside it.
TEST(Draw, ShowsTheInkAndTheProbabilities) {
  Pixels pixels(5 * 6);
  pixels[1 * 6 + 4] = 255;
  pixels[2 * 6 + 3] = 28, pixels[2 * 6 + 4] = 29;  // the border between the first two shades: 28 · 9 / 255 is below 1
  pixels[2 * 6 + 5] = 128;
  EXPECT_EQ(draw(pixels, 6, std::vector<double>{0.024, 0.025, 0.951, 0}),
            "            0    2.40 %\n"
            "    @@      1    2.50 %  #\n"
            "    ..==    2   95.10 %  ###################\n"
            "            3    0.00 %\n");
  EXPECT_EQ(draw(pixels, 6, std::vector<double>{1}),
            "            0  100.00 %  ####################\n"
            "    @@\n"
            "    ..==\n"
            "\n");
  // Ink in the first and in the last line and column: no margin there.
  EXPECT_EQ(draw(Pixels{255, 0, 0, 60, 0, 0, 0, 0, 90}, 3, std::vector<double>{}), "@@\n::\n    --\n");
  EXPECT_EQ(draw(Pixels{0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0}, 4, std::vector<double>{0.5, 0.5}),
            "        0   50.00 %  ##########\n        1   50.00 %  ##########\n");
  EXPECT_EQ(draw(Pixels(6), 2, std::vector<double>{1}), "      0  100.00 %  ####################\n");
}
