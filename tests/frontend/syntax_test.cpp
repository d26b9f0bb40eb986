#include "frontend/syntax.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/local_command.hpp"
#include "frontend/node.hpp"

namespace holdfast::frontend {
namespace {

using Type = Argument::Type;

std::string write_all(const std::vector<Argument>& arguments, const std::string& between = " ");

// The argument without its flags and its token.
std::string write_bare(const Argument& argument) {
  switch (argument.type) {
    case Type::kName:
      return argument.name;
    case Type::kToken:
      return argument.token;
    case Type::kBlock:
      return write_all(argument.arguments);
    case Type::kOneOf:
      return write_all(argument.arguments, " | ");
  }
  return {};
}

std::string write(const Argument& argument) {
  std::string text = write_bare(argument);
  const bool is_choice = argument.type == Type::kOneOf;
  if (argument.multiple && !argument.optional) text += " [" + text + " ...]";
  if (argument.multiple && argument.optional) text += " ...";
  if (is_choice && (!argument.optional || !argument.token.empty())) text = "<" + text + ">";
  if (!argument.token.empty() && argument.type != Type::kToken) text = argument.token + " " + text;
  return argument.optional ? "[" + text + "]" : text;
}

std::string write_all(const std::vector<Argument>& arguments, const std::string& between) {
  std::string text;
  for (const Argument& argument : arguments)
    text += (text.empty() ? "" : between) + write(argument);
  return text;
}

// What is read of a row says all that its text says.
TEST(Syntax, OfEveryCommand_IsReadAsItIsWritten) {
  for (const kv::CommandSpec* spec : all_specs()) {
    const auto arguments = parse_syntax(spec->syntax);
    const bool is_choice = arguments.size() == 1 && arguments[0].type == Type::kOneOf &&
                           !arguments[0].optional && !spec->syntax.starts_with('<');
    EXPECT_EQ(is_choice ? write_bare(arguments[0]) : write_all(arguments), spec->syntax)
        << spec->name;
  }
}

TEST(Syntax, WordsInUpperCase_StandBeforeTheirValues) {
  const auto arguments = parse_syntax("key [EX seconds | PERSIST] [GET type offset ...]");
  const std::vector<Argument> expected{
      {.name = "key"},
      {.type = Type::kOneOf,
       .name = "seconds_persist",
       .optional = true,
       .arguments = {{.name = "seconds", .token = "EX"},
                     {.type = Type::kToken, .name = "persist", .token = "PERSIST"}}},
      {.type = Type::kBlock,
       .name = "type_offset",
       .token = "GET",
       .optional = true,
       .multiple = true,
       .arguments = {{.name = "type"}, {.name = "offset"}}}};
  EXPECT_EQ(arguments, expected);
}

TEST(Syntax, WhatIsRepeated_IsOneArgument) {
  const std::vector<Argument> keys{{.name = "key", .multiple = true}};
  EXPECT_EQ(parse_syntax("key [key ...]"), keys);
  const std::vector<Argument> pairs{{.type = Type::kBlock,
                                     .name = "key_value",
                                     .multiple = true,
                                     .arguments = {{.name = "key"}, {.name = "value"}}}};
  EXPECT_EQ(parse_syntax("key value [key value ...]"), pairs);
  const std::vector<Argument> ids{
      {.name = "id", .token = "ID", .optional = true, .multiple = true}};
  EXPECT_EQ(parse_syntax("[ID id [id ...]]"), ids);
}

TEST(CommandDocs, TellArgumentsAsRedisDoes) {
  Client client;
  EXPECT_THAT(client.calls({"COMMAND", "DOCS", "get"}),
              testing::EndsWith("$9\r\narguments\r\n*1\r\n"
                                "*6\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
                                "$14\r\nkey_spec_index\r\n:0\r\n"));
  client.calls({"HELLO", "3"});
  const std::string rename = client.calls({"COMMAND", "DOCS", "rename"});
  EXPECT_THAT(rename, testing::HasSubstr("$6\r\nnewkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
                                         "$14\r\nkey_spec_index\r\n:1\r\n"));
  EXPECT_THAT(
      client.calls({"COMMAND", "DOCS", "expire"}),
      testing::HasSubstr("$5\r\nflags\r\n~1\r\n+optional\r\n$9\r\narguments\r\n*4\r\n"
                         "%3\r\n$4\r\nname\r\n$2\r\nnx\r\n$4\r\ntype\r\n$10\r\npure-token"));
}

TEST(CommandInfo, FlagsAndCategoriesAreSets) {
  Client client;
  client.calls({"HELLO", "3"});
  EXPECT_THAT(
      client.calls({"COMMAND", "INFO", "get"}),
      testing::StartsWith("*1\r\n*10\r\n$3\r\nget\r\n:2\r\n~2\r\n+readonly\r\n+fast\r\n"
                          ":1\r\n:1\r\n:1\r\n~3\r\n+@string\r\n+@read\r\n+@fast\r\n~0\r\n~1"));
  EXPECT_THAT(client.calls({"COMMAND", "INFO", "config|set"}),
              testing::HasSubstr("~3\r\n+@admin\r\n+@dangerous\r\n+@slow\r\n"));
  EXPECT_THAT(client.calls({"COMMAND", "INFO", "flushall"}),
              testing::HasSubstr("~4\r\n+@write\r\n+@dangerous\r\n+@keyspace\r\n+@slow\r\n"));
  EXPECT_EQ(client.calls({"COMMAND", "GETKEYS", "WATCH", "a", "b"}),
            "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(client.calls({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "transaction"}),
            "*5\r\n$7\r\ndiscard\r\n$4\r\nexec\r\n$5\r\nmulti\r\n$7\r\nunwatch\r\n$5\r\nwatch\r\n");
}

}  // namespace
}  // namespace holdfast::frontend
