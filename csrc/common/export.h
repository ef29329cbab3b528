// The op libraries hide every symbol but those marked here, which _core and libtorchtally_cuda call.
#pragma once

#if defined(_WIN32)
#if defined(TORCHTALLY_BUILDING_LIBRARY)
#define TORCHTALLY_API __declspec(dllexport)
#else
#define TORCHTALLY_API __declspec(dllimport)
#endif
#else
#define TORCHTALLY_API __attribute__((visibility("default")))
#endif
