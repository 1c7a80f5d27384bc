# What every target of ours has in common: the language, the warnings, the visibility, where programs go.
# A project that embeds Daybook inherits none of it: everything here is PRIVATE to the target.
function(daybook_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
  # False alarms of GCC inside its own headers: an std::variant's empty alternative in libpqxx's parameters (GCC bug
  # 105562), and, before 13, "literal" + std::string (105329).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-restrict)
    endif()
  endif()
  if(DAYBOOK_WARNINGS_ARE_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(DAYBOOK_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${DAYBOOK_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${DAYBOOK_SANITIZE})
  endif()
  if(DAYBOOK_TIDY)
    set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "clang-tidy;--quiet")
  endif()
endfunction()
