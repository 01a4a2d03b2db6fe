import ArgumentParser

/// `farwatch test …`: what users write about queries and rules is run against this program.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run tests of queries and of rules.",
    subcommands: [PromQL.self, Rules.self])
}
