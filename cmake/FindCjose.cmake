# libcjose, whose .pc file in Debian 12 asks for a package that its headers do not need. Gives Cjose::Cjose, with
# OpenSSL's libcrypto.
find_package(OpenSSL 3 QUIET)
find_path(Cjose_INCLUDE_DIR cjose/cjose.h)
find_library(Cjose_LIBRARY cjose)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cjose REQUIRED_VARS Cjose_LIBRARY Cjose_INCLUDE_DIR OPENSSL_FOUND)
mark_as_advanced(Cjose_INCLUDE_DIR Cjose_LIBRARY)
if(Cjose_FOUND AND NOT TARGET Cjose::Cjose)
  add_library(Cjose::Cjose INTERFACE IMPORTED)
  target_include_directories(Cjose::Cjose INTERFACE ${Cjose_INCLUDE_DIR})
  target_link_libraries(Cjose::Cjose INTERFACE ${Cjose_LIBRARY} OpenSSL::Crypto)
endif()
