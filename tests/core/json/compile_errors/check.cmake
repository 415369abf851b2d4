# cmake -D SOURCE=file -D COMMAND=compiler;and;its;arguments -P check.cmake
#
# Compiles SOURCE, which must fail, and say each text that SOURCE expects.
file(STRINGS ${SOURCE} expectations REGEX "^// expect: ")
execute_process(COMMAND ${COMMAND} ${SOURCE}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles")
endif()
set(missing "")
foreach(expectation IN LISTS expectations)
  string(REPLACE "// expect: " "" text "${expectation}")
  string(FIND "${output}" "${text}" at)
  if(at EQUAL -1)
    string(APPEND missing "\n  ${text}")
  endif()
endforeach()
if(missing)
  message("${output}")
  message(FATAL_ERROR "The compiler does not say:${missing}")
endif()
