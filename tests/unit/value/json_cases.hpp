// Texts in the manner of JSONTestSuite (github.com/nst/JSONTestSuite, MIT); names and texts are our own.
#pragma once

#include <checkrein/base/reason.hpp>

#include <cstddef>
#include <string_view>

namespace json_cases {

struct text {
  std::string_view name;
  const char* bytes;
  std::size_t size;
  [[nodiscard]] constexpr std::string_view view() const { return {bytes, size}; }
};
struct stricter {
  std::string_view name;
  const char* bytes;
  std::size_t size;
  checkrein::reason why;
  [[nodiscard]] constexpr std::string_view view() const { return {bytes, size}; }
};

/// Every parser must accept them, and so do we.
inline constexpr text accepted[] = {
    {"array_empty", "[]", 2},
    {"array_of_everything", "[null,1,\"1\",{},true,false]", 26},
    {"array_spaces", " [ 1 , 2 ] ", 11},
    {"array_newlines",
     "[\x0a"
     "1\x0a,\x0d\x0a"
     "2\x09]",
     10},
    {"object_empty", "{}", 2},
    {"object_spaces", "{ \"a\" : 1 }", 11},
    {"object_nested", "{\"a\":{\"b\":{\"c\":[]}}}", 20},
    {"object_empty_key", "{\"\":0}", 6},
    {"object_key_escaped", "{\"\\u0061\":1}", 12},
    {"object_keys_differ_in_case", "{\"a\":1,\"A\":2}", 13},
    {"number_zero", "0", 1},
    {"number_minus_zero", "-0", 2},
    {"number_int", "123", 3},
    {"number_negative", "-17", 3},
    {"number_fraction", "1.25", 4},
    {"number_exponent", "1e3", 3},
    {"number_exponent_plus", "1E+2", 4},
    {"number_exponent_minus", "1e-2", 4},
    {"number_zero_exponent", "0e1", 3},
    {"number_zero_fraction", "0.0", 3},
    {"number_tiny", "1e-300", 6},
    {"number_many_digits", "123456789012345678901234567890", 30},
    {"number_double_max", "1.7976931348623157e308", 22},
    {"string_empty", "\"\"", 2},
    {"string_ascii", "\"hello\"", 7},
    {"string_escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 18},
    {"string_unicode_escape", "\"\\u00e9\"", 8},
    {"string_surrogate_pair", "\"\\ud83d\\ude00\"", 14},
    {"string_raw_utf8", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", 11},
    {"string_del", "\"\x7f\"", 3},
    {"string_escaped_control", "\"\\u001f\"", 8},
    {"string_noncharacter", "\"\xef\xbf\xbf\"", 5},
    {"string_u2028", "\"\xe2\x80\xa8\"", 5},
    {"string_comment_like", "\"/* no */ // comment\"", 21},
    {"string_7_bytes", "\"1234567\"", 9},
    {"string_8_bytes", "\"12345678\"", 10},
    {"string_9_bytes", "\"123456789\"", 11},
    {"string_escape_at_8", "\"1234567\\n89\"", 13},
    {"string_bom_inside", "\"\xef\xbb\xbf\"", 5},
    {"string_last_plane", "\"\xf4\x8f\xbf\xbf\"", 6},
    {"string_upper_hex", "\"\\u00E9\"", 8},
    {"true", "true", 4},
    {"false", "false", 5},
    {"null", "null", 4},
    {"lonely_string", " \"a\" ", 5},
    {"depth_16", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 32},
};

/// Malformed: every parser must refuse them.
inline constexpr text malformed[] = {
    {"array_comma_first", "[,1]", 4},
    {"array_comma_last", "[1,]", 4},
    {"array_double_comma", "[1,,2]", 6},
    {"array_only_comma", "[,]", 3},
    {"array_unclosed", "[1", 2},
    {"array_unclosed_comma", "[1,", 3},
    {"array_missing_comma", "[1 2]", 5},
    {"array_wrong_close", "[1}", 3},
    {"array_colon", "[1:2]", 5},
    {"array_extra_close", "[1]]", 4},
    {"array_star", "[*]", 3},
    {"array_invalid_word", "[nul]", 5},
    {"array_in_words", "[true false]", 12},
    {"object_comma_last", "{\"a\":1,}", 8},
    {"object_comma_first", "{,\"a\":1}", 8},
    {"object_missing_colon", "{\"a\" 1}", 7},
    {"object_missing_value", "{\"a\":}", 6},
    {"object_double_colon", "{\"a\"::1}", 8},
    {"object_unquoted_key", "{a:1}", 5},
    {"object_single_quotes", "{'a':1}", 7},
    {"object_number_key", "{1:1}", 5},
    {"object_null_key", "{null:1}", 8},
    {"object_unclosed", "{\"a\":1", 6},
    {"object_unclosed_key", "{\"a", 3},
    {"object_wrong_close", "{\"a\":1]", 7},
    {"object_two_values", "{\"a\":1 2}", 9},
    {"object_semicolon", "{\"a\":1;\"b\":2}", 13},
    {"object_trailing", "{\"a\":1}#", 8},
    {"object_trailing_object", "{}{}", 4},
    {"object_comment", "{\"a\":/*c*/1}", 12},
    {"object_line_comment", "{\"a\":1}//c", 10},
    {"object_key_array", "{[\"a\"]:1}", 9},
    {"object_bad_separator", "{\"a\",\"b\"}", 9},
    {"number_plus", "+1", 2},
    {"number_leading_zero", "01", 2},
    {"number_negative_leading_zero", "-01", 3},
    {"number_dot_first", ".5", 2},
    {"number_dot_last", "1.", 2},
    {"number_minus_only", "-", 1},
    {"number_minus_space", "- 1", 3},
    {"number_double_minus", "--1", 3},
    {"number_exponent_empty", "1e", 2},
    {"number_exponent_sign_only", "1e+", 3},
    {"number_double_exponent", "1e1e1", 5},
    {"number_hex", "0x1F", 4},
    {"number_nan", "NaN", 3},
    {"number_infinity", "Infinity", 8},
    {"number_minus_infinity", "-Infinity", 9},
    {"number_comma", "1,000", 5},
    {"number_two_dots", "1.2.3", 5},
    {"number_letters", "1a", 2},
    {"number_space", "1 000", 5},
    {"number_fullwidth", "\xef\xbc\x91", 3},
    {"number_underscore", "1_000", 5},
    {"number_f", "1.0f", 4},
    {"string_unclosed", "\"abc", 4},
    {"string_single", "'abc'", 5},
    {"string_backslash_end", "\"abc\\", 5},
    {"string_bad_escape", "\"\\x41\"", 6},
    {"string_bad_escape_a", "\"\\a\"", 4},
    {"string_escape_newline", "\"\\\x0a\"", 4},
    {"string_u_short", "\"\\u12\"", 6},
    {"string_u_not_hex", "\"\\u12g4\"", 8},
    {"string_u_empty", "\"\\u\"", 4},
    {"string_raw_newline",
     "\"a\x0a"
     "b\"",
     5},
    {"string_raw_tab",
     "\"a\x09"
     "b\"",
     5},
    {"string_raw_nul",
     "\"a\x00"
     "b\"",
     5},
    {"string_raw_control", "\"\x01\"", 3},
    {"string_control_after_8", "\"12345678\x1f\"", 11},
    {"string_no_quotes", "abc", 3},
    {"string_smart_quotes",
     "\xe2\x80\x9c"
     "abc\xe2\x80\x9d",
     9},
    {"string_upper_u", "\"\\U0041\"", 8},
    {"empty", "", 0},
    {"only_space", "   ", 3},
    {"word_upper", "TRUE", 4},
    {"word_long", "truex", 5},
    {"word_short", "tru", 3},
    {"bom", "\xef\xbb\xbf{}", 5},
    {"form_feed",
     "[\x0c"
     "1]",
     4},
    {"vertical_tab",
     "[\x0b"
     "1]",
     4},
    {"no_break_space",
     "[\xc2\xa0"
     "1]",
     5},
    {"two_values", "1 2", 3},
    {"lonely_brace", "{", 1},
    {"lonely_close", "}", 1},
    {"lonely_quote", "\"", 1},
    {"lonely_comma", ",", 1},
    {"markdown", "```json\x0a{}\x0a```", 14},
    {"nul_byte", "\x00", 1},
    {"nul_after", "{}\x00", 3},
    {"ampersand", "&", 1},
    {"xml", "<a/>", 4},
};

/// Not UTF-8.
inline constexpr text not_utf8[] = {
    {"overlong_slash", "\"\xc0\xaf\"", 4},
    {"overlong_nul", "\"\xc0\x80\"", 4},
    {"overlong_3", "\"\xe0\x80\xaf\"", 5},
    {"overlong_4", "\"\xf0\x80\x80\xaf\"", 6},
    {"surrogate_raw", "\"\xed\xa0\x80\"", 5},
    {"above_10ffff", "\"\xf4\x90\x80\x80\"", 6},
    {"lone_continuation", "\"\x80\"", 3},
    {"truncated_2", "\"\xc3\"", 3},
    {"truncated_3", "\"\xe2\x82\"", 4},
    {"latin1", "\"\xe9\"", 3},
    {"f5", "\"\xf5\x80\x80\x80\"", 6},
    {"fe", "\"\xfe\"", 3},
    {"ff", "\"\xff\"", 3},
    {"utf16_bom", "\xff\xfe{\x00}\x00", 6},
    {"bad_after_8", "\"12345678\xff\"", 11},
    {"in_key", "{\"\xff\":1}", 7},
    {"outside_string", "[\xff]", 3},
};

/// Well-formed by the grammar, or where it lets parsers choose: refused by us.
inline constexpr stricter refused_by_us[] = {
    {"duplicate_key", "{\"a\":1,\"a\":2}", 13, checkrein::reason::duplicate_key},
    {"duplicate_key_same_value", "{\"a\":1,\"a\":1}", 13, checkrein::reason::duplicate_key},
    {"duplicate_key_escaped", "{\"to\":1,\"\\u0074o\":2}", 20, checkrein::reason::duplicate_key},
    {"duplicate_key_nested", "{\"x\":{\"a\":1,\"a\":2}}", 19, checkrein::reason::duplicate_key},
    {"duplicate_empty_key", "{\"\":1,\"\":2}", 11, checkrein::reason::duplicate_key},
    {"escaped_nul", "\"a\\u0000b\"", 10, checkrein::reason::bad_value},
    {"escaped_nul_key", "{\"a\\u0000\":1}", 13, checkrein::reason::bad_value},
    {"lone_high", "\"\\ud800\"", 8, checkrein::reason::not_utf8},
    {"lone_low", "\"\\udc00\"", 8, checkrein::reason::not_utf8},
    {"high_high", "\"\\ud800\\ud800\"", 14, checkrein::reason::not_utf8},
    {"high_then_text", "\"\\ud800abc\"", 11, checkrein::reason::not_utf8},
    {"swapped_pair", "\"\\ude00\\ud83d\"", 14, checkrein::reason::not_utf8},
    {"depth_17", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", 34, checkrein::reason::too_deep},
    {"depth_objects",
     "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{"
     "\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}}}}",
     121, checkrein::reason::too_deep},
    {"number_overflow", "1e999", 5, checkrein::reason::bad_value},
    {"number_overflow_negative", "-1e999", 6, checkrein::reason::bad_value},
};

}  // namespace json_cases
