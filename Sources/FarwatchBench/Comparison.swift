import FarwatchTesting
struct Comparison {
  init(_ choice: Choice) {}
  func run() async throws -> Bool { true }
}
