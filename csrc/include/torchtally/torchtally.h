/// \file
/// Everything: counts, scores, metrics and losses, for programs with LibTorch and without Python. See docs/cpp.md.
#pragma once

#include <torchtally/counts.h>
#include <torchtally/loss_modules.h>
#include <torchtally/loss_presets.h>
#include <torchtally/losses.h>
#include <torchtally/metrics.h>
#include <torchtally/options.h>
#include <torchtally/scores.h>
