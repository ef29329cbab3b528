/// \file
/// Everything: counts, scores and metrics, for programs with LibTorch and without Python. See docs/cpp.md.
#pragma once

#include <torchtally/counts.h>
#include <torchtally/metrics.h>
#include <torchtally/options.h>
#include <torchtally/scores.h>
