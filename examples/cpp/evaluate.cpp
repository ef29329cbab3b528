// Evaluates a segmentation network on a folder of images, without Python in the process.
//
//   evaluate model.pt2 images/ labels/ other,grey,white
//
// The package (export_model.py) runs the network and counts its labels against the true ones in one program, because
// the op torchtally::confusion_matrix is part of its graph. Matrices are integers, so those of all images add up
// exactly; every score is derived from their sum.
#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torchtally/scores.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "pgm.h"

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> parts;
  std::istringstream text(names);
  for (std::string part; std::getline(text, part, ',');) {
    parts.push_back(part);
  }
  return parts;
}

// int64 [C, C], rows are labels, columns predictions
at::Tensor count(const std::string& package, const std::vector<fs::path>& images, const fs::path& labels,
                 int64_t classes) {
  torch::inductor::AOTIModelPackageLoader model(package);
  at::Tensor total = at::zeros({classes, classes}, at::kLong);
  for (const fs::path& image : images) {
    const std::vector<at::Tensor> outputs =
        model.run({read_pgm(image).unsqueeze(0), read_pgm(labels / image.filename()).unsqueeze(0)});
    const at::Tensor matrix = outputs.at(1), invalid = outputs.at(2);
    if (invalid.item<int64_t>() != 0) {
      throw std::runtime_error(image.filename().string() + ": a label is neither a class nor 255");
    }
    total += matrix;
  }
  return total;
}

void print(const at::Tensor& matrix, const std::vector<std::string>& names) {
  using torchtally::Average;
  using torchtally::ScoreOptions;
  const auto each = ScoreOptions().average(Average::kNone).dtype(at::kDouble);
  const auto mean = ScoreOptions().average(Average::kMacro).dtype(at::kDouble);
  const at::Tensor scores =
      at::stack({torchtally::dice_from_counts(matrix, each), torchtally::iou_from_counts(matrix, each),
                 torchtally::f1_from_counts(matrix, each)});
  const at::Tensor means =
      at::stack({torchtally::dice_from_counts(matrix, mean), torchtally::iou_from_counts(matrix, mean),
                 torchtally::f1_from_counts(matrix, mean)});
  const auto row = [](const std::string& name, const at::Tensor& three) {
    std::printf("%-10s  %.6f  %.6f  %.6f\n", name.c_str(), three[0].item<double>(), three[1].item<double>(),
                three[2].item<double>());
  };
  std::printf("%-10s      Dice       IoU        F1\n", "class");
  for (size_t c = 0; c < names.size(); ++c) {
    row(names[c], scores.select(1, static_cast<int64_t>(c)));
  }
  row("mean", means);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: evaluate MODEL.pt2 IMAGES LABELS NAME,NAME,...\n";
    return 2;
  }
  try {
    const std::vector<fs::path> images = files_of(argv[2]);
    const std::vector<std::string> names = split(argv[4]);
    const at::Tensor matrix = count(argv[1], images, argv[3], static_cast<int64_t>(names.size()));
    std::cout << images.size() << " images, " << matrix.sum().item<int64_t>() << " pixels counted\n";
    print(matrix, names);
  } catch (const std::exception& error) {
    std::cerr << "evaluate: " << error.what() << "\n";
    return 1;
  }
}
