# What C++ callers find: the headers and the CMake package TorchTally, beside the libraries. No file of it names an
# absolute path, so the whole may be moved.
#
# torchtally_install_package(<library>...) installs the libraries and the package: where GNUInstallDirs says, or in the
# folder of the Python package, which is the prefix of a wheel (wheel.install-dir in pyproject.toml).

include(CMakePackageConfigHelpers)

if(TORCHTALLY_PYTHON)
  # Where _library.py looks on every system, and a Python package has no folder of programs.
  set(CMAKE_INSTALL_BINDIR lib)
  set(CMAKE_INSTALL_LIBDIR lib)
  set(CMAKE_INSTALL_INCLUDEDIR include)
  set(TORCHTALLY_INSTALL_CMAKE share/cmake/TorchTally)
else()
  include(GNUInstallDirs)
  set(TORCHTALLY_INSTALL_CMAKE "${CMAKE_INSTALL_LIBDIR}/cmake/TorchTally")
endif()

function(torchtally_install_package)
  # The headers compile as C++17 or newer, whatever the libraries were built as.
  target_compile_features(torchtally INTERFACE cxx_std_17)
  target_include_directories(torchtally INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  install(TARGETS ${ARGN} EXPORT TorchTallyTargets
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(DIRECTORY csrc/include/torchtally DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
  install(EXPORT TorchTallyTargets NAMESPACE TorchTally:: DESTINATION "${TORCHTALLY_INSTALL_CMAKE}")

  set(package "${CMAKE_CURRENT_BINARY_DIR}/package")
  configure_package_config_file(cmake/TorchTallyConfig.cmake.in "${package}/TorchTallyConfig.cmake"
    INSTALL_DESTINATION "${TORCHTALLY_INSTALL_CMAKE}" NO_SET_AND_CHECK_MACRO)
  # Before 1.0 the headers may change with a minor version.
  write_basic_package_version_file("${package}/TorchTallyConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${package}/TorchTallyConfig.cmake" "${package}/TorchTallyConfigVersion.cmake"
    DESTINATION "${TORCHTALLY_INSTALL_CMAKE}")
endfunction()
