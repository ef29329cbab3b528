// Binary PGM images of 8 bits, the simplest format of real images.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

// uint8 [H, W]
inline at::Tensor read_pgm(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int64_t width = 0, height = 0, largest = 0;
  if (!(file >> magic >> width >> height >> largest) || magic != "P5" || width < 1 || height < 1 || largest != 255) {
    throw std::runtime_error(path.string() + " is not a binary PGM file of 8 bits");
  }
  file.get();  // one white space ends the header
  const at::Tensor image = at::empty({height, width}, at::kByte);
  if (!file.read(static_cast<char*>(image.mutable_data_ptr()), image.numel())) {
    throw std::runtime_error(path.string() + " ends early");
  }
  return image;
}
