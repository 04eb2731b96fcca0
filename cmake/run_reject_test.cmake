# Compiles SOURCE with CHECKREIN_REJECT=0 (must succeed) and =1 (must fail with the expected error, once, in few lines).
#
# The first line of SOURCE is `// expect: REGEX`. An optional `// errors: N` allows N errors (default 1): a mistake
# that the language itself rejects may need more than one line to say so.
cmake_minimum_required(VERSION 3.25)

file(STRINGS ${SOURCE} expect_line LIMIT_COUNT 1)
if(NOT expect_line MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE}: the first line must be '// expect: REGEX'")
endif()
set(expected "${CMAKE_MATCH_1}")
set(allowed_errors 1)
file(STRINGS ${SOURCE} errors_line REGEX "^// errors: [0-9]+$")
if(errors_line)
  string(REGEX REPLACE "^// errors: " "" allowed_errors "${errors_line}")
endif()

# -I, not -isystem, for our own headers: compilers shorten what they say about system headers.
set(flags -std=c++20 -fsyntax-only)
foreach(include IN LISTS INCLUDES)
  if(NOT include STREQUAL "/usr/include")
    list(APPEND flags -I${include})
  endif()
endforeach()

execute_process(COMMAND ${COMPILER} ${flags} -DCHECKREIN_REJECT=0 ${SOURCE}
                RESULT_VARIABLE accepted OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT accepted EQUAL 0)
  message(FATAL_ERROR "the right twin does not compile:\n${output}")
endif()

execute_process(COMMAND ${COMPILER} ${flags} -DCHECKREIN_REJECT=1 ${SOURCE}
                RESULT_VARIABLE rejected OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(rejected EQUAL 0)
  message(FATAL_ERROR "the wrong twin compiles; expected: ${expected}")
endif()
string(REPLACE ";" "," lines "${output}")
string(REPLACE "\n" ";" lines "${lines}")
list(LENGTH lines line_count)
set(errors 0)
set(found FALSE)
foreach(line IN LISTS lines)
  if(line MATCHES "error: ")
    math(EXPR errors "${errors} + 1")
    if(line MATCHES "${expected}")
      set(found TRUE)
    endif()
  endif()
endforeach()
if(NOT found)
  message(FATAL_ERROR "no error line matches: ${expected}\n${output}")
endif()
if(errors GREATER allowed_errors)
  message(FATAL_ERROR "${errors} errors where ${allowed_errors} are allowed\n${output}")
endif()
if(line_count GREATER 31)
  message(FATAL_ERROR "${line_count} lines; at most 30 are readable\n${output}")
endif()
message(STATUS "${line_count} lines, ${errors} error(s)")
