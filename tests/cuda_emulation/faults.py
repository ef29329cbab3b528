"""Faults planted in the kernels' source, to see that the emulation can fail.

A fault replaces one piece of a copy of the source; a piece that does not occur exactly
once is an error, so the table cannot outlive the code. The kernels hold no test hooks.
``planting`` makes the copies and runs them.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The means that catch a fault, with their flags and what they then say.
NONE, THREADS, ADDRESSES = "the result", "ThreadSanitizer", "AddressSanitizer and UBSan"
FLAGS: dict[str, list[str]] = {
    NONE: [],
    THREADS: ["-fsanitize=thread"],
    ADDRESSES: ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
}
WRONG = r"wrong result: (count|invalid|a sum|a gradient|cross-entropy|sums)[^:\n]*"
RACE = r"ThreadSanitizer: data race"


@dataclass(frozen=True)
class Fault:
    """One replacement, the kernels that show it, and how it is caught.

    Attributes:
        file: Below csrc.
        old: What occurs once in the file.
        new: What takes its place.
        means: A key of ``FLAGS``: what the kernels are compiled with.
        says: A regular expression of the report.
        source: How pixels are counted: a C++ type.
        tier: Where a block counts: a C++ type.
        program: A key of ``build.PROGRAMS``; all kernels of ``overlap_test`` are
            compiled, whatever source and tier say.
    """

    name: str
    file: str
    old: str
    new: str
    means: str
    says: str
    source: str = "Labels<1>"
    tier: str = "SharedTier"
    program: str = "counting_test"


_BINS = "ops/cuda/counting_bins.cuh"
_DEVICE = "ops/cuda/counting_device.cuh"
_READ = "ops/cuda/counting_read.cuh"
_SCORES = "ops/cuda/counting_scores.cuh"
_POLICY = "ops/cuda/counting_policy.cpp"
_REGISTERS_READ = "ops/cuda/overlap_registers_read.cuh"
_REGISTERS_FORWARD = "ops/cuda/overlap_registers_forward.cuh"
_REGISTERS_BACKWARD = "ops/cuda/overlap_registers_backward.cuh"
_TILES_READ = "ops/cuda/overlap_tiles_read.cuh"
_TILES_SOFTMAX = "ops/cuda/overlap_tiles_softmax.cuh"
_TILES_FORWARD = "ops/cuda/overlap_tiles_forward.cuh"
_TILES_BACKWARD = "ops/cuda/overlap_tiles_backward.cuh"
_OVERLAP = "ops/cuda/overlap_device.cuh"
_FOLD = "ops/cuda/overlap_sums_kernel.cuh"
_OVERLAP_POLICY = "ops/cuda/overlap_policy.cpp"

FAULTS = [
    Fault(
        "no barrier behind the clearing of the bins",
        _BINS,
        "      shared_[i] = 0;\n    }\n    __syncthreads();",
        "      shared_[i] = 0;\n    }",
        THREADS,
        RACE,
    ),
    Fault(
        "no barrier before the fold",
        _BINS,
        "void flush() const {\n    __syncthreads();",
        "void flush() const {",
        THREADS,
        RACE,
    ),
    Fault(
        "no barrier between the fold and the next part's clearing",
        _BINS,
        "        output_.add(bin, sum);\n      }\n    }\n    __syncthreads();",
        "        output_.add(bin, sum);\n      }\n    }",
        THREADS,
        RACE,
    ),
    Fault(
        "blocks add to the output without atomics",
        _BINS,
        "atomicAdd(reinterpret_cast<unsigned long long*>(at), "
        "static_cast<unsigned long long>(count));",
        "*at += static_cast<int64_t>(count);",
        THREADS,
        RACE,
    ),
    Fault(
        "threads add to a bin without atomics",
        _BINS,
        "atomicAdd(copy_ + bin * copies_, count);",
        "copy_[bin * copies_] += count;",
        THREADS,
        RACE,
    ),
    Fault(
        "no barrier behind the clearing of the pairs",
        _DEVICE,
        "      shared[i] = 0;\n    }\n    __syncthreads();",
        "      shared[i] = 0;\n    }",
        THREADS,
        RACE,
        tier="PairsTier",
    ),
    Fault(
        "no barrier before the pairs are added up",
        _DEVICE,
        "finish() {\n    __syncthreads();\n    const Pairs pairs",
        "finish() {\n    const Pairs pairs",
        THREADS,
        RACE,
        tier="PairsTier",
    ),
    Fault(
        "pairs not cleared to the last",
        _DEVICE,
        "i < (cells() + 1) * arguments.copies;",
        "i < (cells() - 1) * arguments.copies;",
        NONE,
        WRONG,
        tier="PairsTier",
    ),
    Fault(
        "no room for what is left out",
        _POLICY,
        "few ? codes * codes + 1 : 0",
        "few ? codes * codes : 0",
        ADDRESSES,
        "AddressSanitizer: heap-buffer-overflow",
        tier="PairsTier",
    ),
    Fault(
        "pixels that are left out are counted",
        _DEVICE,
        "(keep >> k & 1) != 0 ? cell : left_out_",
        "(keep | 1) != 0 ? cell : left_out_",
        NONE,
        WRONG,
        tier="PairsTier",
    ),
    Fault(
        "the ignored labels of another word",
        _READ,
        "<< w * kPerWord;",
        "<< (w ^ 1) * kPerWord;",
        NONE,
        WRONG,
        tier="PairsTier",
    ),
    Fault(
        "no barrier before the sums of the warps are read",
        _DEVICE,
        "= cells[c];\n      }\n    }\n    __syncthreads();",
        "= cells[c];\n      }\n    }",
        THREADS,
        RACE,
        tier="BitsTier",
    ),
    Fault(
        "bins not cleared to the last",
        _BINS,
        "i < bins_ * copies_;",
        "i < bins_ * copies_ - 1;",
        NONE,
        WRONG,
    ),
    Fault(
        "a bin past the end",
        _BINS,
        "bin < bins_; bin",
        "bin <= bins_; bin",
        ADDRESSES,
        "AddressSanitizer: heap-buffer-overflow",
    ),
    Fault(
        "the fold takes a copy twice and another never",
        _BINS,
        "((r + threadIdx.x) & (copies_ - 1))",
        "((r | threadIdx.x) & (copies_ - 1))",
        NONE,
        WRONG,
    ),
    Fault(
        "a part may hold more pixels than a bin can count",
        _POLICY,
        "std::min(policy.max_pixels_per_block, kLargestCount)",
        "policy.max_pixels_per_block",
        NONE,
        "overflow: a part of",
    ),
    Fault(
        "a run outgrows its counter",
        _DEVICE,
        "  Key preds_ = 0;\n  uint32_t count_ = 0;",
        "  Key preds_ = 0;\n  uint32_t count_ : 4 = 0;",
        NONE,
        WRONG,
    ),
    Fault(
        "the tail behind the last vector is lost",
        _DEVICE,
        "const int64_t last = end - skipped;",
        "const int64_t last = end - skipped - (skipped > 0 ? end - tail : 0);",
        NONE,
        WRONG,
    ),
    Fault(
        "a vector that reaches into the next group",
        _DEVICE,
        "tail = end - (end - head) % Source::kWidth;",
        "tail = end;",
        NONE,
        WRONG,
    ),
    Fault(
        "a vector past the end of the part is counted",
        _DEVICE,
        "first;\n        batch.keep[v] = live ? batch.kAll : 0;",
        "first;\n        batch.keep[v] = batch.kAll;",
        NONE,
        WRONG,
    ),
    Fault(
        "vectors that start where the group starts, aligned or not",
        _DEVICE,
        "(kWidth - phase % kWidth) % kWidth",
        "0 * phase",
        ADDRESSES,
        "runtime error: reference binding to misaligned|misaligned address",
        source="Labels<8>",
    ),
    Fault(
        "offsets of 32 bits",
        _READ,
        "offsets.target += index * problem.target.pixel_stride[0];",
        "offsets.target += static_cast<int32_t>(index) * "
        "static_cast<int32_t>(problem.target.pixel_stride[0]);",
        ADDRESSES,
        "runtime error: signed integer overflow",
    ),
    Fault(
        "the prediction of the neighbouring pixel",
        _DEVICE,
        "label_of<kBits>(preds, k));\n      }",
        "label_of<kBits>(preds, k ^ 1));\n      }",
        NONE,
        WRONG,
    ),
    Fault(
        "the mask of the neighbouring pixels",
        _READ,
        "<< 4 * i;",
        "<< 2 * i;",
        NONE,
        WRONG,
    ),
    Fault(
        "a lane left out of a shuffle",
        _DEVICE,
        "__shfl_xor_sync(0xffffffffU,",
        "__shfl_xor_sync(0x7fffffffU,",
        NONE,
        "a shuffle whose mask leaves its own lane out",
        tier="BitsTier",
    ),
    Fault(
        "half of a warp left out of a sum",
        _DEVICE,
        "for (lanes /= 2; lanes > 0;",
        "for (lanes /= 4; lanes > 0;",
        NONE,
        WRONG,
        tier="BitsTier",
    ),
    Fault(
        "a barrier that only some threads reach",
        _DEVICE,
        "    if (threadIdx.x < kBinaryCells) {\n      uint32_t sum = 0;",
        "    if (threadIdx.x < kBinaryCells) {\n      __syncthreads();\n"
        "      uint32_t sum = 0;",
        NONE,
        "divergent __syncthreads",
        tier="BitsTier",
    ),
    Fault(
        "class planes one too far",
        _SCORES,
        "label + static_cast<Code>(c) < classes ? problem.class_stride : 0",
        "label + static_cast<Code>(c) <= classes ? problem.class_stride : 0",
        ADDRESSES,
        "AddressSanitizer: heap-buffer-overflow",
        source="Scores<float>",
    ),
    Fault(
        "a NaN among probabilities is valid",
        _SCORES,
        "score >= 0 && score <= 1 :",
        "!(score < 0) && !(score > 1) :",
        NONE,
        WRONG,
        source="Scores<float>",
    ),
    Fault(
        "every label has the threshold of the first",
        _SCORES,
        "problem.threshold_of(label)",
        "problem.threshold_of(0 * label)",
        NONE,
        WRONG,
        source="Scores<float>",
    ),
]


def _overlap(
    name: str, file: str, old: str, new: str, means: str, says: str = WRONG
) -> Fault:
    return Fault(name, file, old, new, means, says, program="overlap_test")


FAULTS += [
    _overlap(
        "sums: no barrier before the columns are added",
        _REGISTERS_FORWARD,
        "lane = threadIdx.x % kWarp;\n    __syncthreads();",
        "lane = threadIdx.x % kWarp;",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier before the columns are written over",
        _REGISTERS_FORWARD,
        "% 2 != 0, sum);\n      }\n    }\n    __syncthreads();",
        "% 2 != 0, sum);\n      }\n    }",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: a column of the neighbouring thread",
        _REGISTERS_FORWARD,
        "row * kColumns + threadIdx.x]",
        "row * kColumns + (threadIdx.x & ~1U)]",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: half of the columns left out",
        _REGISTERS_FORWARD,
        "column < kColumns; column += kWarp",
        "column < kColumns / 2; column += kWarp",
        NONE,
    ),
    _overlap(
        "sums: no barrier before the next part's terms",
        _REGISTERS_BACKWARD,
        "problem.pixels, index);\n    __syncthreads();",
        "problem.pixels, index);",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier before the terms are read",
        _REGISTERS_BACKWARD,
        "TargetTerms<float>{};\n    }\n    __syncthreads();",
        "TargetTerms<float>{};\n    }",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier before the pixels' terms are used",
        _TILES_FORWARD,
        "normalize(group);\n          __syncthreads();",
        "normalize(group);",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier before the statistics of a pixel are merged",
        _TILES_SOFTMAX,
        "store(slot(0, member, i), largest);\n    }\n    __syncthreads();",
        "store(slot(0, member, i), largest);\n    }",
        NONE,
    ),
    _overlap(
        "sums: statistics of a pixel keep their own maximum",
        _TILES_SOFTMAX,
        "larger_of(found[v], largest[v])",
        "larger_of(largest[v], largest[v])",
        NONE,
    ),
    _overlap(
        "sums: the statistics of the neighbouring pixel",
        _TILES_SOFTMAX,
        "load(slot(s, other, i), found);",
        "load(slot(s, other, i ^ kVector), found);",
        NONE,
    ),
    _overlap(
        "sums: no barrier before the next tile's terms",
        _TILES_FORWARD,
        "        __syncthreads();\n        add_rows(group);",
        "        add_rows(group);",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier between gradients and the next tile",
        _TILES_BACKWARD,
        "given_.data, tile_, group);\n        __syncthreads();",
        "given_.data, tile_, group);",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: lanes do not wait for the warp's classes",
        _REGISTERS_READ,
        "    __syncwarp();  // the rows are there;",
        "    //",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: a warp's classes are written over while lanes read them",
        _REGISTERS_READ,
        "    __syncwarp();  // the rows before these have been read\n",
        "",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: too little shared memory for the columns",
        _OVERLAP_POLICY,
        "2 * (problem.classes + 2)",
        "2 * (problem.classes + 1)",
        ADDRESSES,
        "AddressSanitizer: heap-buffer-overflow",
    ),
    _overlap(
        "sums: the logit of the first class for that of the label",
        _REGISTERS_READ,
        "? static_cast<uint32_t>(code[q]) : 0;",
        "? 0 : 0;",
        NONE,
    ),
    _overlap(
        "sums: offsets of 32 bits",
        _TILES_READ,
        "memory + k * operand.class_stride + v * kWidth;",
        "memory + static_cast<int>(k) * static_cast<int>(operand.class_stride) + "
        "v * kWidth;",
        ADDRESSES,
        "runtime error: signed integer overflow",
    ),
    _overlap(
        "sums: a pixel past the end of the part counts",
        _REGISTERS_READ,
        "kept[q] != 0 && exists(q) ?",
        "kept[q] != 0 ?",
        NONE,
    ),
    _overlap(
        "sums: a second tile replaces the first",
        _TILES_FORWARD,
        "? 0.0 : *sum_at(row, k);",
        "? 0.0 : 0.0 * *sum_at(row, k);",
        NONE,
    ),
    _overlap(
        "sums: what was summed is not scaled to the new maximum",
        _TILES_SOFTMAX,
        "        sums[0][v] *= correction;\n",
        "",
        NONE,
    ),
    _overlap(
        "sums: elements are read before they have arrived",
        _TILES_FORWARD,
        "    wait_for_copies();\n",
        "",
        NONE,
    ),
    _overlap(
        "sums: no barrier before the gradient of the label takes its place",
        _TILES_BACKWARD,
        "      __syncthreads();\n      replace_labels(group);",
        "      replace_labels(group);",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier before the sums of segments are added",
        _TILES_FORWARD,
        "    if (segments == 1) {\n      return;\n    }\n    __syncthreads();",
        "    if (segments == 1) {\n      return;\n    }",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: no barrier before the sums of a part are written",
        _TILES_FORWARD,
        "    __syncthreads();\n    for (int64_t cell = threadIdx.x; plan_.sums > 0",
        "    for (int64_t cell = threadIdx.x; plan_.sums > 0",
        THREADS,
        RACE,
    ),
    _overlap(
        "sums: lanes of one label all add their sum",
        _TILES_FORWARD,
        "leads = leads && !(same && other + j < lane);",
        "leads = leads && !(same && other + j + 1 < lane);",
        NONE,
    ),
    _overlap(
        "sums: half of a warp left out",
        _OVERLAP,
        "int lanes = kWarp / 2;",
        "int lanes = kWarp / 4;",
        NONE,
    ),
    _overlap(
        "sums: a part left out of the fold",
        _FOLD,
        "part < given.parts_per_sample ?",
        "part + 1 < given.parts_per_sample ?",
        NONE,
    ),
    _overlap(
        "sums: the gradient of a pixel that does not count",
        _REGISTERS_BACKWARD,
        "pixels.code[q] < static_cast<Code>(classes) ? value : 0.0F;",
        "value;",
        NONE,
    ),
    _overlap(
        "sums: a shuffle that only some lanes reach",
        _TILES_FORWARD,
        "const double sum = warp_sum(scalars[v]);",
        "const double sum = threadIdx.x % 2 == 0 ? warp_sum(scalars[v]) : scalars[v];",
        NONE,
        "a shuffle that not all of its lanes reach|a shuffle waits for lane",
    ),
]
